//! Tells a person what happens: bars in a terminal, plain lines everywhere else.

use std::{
    cell::RefCell,
    io::{self, IsTerminal},
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

const TICK: Duration = Duration::from_millis(120);
const WORTH_A_LINE: Duration = Duration::from_millis(100);

/// Writes to the terminal's error stream, so that results on the output stream stay clean.
pub(crate) struct Narrator {
    terminal: bool,
    began: Instant,
}

impl Narrator {
    pub(crate) fn new() -> Self {
        Self {
            terminal: io::stderr().is_terminal(),
            began: Instant::now(),
        }
    }

    /// A line that stays.
    pub(crate) fn say(&self, text: &str) {
        eprintln!("{:>6.1} s  {text}", self.began.elapsed().as_secs_f64());
    }

    /// Something that takes time, and of how many steps, if that is known.
    pub(crate) fn wait(&self, what: &str, steps: Option<u64>) -> Wait<'_> {
        let bar = self.terminal.then(|| bar(what, steps));
        if bar.is_none() {
            self.say(what);
        }
        Wait {
            narrator: self,
            bar,
            what: what.to_owned(),
            began: Instant::now(),
        }
    }
}

/// Something that takes time.
pub(crate) struct Wait<'a> {
    narrator: &'a Narrator,
    bar: Option<ProgressBar>,
    what: String,
    began: Instant,
}

impl Wait<'_> {
    /// A line that stays, above the bar.
    pub(crate) fn say(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| self.narrator.say(text)),
            None => self.narrator.say(text),
        }
    }

    /// One step is done.
    pub(crate) fn step(&self) {
        if let Some(bar) = &self.bar {
            bar.inc(1);
        }
    }

    /// All is done.
    pub(crate) fn done(self) {
        let took = self.began.elapsed();
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        // In a terminal the bar is gone: the line that stays tells what it was about.
        if self.bar.is_some() || took >= WORTH_A_LINE {
            self.narrator
                .say(&format!("{}: {:.1} s", self.what, took.as_secs_f64()));
        }
    }
}

impl Drop for Wait<'_> {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// One wait after another: the next one begins where the last one ends.
pub(crate) struct Waits<'a> {
    narrator: &'a Narrator,
    current: RefCell<Option<Wait<'a>>>,
}

impl<'a> Waits<'a> {
    pub(crate) fn of(narrator: &'a Narrator) -> Self {
        Self {
            narrator,
            current: RefCell::default(),
        }
    }

    pub(crate) fn next(&self, what: &str) {
        if let Some(last) = self.current.take() {
            last.done();
        }
        self.current.replace(Some(self.narrator.wait(what, None)));
    }
}

fn bar(what: &str, steps: Option<u64>) -> ProgressBar {
    let (bar, template) = match steps {
        Some(steps) => (
            ProgressBar::new(steps),
            "{spinner} {msg} [{bar:30}] {pos}/{len} {elapsed}",
        ),
        None => (ProgressBar::new_spinner(), "{spinner} {msg} {elapsed}"),
    };
    bar.set_draw_target(ProgressDrawTarget::stderr());
    bar.set_style(
        ProgressStyle::with_template(template).expect("the templates above are well-formed"),
    );
    bar.set_message(what.to_owned());
    bar.enable_steady_tick(TICK);
    bar
}
