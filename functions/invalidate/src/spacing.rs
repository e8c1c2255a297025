//! Keeps the calls of this process apart while CloudFront throttles. A crowd of runs then gets through
//! at the account's rate, and does not spend that rate on calls that are refused.

use std::time::Duration;

use tokio::time::Instant;

/// The account's rate of `CreateInvalidation` is not documented; half a call a second is what a
/// maintainer of the AWS SDKs quoted (aws-sdk-js#3983).
pub const INTERVAL: Duration = Duration::from_secs(2);
/// How long calls are kept apart after the last refusal. Then one is made without waiting: the
/// account's rate may be higher than assumed, or be free again.
pub const CROWDED: Duration = Duration::from_mins(1);

/// When this process called, and when it was refused.
#[derive(Clone, Copy, Debug, Default)]
pub struct Spacing {
    last: Option<Instant>,
    throttled: Option<Instant>,
}

impl Spacing {
    /// The earliest time of the next call: now, unless a call was throttled of late.
    #[must_use]
    pub fn turn(&self, now: Instant) -> Instant {
        match (self.throttled, self.last) {
            (Some(throttled), Some(last)) if now < throttled + CROWDED => now.max(last + INTERVAL),
            _ => now,
        }
    }

    /// Notes a call that was made at `at`.
    pub fn called(&mut self, at: Instant, throttled: bool) {
        self.last = Some(at);
        if throttled {
            self.throttled = Some(at);
        }
    }
}
