//! Why a benchmark could not be run.

use std::error::Error;

/// What failed, and why.
#[derive(Debug, thiserror::Error)]
#[error("{what}")]
pub struct BenchError {
    what: String,
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl BenchError {
    /// A failure without another one behind it.
    pub fn new(what: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            source: None,
        }
    }

    /// The failure and everything behind it, on one line.
    #[must_use]
    pub fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut cause = self.source();
        while let Some(source) = cause {
            text = format!("{text}: {source}");
            cause = source.source();
        }
        text
    }
}

/// Says what was being done when something failed.
pub trait During<T> {
    /// `what` is a sentence such as "the origin could not be started".
    fn during(self, what: impl FnOnce() -> String) -> Result<T, BenchError>;
}

impl<T, E: Into<Box<dyn Error + Send + Sync>>> During<T> for Result<T, E> {
    fn during(self, what: impl FnOnce() -> String) -> Result<T, BenchError> {
        self.map_err(|source| BenchError {
            what: what(),
            source: Some(source.into()),
        })
    }
}
