//! The clock of a running stand-in: the machine's, or one that tests step.

use std::sync::Mutex;
use std::time::{Duration, SystemTime};

use crate::model::Time;

/// Time for the model. Only what the model does follows it; sockets live in real time.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    state: Mutex<State>,
}

#[derive(Clone, Copy, Debug, Default)]
struct State {
    /// Where the clock was stopped; nothing while it runs.
    stopped: Option<Time>,
    /// How far it is ahead of the machine's while it runs.
    ahead: Duration,
}

impl Clock {
    pub(crate) fn now(&self) -> Time {
        let state = *self.lock();
        state.stopped.unwrap_or_else(|| machine() + state.ahead)
    }

    /// Stops the clock where it is.
    pub(crate) fn stop(&self) {
        let now = self.now();
        self.lock().stopped = Some(now);
    }

    /// Lets the clock run on from where it is.
    pub(crate) fn run(&self) {
        let mut state = self.lock();
        if let Some(at) = state.stopped.take() {
            state.ahead = at.since(machine());
        }
    }

    /// Steps ahead, stopped or running.
    pub(crate) fn advance(&self, by: Duration) {
        let mut state = self.lock();
        match &mut state.stopped {
            Some(at) => *at = *at + by,
            None => state.ahead += by,
        }
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.lock().stopped.is_some()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state
            .lock()
            .expect("nothing panics while it holds the clock")
    }
}

fn machine() -> Time {
    let since_epoch = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    Time::from_millis(u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX))
}
