//! The settings of *poll*.

use std::time::Duration;

use warmfront::environment::{ConfigurationError, Environment, Reader, duration};

/// How long a run waits for one invalidation, from its creation.
pub const POLL_BUDGET: &str = "POLL_BUDGET";
/// How long one call of the function looks.
pub const POLL_WINDOW: &str = "POLL_WINDOW";

/// 95 of 100 invalidations are reported complete within 25 s (AWS launch post on invalidation by
/// cache tag); a minute leaves the tail.
pub const DEFAULT_BUDGET: Duration = Duration::from_mins(1);
/// Long enough to see most invalidations complete in one call, well within the function's timeout.
pub const DEFAULT_WINDOW: Duration = Duration::from_secs(20);

/// All settings, read once at start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    /// `POLL_BUDGET`.
    pub budget: Duration,
    /// `POLL_WINDOW`.
    pub window: Duration,
}

impl Config {
    /// Reads the settings and reports every problem together.
    pub fn from_environment(environment: &impl Environment) -> Result<Self, ConfigurationError> {
        let mut reader = Reader::new(environment);
        let budget = reader.optional(POLL_BUDGET, duration);
        let window = reader.optional(POLL_WINDOW, duration);
        reader.finish()?;
        Ok(Self {
            budget: budget.unwrap_or(DEFAULT_BUDGET),
            window: window.unwrap_or(DEFAULT_WINDOW),
        })
    }
}
