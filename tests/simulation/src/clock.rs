//! Virtual time: tokio's paused clock, and a time of day derived from it.

use std::time::Duration;

use cloudfront_local::model::Time;
use jiff::Timestamp;
use tokio::time::Instant;
use warmfront::clock::Clock;

/// 2026-01-01T00:00:00Z.
const EPOCH_MILLIS: u64 = 1_767_225_600_000;

/// The time of day in a simulated world, the same for all AWS services and functions.
#[derive(Clone, Copy, Debug)]
pub struct VirtualClock {
    started: Instant,
    offset: u64,
}

impl VirtualClock {
    /// Starts `offset` milliseconds into a second, since ages are cut to seconds.
    #[must_use]
    pub fn start(offset: u64) -> Self {
        Self {
            started: Instant::now(),
            offset,
        }
    }

    /// Since the start.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// As the model takes it.
    #[must_use]
    pub fn time(&self) -> Time {
        let elapsed = u64::try_from(self.elapsed().as_millis()).expect("worlds are short");
        Time::from_millis(EPOCH_MILLIS + self.offset + elapsed)
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> Timestamp {
        timestamp(self.time())
    }
}

/// The model's time as the handlers know it.
#[must_use]
pub fn timestamp(time: Time) -> Timestamp {
    let millis = i64::try_from(time.as_millis()).expect("within the calendar");
    Timestamp::from_millisecond(millis).expect("within the calendar")
}
