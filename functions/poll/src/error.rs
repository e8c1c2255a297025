//! Why an invalidation could not be looked at.

use warmfront::failure::{ErrorName, Failure};
use warmfront::service_fault::{FaultKind, ServiceFault};

/// A failure of *poll*.
#[derive(Debug, thiserror::Error)]
#[error("the status of invalidation {invalidation} could not be read")]
pub struct PollError {
    /// The invalidation.
    pub invalidation: String,
    /// What CloudFront said.
    pub source: ServiceFault,
}

impl Failure for PollError {
    /// Codes: CloudFront API Reference, GetInvalidation.
    fn name(&self) -> ErrorName {
        match self.source.code.as_str() {
            "NoSuchInvalidation" => ErrorName::NoSuchInvalidation,
            "NoSuchDistribution" => ErrorName::NoSuchDistribution,
            "EntityNotFound" => ErrorName::NoSuchDistributionTenant,
            _ => match self.source.kind {
                FaultKind::Throttled => ErrorName::CloudFrontThrottled,
                FaultKind::Unavailable => ErrorName::CloudFrontUnavailable,
                FaultKind::AccessDenied | FaultKind::Rejected => ErrorName::CloudFrontAccessDenied,
            },
        }
    }
}
