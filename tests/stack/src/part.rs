//! One program of the stack: started with a log of its own, waited for, and ended with everything it started.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::Stdio,
    sync::Arc,
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};
use tokio::process::{Child, Command};

use crate::{error::StackError, reaper::Reaper};

/// How often readiness is asked for.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// How long a part may take to end by itself before it is killed.
const GRACE: Duration = Duration::from_secs(10);
/// How much of a log goes into an error.
const TAIL_LINES: usize = 15;

/// A running program and the group of processes that it leads.
#[derive(Debug)]
pub(crate) struct Part {
    name: String,
    log: PathBuf,
    child: Child,
    group: u32,
    reaper: Arc<Reaper>,
}

impl Part {
    /// Starts the program; its output goes to `{logs}/{name}.log`.
    pub(crate) fn start(
        name: &str,
        mut command: Command,
        logs: &Path,
        reaper: &Arc<Reaper>,
    ) -> Result<Self, StackError> {
        let log = logs.join(format!("{name}.log"));
        let output =
            File::create(&log).map_err(StackError::io(format!("write {}", log.display())))?;
        let errors = output
            .try_clone()
            .map_err(StackError::io(format!("write {}", log.display())))?;
        let program = command
            .as_std()
            .get_program()
            .to_string_lossy()
            .into_owned();
        let child = command
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(errors)
            .process_group(0)
            .spawn()
            .map_err(StackError::io(format!("start {name} ({program})")))?;
        let group = child
            .id()
            .expect("a child that was not waited for has an id");
        reaper.watch(group);
        Ok(Self {
            name: name.to_owned(),
            log,
            child,
            group,
            reaper: Arc::clone(reaper),
        })
    }

    /// Waits until `ready` gives something; an early exit and a passed deadline are errors that show the log's end.
    pub(crate) async fn ready<T>(
        &mut self,
        within: Duration,
        mut ready: impl AsyncFnMut() -> Option<T>,
    ) -> Result<T, StackError> {
        let deadline = Instant::now() + within;
        loop {
            if let Some(value) = ready().await {
                return Ok(value);
            }
            let exited = self.child.try_wait().ok().flatten();
            if let Some(status) = exited {
                return Err(self.not_ready(&format!("it ended with {status}")));
            }
            if Instant::now() >= deadline {
                return Err(self.not_ready(&format!("not ready after {} s", within.as_secs())));
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Where the part writes.
    pub(crate) fn log(&self) -> &Path {
        &self.log
    }

    /// Asks the group to end, waits, kills what is left.
    pub(crate) async fn stop(&mut self) {
        self.signal(Signal::SIGTERM);
        if tokio::time::timeout(GRACE, self.child.wait())
            .await
            .is_err()
        {
            tracing::warn!(
                part = self.name,
                "did not end by itself within {GRACE:?}: killed"
            );
        }
        self.signal(Signal::SIGKILL);
        let _ = self.child.wait().await;
        self.reaper.forget(self.group);
    }

    /// Waits for a program that is to do its work and end.
    pub(crate) async fn finish(mut self, within: Duration) -> Result<(), StackError> {
        let status = match tokio::time::timeout(within, self.child.wait()).await {
            Ok(status) => status.map_err(StackError::io(format!("wait for {}", self.name)))?,
            Err(_) => return Err(self.not_ready(&format!("not done after {} s", within.as_secs()))),
        };
        self.reaper.forget(self.group);
        if status.success() {
            Ok(())
        } else {
            Err(self.not_ready(&format!("it ended with {status}")))
        }
    }

    /// Returns when the part ends although nobody asked it to.
    pub(crate) async fn ended(&mut self) -> StackError {
        let status = self.child.wait().await;
        let status = status.map_or_else(|error| error.to_string(), |status| status.to_string());
        self.not_ready(&format!("it ended with {status}"))
    }

    fn signal(&self, signal: Signal) {
        if let Ok(group) = i32::try_from(self.group) {
            // ESRCH: the group is gone already, which is what is wanted.
            let _ = killpg(Pid::from_raw(group), signal);
        }
    }

    fn not_ready(&self, what: &str) -> StackError {
        let output = fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = output.lines().collect();
        let tail = &lines[lines.len().saturating_sub(TAIL_LINES)..];
        let reason = if tail.is_empty() {
            what.to_owned()
        } else {
            format!("{what}\n  {}\n", tail.join("\n  "))
        };
        StackError::NotReady {
            part: self.name.clone(),
            reason,
            log: self.log.clone(),
        }
    }
}

impl Drop for Part {
    /// The last resort of a failed start: no waiting is possible here.
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            self.signal(Signal::SIGKILL);
        }
    }
}
