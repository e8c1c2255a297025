//! Why a purge could not be asked for.

use jiff::Timestamp;
use warmfront::contract::UnknownScope;
use warmfront::failure::{ErrorName, Failure};
use warmfront::message::PurgeTarget;
use warmfront::service_fault::ServiceFault;

/// A failure of *invalidate*. Each variant is one decision of the state machine or of an operator.
#[derive(Debug, thiserror::Error)]
pub enum InvalidateError {
    /// The scope is not in the contract.
    #[error(transparent)]
    UnknownScope(#[from] UnknownScope),
    /// The distribution reads no cache tags: an invalidation would complete and purge nothing.
    #[error(
        "distribution {distribution} reads no cache tags: set CacheTagConfig.HeaderName \
         to {expected:?}"
    )]
    TagsIgnored {
        /// The distribution.
        distribution: String,
        /// The contract's tag header.
        expected: String,
    },
    /// The distribution reads cache tags from another header.
    #[error(
        "distribution {distribution} reads cache tags from {found:?}, \
         the contract's tag header is {expected:?}"
    )]
    OtherTagHeader {
        /// The distribution.
        distribution: String,
        /// Its header.
        found: String,
        /// The contract's tag header.
        expected: String,
    },
    /// CloudFront answered with an invalidation from before this step.
    #[error(
        "CloudFront answered with invalidation {id} of {create_time}, from before this step began \
         at {entered_at}: nothing new was purged"
    )]
    Replayed {
        /// The old invalidation.
        id: String,
        /// When it was created.
        create_time: Timestamp,
        /// When the step began.
        entered_at: Timestamp,
    },
    /// The distribution's settings could not be read.
    #[error("the settings of distribution {distribution} could not be read")]
    ReadDistribution {
        /// The distribution.
        distribution: String,
        /// What CloudFront said.
        source: ServiceFault,
    },
    /// The invalidation was not accepted.
    #[error("no invalidation of {items} was created on {target}")]
    Create {
        /// What was to be purged.
        target: PurgeTarget,
        /// The items, joined.
        items: String,
        /// What CloudFront said.
        source: ServiceFault,
    },
}

impl Failure for InvalidateError {
    fn name(&self) -> ErrorName {
        match self {
            Self::UnknownScope(_) => ErrorName::InvalidInput,
            Self::TagsIgnored { .. } | Self::OtherTagHeader { .. } => {
                ErrorName::CacheTagConfigMismatch
            }
            Self::Replayed { .. } => ErrorName::InvalidationReplayed,
            Self::ReadDistribution { source, .. } | Self::Create { source, .. } => name_of(source),
        }
    }
}

fn name_of(fault: &ServiceFault) -> ErrorName {
    match fault.code.as_str() {
        "TooManyInvalidationsInProgress" => ErrorName::TooManyInvalidationsInProgress,
        "InvalidationBatchAlreadyExists" => ErrorName::CallerReferenceConflict,
        _ if is_reused_reference(fault) => ErrorName::CallerReferenceReused,
        _ => fault.cloudfront_name(ErrorName::InvalidationRejected),
    }
}

/// Whether CloudFront refused because the caller reference was used before.
///
/// `InvalidArgument` stands for three different faults; only the message tells this one. It is the
/// form that users report for any reuse, while `InvalidationBatchAlreadyExists` is documented for a
/// reuse with other items.
#[must_use]
pub fn is_reused_reference(fault: &ServiceFault) -> bool {
    fault.code == "InvalidArgument"
        && fault
            .message
            .to_ascii_lowercase()
            .contains("caller reference")
}
