//! Many executions that start at once, as events in virtual time: who gets through to CloudFront, when, and with how
//! many calls.
//!
//! The retriers are those of the shipped state machine, and the spacing of calls is *invalidate*'s own. Of a run's work
//! only its use of shared limits is modelled, so that a hundred thousand runs fit into some megabytes.

mod agenda;
mod limits;
mod service;
mod timeline;

use std::collections::BTreeMap;

pub use limits::{Limits, shipped_reservation};

use crate::machine::Definition;
use agenda::Event;
use timeline::Timeline;

/// Milliseconds since the crowd's start.
pub type Millis = u64;

/// A crowd.
#[derive(Clone, Debug)]
pub struct Crowd {
    /// Executions that start in the same moment, one tenant each.
    pub executions: u32,
    /// What they share.
    pub limits: Limits,
    /// From which everything random follows.
    pub seed: u64,
}

/// What became of a crowd.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    /// Executions that failed, by state and error.
    pub failures: BTreeMap<(&'static str, &'static str), u32>,
    /// Invalidations that were accepted, repairs among them.
    pub purges: u32,
    /// Calls of `CreateInvalidation`.
    pub purge_calls: u32,
    /// Calls of `GetDistributionConfig`.
    pub config_reads: u32,
    /// Calls of `GetInvalidation`.
    pub looks: u32,
    /// Passwords sent to Cognito.
    pub logins: u32,
    /// Tries that the state machine repeated.
    pub retries: u32,
    /// Until the last purge was accepted.
    pub makespan: Millis,
    /// The shortest time in which the account's rate lets so many purges through.
    pub bound: Millis,
    /// The longest that a repair waited for its purge, while people waited for the origin.
    pub longest_repair: Millis,
}

impl Crowd {
    /// Lets it happen.
    #[must_use]
    pub fn happen(&self, definition: &Definition) -> Outcome {
        let mut timeline = Timeline::new(definition, self);
        while let Some((at, event)) = timeline.agenda.next() {
            match event {
                Event::Try(run) => timeline.invoke(run, at),
                Event::Call(run) => timeline.call(run, at),
                Event::End(run, result) => timeline.end(run, result, at),
            }
        }
        let mut outcome = timeline.outcome;
        outcome.bound = self.limits.bound(outcome.purges);
        outcome
    }
}

impl Outcome {
    /// Executions that failed.
    #[must_use]
    pub fn failed(&self) -> u32 {
        self.failures.values().sum()
    }

    /// Calls of `CreateInvalidation` for each purge.
    #[must_use]
    pub fn calls_a_purge(&self) -> f64 {
        f64::from(self.purge_calls) / f64::from(self.purges.max(1))
    }

    /// Makespan over its bound.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a day in milliseconds is exact")]
    pub fn stretch(&self) -> f64 {
        self.makespan as f64 / self.bound.max(1) as f64
    }

    /// Heads of a table's columns.
    pub const COLUMNS: &str = "executions   failed   purges   bound  makespan  stretch  calls/purge  retries/run  logins  longest repair";

    /// A row of that table.
    #[must_use]
    pub fn row(&self, executions: u32) -> String {
        format!(
            "{executions:>10} {:>8} {:>8} {:>6}s {:>8}s {:>8.2} {:>12.2} {:>12.1} {:>7} {:>14}s",
            self.failed(),
            self.purges,
            self.bound / 1_000,
            self.makespan / 1_000,
            self.stretch(),
            self.calls_a_purge(),
            f64::from(self.retries) / f64::from(executions.max(1)),
            self.logins,
            self.longest_repair / 1_000,
        )
    }
}
