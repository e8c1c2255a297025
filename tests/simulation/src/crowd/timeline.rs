//! One run after another, event by event: what a task asks of the shared services, and what the state machine makes of
//! each answer.

use std::time::Duration;

use invalidate::handler::TAG_HEADER_HOLDS;
use poll::config::DEFAULT_WINDOW;
use tokio::time::Instant;

use super::agenda::{Agenda, Event};
use super::service::{Bucket, ControlPlane, Function};
use super::{Crowd, Limits, Millis, Outcome};
use crate::machine::{Definition, Retrier, pause_before_retry};

/// How often *poll* looks, about.
const BETWEEN_LOOKS: Millis = 1_200;
/// The most retriers that a state has.
const RETRIERS: usize = 8;

/// A task of the state machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Task {
    Preflight,
    Invalidate,
    InvalidateAgain,
    AwaitInvalidation,
    Prewarm,
}

impl Task {
    const ALL: [Self; 5] = [
        Self::Preflight,
        Self::Invalidate,
        Self::InvalidateAgain,
        Self::AwaitInvalidation,
        Self::Prewarm,
    ];

    fn state(self) -> &'static str {
        match self {
            Self::Preflight => "Preflight",
            Self::Invalidate => "Invalidate",
            Self::InvalidateAgain => "InvalidateAgain",
            Self::AwaitInvalidation => "AwaitInvalidation",
            Self::Prewarm => "Prewarm",
        }
    }

    /// The index of its function.
    fn function(self) -> usize {
        match self {
            Self::Preflight | Self::Prewarm => 0,
            Self::Invalidate | Self::InvalidateAgain => 1,
            Self::AwaitInvalidation => 2,
        }
    }

    fn purges(self) -> bool {
        matches!(self, Self::Invalidate | Self::InvalidateAgain)
    }
}

/// An execution.
#[derive(Clone, Copy, Debug)]
struct Run {
    task: Task,
    /// Retries so far of each of the task's retriers.
    tries: [u32; RETRIERS],
    process: u32,
    entered: Millis,
    /// When its invalidation completes.
    completes: Millis,
}

/// A crowd on its way.
pub(super) struct Timeline<'d> {
    pub(super) agenda: Agenda,
    pub(super) outcome: Outcome,
    retriers: [&'d [Retrier]; Task::ALL.len()],
    limits: Limits,
    runs: Vec<Run>,
    functions: [Function; 3],
    cloudfront: ControlPlane,
    cognito: Bucket,
    rng: fastrand::Rng,
    /// Where the function's own clock stands at the crowd's start.
    epoch: Instant,
}

impl<'d> Timeline<'d> {
    pub(super) fn new(definition: &'d Definition, crowd: &Crowd) -> Self {
        let limits = crowd.limits.clone();
        let mut functions: [Function; 3] = Default::default();
        functions[Task::Invalidate.function()].reserved = limits.reserved;
        let burst = f64::from(limits.purge_burst);
        let mut agenda = Agenda::default();
        for run in 0..crowd.executions {
            agenda.add(0, Event::Try(run));
        }
        let run = Run {
            task: Task::Preflight,
            tries: [0; RETRIERS],
            process: 0,
            entered: 0,
            completes: 0,
        };
        Self {
            agenda,
            outcome: Outcome::default(),
            retriers: Task::ALL.map(|task| definition.state(task.state()).retriers()),
            runs: vec![run; crowd.executions as usize],
            functions,
            cloudfront: ControlPlane::new(
                Bucket::new(limits.purge_rate, burst),
                limits.items_in_progress,
            ),
            cognito: Bucket::new(limits.login_rate, limits.login_rate),
            rng: fastrand::Rng::with_seed(crowd.seed),
            epoch: Instant::now(),
            limits,
        }
    }

    fn draw(&mut self, (least, most): (Millis, Millis)) -> Millis {
        self.rng.u64(least..=most)
    }

    fn instant(&self, at: Millis) -> Instant {
        self.epoch + Duration::from_millis(at)
    }

    /// Whether Lambda has a process for the task.
    fn has_room(&self, task: Task) -> bool {
        let function = &self.functions[task.function()];
        if let Some(reserved) = function.reserved {
            return function.busy() < reserved;
        }
        let shared = self.functions.iter().filter(|one| one.reserved.is_none());
        let reserved: u32 = self.functions.iter().filter_map(|one| one.reserved).sum();
        let busy: u32 = shared.map(Function::busy).sum();
        busy < self.limits.concurrency.saturating_sub(reserved)
    }

    /// The state machine invokes the function of the run's task.
    pub(super) fn invoke(&mut self, run: u32, at: Millis) {
        let task = self.runs[run as usize].task;
        if !self.has_room(task) {
            self.repeat(run, "Lambda.TooManyRequestsException", at);
            return;
        }
        let (process, cold) = self.functions[task.function()].start();
        self.runs[run as usize].process = process;
        let begins = at
            + if cold {
                self.draw(self.limits.cold_start)
            } else {
                0
            };
        let turn = if task.purges() {
            let process = &self.functions[task.function()].processes[process as usize];
            let turn = process.spacing.turn(self.instant(begins));
            millis(turn - self.epoch)
        } else {
            begins
        };
        self.agenda.add(turn, Event::Call(run));
    }

    /// The function does what it is for.
    pub(super) fn call(&mut self, run: u32, at: Millis) {
        let task = self.runs[run as usize].task;
        let (takes, error) = match task {
            Task::Preflight | Task::Prewarm => self.log_in(run, at),
            Task::Invalidate | Task::InvalidateAgain => self.purge(run, at),
            Task::AwaitInvalidation => (self.look(run, at), None),
        };
        self.agenda.add(at + takes, Event::End(run, error));
    }

    /// A login, unless the process has a token; then the requests.
    fn log_in(&mut self, run: u32, at: Millis) -> (Millis, Option<&'static str>) {
        let mut takes = self.draw(self.limits.service_call);
        let Run { task, process, .. } = self.runs[run as usize];
        let process = &mut self.functions[task.function()].processes[process as usize];
        if process.token_until <= at {
            self.outcome.logins += 1;
            if !self.cognito.take(at) {
                return (takes, Some("LoginThrottled"));
            }
            process.token_until = at + self.limits.token_life;
        }
        if task == Task::Prewarm {
            takes += self.draw(self.limits.prewarm);
        }
        (takes, None)
    }

    fn purge(&mut self, run: u32, at: Millis) -> (Millis, Option<&'static str>) {
        let mut takes = self.draw(self.limits.service_call);
        let completes = at + self.draw(self.limits.completion);
        let called = self.instant(at);
        let Run {
            task,
            process,
            entered,
            ..
        } = self.runs[run as usize];
        let process = &mut self.functions[task.function()].processes[process as usize];
        if task == Task::Invalidate && process.config_until <= at {
            process.config_until = at + millis(TAG_HEADER_HOLDS);
            self.outcome.config_reads += 1;
            takes *= 2;
        }
        self.outcome.purge_calls += 1;
        let answer = self.cloudfront.purge(at, completes);
        let throttled = answer == Err("CloudFrontThrottled");
        process.spacing.called(called, throttled);
        if answer.is_ok() {
            self.runs[run as usize].completes = completes;
            self.outcome.purges += 1;
            self.outcome.makespan = self.outcome.makespan.max(at);
            if task == Task::InvalidateAgain {
                let waited = at - entered;
                self.outcome.longest_repair = self.outcome.longest_repair.max(waited);
            }
        }
        (takes, answer.err())
    }

    /// Looks until the invalidation is completed or the window ends.
    fn look(&mut self, run: u32, at: Millis) -> Millis {
        let completes = self.runs[run as usize].completes;
        let left = completes.saturating_sub(at).min(millis(DEFAULT_WINDOW));
        let looks = left.div_ceil(BETWEEN_LOOKS);
        self.outcome.looks += u32::try_from(looks + 1).expect("a window has few looks");
        self.draw(self.limits.service_call) + looks * BETWEEN_LOOKS
    }

    /// The function ends, and the state machine goes on.
    pub(super) fn end(&mut self, run: u32, error: Option<&'static str>, at: Millis) {
        let Run {
            task,
            process,
            completes,
            ..
        } = self.runs[run as usize];
        self.functions[task.function()].release(process);
        if let Some(error) = error {
            self.repeat(run, error, at);
            return;
        }
        let next = match task {
            Task::Preflight => Task::Invalidate,
            Task::AwaitInvalidation if completes <= at => Task::Prewarm,
            Task::Invalidate | Task::InvalidateAgain | Task::AwaitInvalidation => {
                Task::AwaitInvalidation
            }
            Task::Prewarm if self.rng.u32(..1_000) < self.limits.stale_in_thousand => {
                Task::InvalidateAgain
            }
            Task::Prewarm => return,
        };
        let run_now = &mut self.runs[run as usize];
        run_now.task = next;
        run_now.entered = at;
        run_now.tries = [0; RETRIERS];
        self.agenda.add(at, Event::Try(run));
    }

    /// What the state's retriers make of an error.
    fn repeat(&mut self, run: u32, error: &'static str, at: Millis) {
        let task = self.runs[run as usize].task;
        let retriers = self.retriers[task as usize];
        let rng = &mut self.rng;
        let tries = &mut self.runs[run as usize].tries;
        if let Some(pause) = pause_before_retry(retriers, tries, error, || rng.f64()) {
            self.outcome.retries += 1;
            self.agenda.add(at + millis(pause), Event::Try(run));
        } else {
            let failed = self.outcome.failures.entry((task.state(), error));
            *failed.or_default() += 1;
        }
    }
}

fn millis(time: Duration) -> Millis {
    Millis::try_from(time.as_millis()).expect("a crowd passes")
}
