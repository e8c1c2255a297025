//! Why a run cannot go on, or failed.

use serde::Serialize;
use warmfront::environment::ConfigurationError;
use warmfront::failure::{ErrorName, Failure};
use warmfront::message::{Condemned, InvalidExecutionInput, VariantValues, Verdict};
use warmfront::tenant::TenantId;

use crate::identity::LoginError;

/// A failure of *prewarm*.
#[derive(Debug, thiserror::Error)]
pub enum PrewarmError {
    /// The execution input is wrong.
    #[error(transparent)]
    Input(#[from] InvalidExecutionInput),
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
    /// A required endpoint is not fresh.
    #[error("{}", .0.as_json())]
    Incomplete(Shortfall),
    /// Something stayed stale after every permitted purge.
    #[error("{}", .0.as_json())]
    StaleAfterPurge(Shortfall),
    /// A response named another tenant.
    #[error(
        "the answer to {} for tenant {tenant} names tenant {:?}; the cache of {tenant} was purged \
         again and is not refilled: find out why the origin or the cache key mixes tenants",
        .condemned.path, .condemned.named
    )]
    WrongTenant {
        /// Whose data was asked for.
        tenant: TenantId,
        /// The evidence.
        condemned: Condemned,
    },
}

impl Failure for PrewarmError {
    fn name(&self) -> ErrorName {
        match self {
            Self::Input(error) => error.name(),
            Self::Configuration(error) => error.name(),
            Self::Login(error) => error.name(),
            Self::ProbeRefused(_) => ErrorName::LoginMisconfigured,
            Self::OriginNotReady(_) => ErrorName::OriginNotReady,
            Self::Incomplete(_) => ErrorName::PrewarmIncomplete,
            Self::StaleAfterPurge(_) => ErrorName::StaleAfterPurge,
            Self::WrongTenant { .. } => ErrorName::WrongTenant,
        }
    }
}

/// What a failed run lacks, short: an error's cause is kept for 90 days and read in a console.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Shortfall {
    /// Whose cached responses.
    pub tenant: TenantId,
    /// Targets of the run.
    pub targets: usize,
    /// Targets that are fresh.
    pub fresh: usize,
    /// The first of those that are not.
    pub lacking: Vec<Lacking>,
    /// How many more there are. Each has a log line.
    pub more: usize,
}

/// A target that is not fresh.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Lacking {
    /// Path and query.
    pub path: String,
    /// The variant.
    #[serde(skip_serializing_if = "VariantValues::is_empty")]
    pub variant: VariantValues,
    /// Whether a run fails without it.
    pub required: bool,
    /// Its verdict.
    pub verdict: Verdict,
    /// HTTP status of the last answer.
    pub status: Option<u16>,
    /// What speaks against it.
    pub detail: Option<String>,
}

impl Shortfall {
    fn as_json(&self) -> String {
        serde_json::to_string(self).expect("texts and numbers are JSON")
    }
}
