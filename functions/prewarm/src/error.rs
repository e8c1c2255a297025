//! Why a run cannot go on, or failed.

use warmfront::environment::ConfigurationError;
use warmfront::failure::{ErrorName, Failure};
use warmfront::message::{InvalidExecutionInput, Report};
use warmfront::plan::PlanError;

use crate::identity::LoginError;

/// A failure of *prewarm*.
#[derive(Debug, thiserror::Error)]
pub enum PrewarmError {
    /// The execution input is wrong, or the run's plan is gone.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The function's settings do not fit the run.
    #[error(transparent)]
    Configuration(#[from] ConfigurationError),
    /// There is no token.
    #[error(transparent)]
    Login(#[from] LoginError),
    /// The probe did not get through to the data.
    #[error("the service user may log in, but the probe was refused: {0}")]
    ProbeRefused(String),
    /// The origin does not serve the expected data version yet, or does not answer.
    #[error("the origin is not ready: {0}")]
    OriginNotReady(String),
    /// A required endpoint is not proven fresh. One sentence for a person, then the report.
    #[error("{sentence}\n{}", as_json(.report))]
    Unproven {
        /// `PrewarmIncomplete`, `StaleAfterPurge`, `NotFresh` or `WrongTenant`.
        name: ErrorName,
        /// What, where, found, expected, and what to do.
        sentence: String,
        /// What was found.
        report: Box<Report>,
    },
}

impl From<InvalidExecutionInput> for PrewarmError {
    fn from(error: InvalidExecutionInput) -> Self {
        Self::Plan(error.into())
    }
}

impl Failure for PrewarmError {
    fn name(&self) -> ErrorName {
        match self {
            Self::Plan(error) => error.name(),
            Self::Configuration(error) => error.name(),
            Self::Login(error) => error.name(),
            Self::ProbeRefused(_) => ErrorName::LoginMisconfigured,
            Self::OriginNotReady(_) => ErrorName::OriginNotReady,
            Self::Unproven { name, .. } => *name,
        }
    }
}

fn as_json(report: &Report) -> String {
    serde_json::to_string(report).expect("texts and numbers are JSON")
}
