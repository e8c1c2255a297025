//! The services that a crowd presses on: rates, the pool of items in progress, and Lambda's processes.

use std::collections::VecDeque;

use invalidate::spacing::Spacing;

use super::Millis;

/// A token bucket.
#[derive(Debug)]
pub(super) struct Bucket {
    rate: f64,
    burst: f64,
    tokens: f64,
    filled: Millis,
}

impl Bucket {
    pub(super) fn new(rate: f64, burst: f64) -> Self {
        Self {
            rate,
            burst,
            tokens: burst,
            filled: 0,
        }
    }

    /// Takes one call; false if the rate is exceeded.
    #[expect(clippy::cast_precision_loss, reason = "a day in milliseconds is exact")]
    pub(super) fn take(&mut self, at: Millis) -> bool {
        let gained = (at - self.filled) as f64 / 1_000.0 * self.rate;
        self.tokens = (self.tokens + gained).min(self.burst);
        self.filled = at;
        let has_one = self.tokens >= 1.0;
        if has_one {
            self.tokens -= 1.0;
        }
        has_one
    }
}

/// CloudFront's control plane: the rate of purges, and what is in progress.
#[derive(Debug)]
pub(super) struct ControlPlane {
    rate: Bucket,
    pool: usize,
    /// When each open invalidation completes, soonest not necessarily first.
    open: VecDeque<Millis>,
}

impl ControlPlane {
    pub(super) fn new(rate: Bucket, pool: usize) -> Self {
        Self {
            rate,
            pool,
            open: VecDeque::new(),
        }
    }

    /// Asks for a purge of one tag; the error's name if it is refused.
    pub(super) fn purge(&mut self, at: Millis, completes: Millis) -> Result<(), &'static str> {
        if !self.rate.take(at) {
            return Err("CloudFrontThrottled");
        }
        self.open.retain(|open| *open > at);
        if self.open.len() >= self.pool {
            return Err("TooManyInvalidationsInProgress");
        }
        self.open.push_back(completes);
        Ok(())
    }
}

/// What a process of a function remembers.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Process {
    pub(super) spacing: Spacing,
    pub(super) token_until: Millis,
    pub(super) config_until: Millis,
}

/// A function's processes.
#[derive(Debug, Default)]
pub(super) struct Function {
    /// At most so many at once, kept for it alone.
    pub(super) reserved: Option<u32>,
    pub(super) processes: Vec<Process>,
    /// Those without work. The one that worked last is taken first.
    idle: Vec<u32>,
}

impl Function {
    pub(super) fn busy(&self) -> u32 {
        u32::try_from(self.processes.len() - self.idle.len()).expect("as many as executions")
    }

    /// Takes a process, and says whether it is a new one.
    pub(super) fn start(&mut self) -> (u32, bool) {
        if let Some(process) = self.idle.pop() {
            return (process, false);
        }
        self.processes.push(Process::default());
        let last = u32::try_from(self.processes.len() - 1).expect("as many as executions");
        (last, true)
    }

    pub(super) fn release(&mut self, process: u32) {
        self.idle.push(process);
    }
}
