//! The settings of *invalidate*.

use warmfront::contract::Contract;
use warmfront::environment::{ConfigurationError, Environment, Reader, text};

/// The distribution whose cached objects are purged.
pub const DISTRIBUTION_ID: &str = "DISTRIBUTION_ID";

/// All settings, read once at start.
#[derive(Clone, Debug)]
pub struct Config {
    /// `DISTRIBUTION_ID`.
    pub distribution_id: String,
    /// The contract beside the function's `bootstrap`.
    pub contract: Contract,
}

impl Config {
    /// Reads the settings and reports every problem together.
    pub fn from_environment(environment: &impl Environment) -> Result<Self, ConfigurationError> {
        let mut reader = Reader::new(environment);
        let distribution_id = reader.required(DISTRIBUTION_ID, text);
        let contract = reader.contract();
        reader.finish()?;
        Ok(Self {
            distribution_id: distribution_id.expect("a missing setting is a problem"),
            contract: contract.expect("an unreadable contract is a problem"),
        })
    }
}
