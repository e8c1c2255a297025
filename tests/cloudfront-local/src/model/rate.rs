//! The request rate of the account: a token bucket.

use std::time::Duration;

use super::time::Time;

/// Calls allowed now and then.
#[derive(Debug)]
pub(crate) struct RateBucket {
    tokens: f64,
    filled: Time,
}

impl RateBucket {
    pub(crate) fn new(burst: u32, now: Time) -> Self {
        Self {
            tokens: f64::from(burst),
            filled: now,
        }
    }

    /// Takes one call; false if the rate is exceeded. A rate of zero never binds.
    pub(crate) fn take(&mut self, rate: f64, burst: u32, now: Time) -> bool {
        if rate <= 0.0 {
            return true;
        }
        let gained: Duration = now.since(self.filled);
        self.tokens = (self.tokens + gained.as_secs_f64() * rate).min(f64::from(burst));
        self.filled = now;
        let has_one = self.tokens >= 1.0;
        if has_one {
            self.tokens -= 1.0;
        }
        has_one
    }
}
