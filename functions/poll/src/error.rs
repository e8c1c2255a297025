//! Why an invalidation could not be looked at.

use warmfront::failure::{ErrorName, Failure};
use warmfront::service_fault::ServiceFault;

/// A failure of *poll*.
#[derive(Debug, thiserror::Error)]
pub enum PollError {
    /// CloudFront did not tell how far the invalidation is.
    #[error("the status of invalidation {invalidation} could not be read")]
    Unread {
        /// The invalidation.
        invalidation: String,
        /// What CloudFront said.
        source: ServiceFault,
    },
    /// An invalidation that somebody else made does not purge what this run is for.
    #[error(
        "invalidation {invalidation} does not cover this run: neither {covers} nor /* is among its \
         {} items, which begin with {}", .items.len(), shown(items)
    )]
    DoesNotCover {
        /// The invalidation.
        invalidation: String,
        /// The item that it has to contain.
        covers: String,
        /// The items that it contains.
        items: Vec<String>,
    },
}

/// The first items: an invalidation may have 3,000.
fn shown(items: &[String]) -> String {
    let first: Vec<&str> = items.iter().take(5).map(String::as_str).collect();
    first.join(" ")
}

impl Failure for PollError {
    fn name(&self) -> ErrorName {
        let source = match self {
            Self::DoesNotCover { .. } => return ErrorName::InvalidationDoesNotCover,
            Self::Unread { source, .. } => source,
        };
        match source.code.as_str() {
            "NoSuchInvalidation" => ErrorName::NoSuchInvalidation,
            _ => source.cloudfront_name(ErrorName::CloudFrontAccessDenied),
        }
    }
}
