//! Error answers of the control plane.

use serde::{Deserialize, Serialize};

/// How a caller reference used before for another batch is reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ReplayForm {
    /// `InvalidationBatchAlreadyExists`, as documented.
    AlreadyExists,
    /// 400 `InvalidArgument` with a telling message, as users report.
    InvalidArgument,
}

/// An error answer of the control plane.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// HTTP status.
    pub status: u16,
    /// Error code.
    pub code: String,
    /// Message.
    pub message: String,
}

impl Refusal {
    /// An error answer.
    #[must_use]
    pub fn new(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self {
            status,
            code: code.to_owned(),
            message: message.into(),
        }
    }

    /// As users report it.
    #[must_use]
    pub fn throttled() -> Self {
        Self::new(400, "Throttling", "Rate exceeded")
    }

    /// As users report it.
    #[must_use]
    pub fn unavailable() -> Self {
        Self::new(
            503,
            "ServiceUnavailable",
            "CloudFront encountered an internal error. Please try again.",
        )
    }

    /// The quota on paths and tags in progress.
    #[must_use]
    pub fn too_many_in_progress() -> Self {
        Self::over_quota("in-progress invalidations")
    }

    /// The quota on wildcards in progress.
    #[must_use]
    pub fn too_many_wildcards_in_progress() -> Self {
        Self::over_quota("in-progress wildcard invalidations")
    }

    fn over_quota(what: &str) -> Self {
        Self::new(
            400,
            "TooManyInvalidationsInProgress",
            format!(
                "Processing your request will cause you to exceed the maximum number of {what}."
            ),
        )
    }

    /// A caller reference used before for another batch.
    #[must_use]
    pub fn reference_used(form: ReplayForm) -> Self {
        match form {
            ReplayForm::AlreadyExists => Self::new(
                409,
                "InvalidationBatchAlreadyExists",
                "An invalidation batch with this caller reference already exists.",
            ),
            ReplayForm::InvalidArgument => Self::new(
                400,
                "InvalidArgument",
                "Your request contains a caller reference that was used for a previous invalidation batch for the same distribution.",
            ),
        }
    }
}
