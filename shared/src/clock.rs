//! Wall-clock time, as a value that tests and simulations can supply.
//!
//! Waiting uses tokio's clock, which tests can pause; this one is for comparing with times that
//! AWS reports.

use jiff::Timestamp;

/// Tells the time of day.
pub trait Clock: Send + Sync + 'static {
    /// The time now.
    fn now(&self) -> Timestamp;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}
