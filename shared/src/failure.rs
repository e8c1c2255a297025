//! The stable names under which failures reach the state machine.
//!
//! `ErrorEquals` in the state machine matches these names, operators search logs for them, and
//! `docs/errors.md` explains each. A test holds the three together.

use std::error::Error;
use std::fmt;

#[cfg(feature = "lambda")]
use lambda_runtime::Diagnostic;

macro_rules! error_names {
    ($($(#[$doc:meta])* $name:ident $(= $retried:ident)?,)*) => {
        /// Every error name that a Warmfront function can raise.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum ErrorName {
            $($(#[$doc])* $name,)*
        }

        impl ErrorName {
            /// All names, in the order of the documentation.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The name as the state machine sees it.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => stringify!($name),)*
                }
            }

            /// Whether the state machine repeats the step by itself.
            #[must_use]
            pub fn is_retried(self) -> bool {
                match self {
                    $(Self::$name => error_names!(@ $($retried)?),)*
                }
            }
        }
    };
    (@ retried) => { true };
    (@) => { false };
}

error_names! {
    /// The execution input, or a step's input, is not what the step takes.
    InvalidInput,
    /// A setting of the function is missing or malformed.
    InvalidConfiguration,
    /// The contract file cannot be read or contradicts itself.
    InvalidContract,

    /// The distribution does not read cache tags from the contract's header.
    CacheTagConfigMismatch,
    /// Too many invalidations are in progress on the distribution.
    TooManyInvalidationsInProgress = retried,
    /// CloudFront's control plane limits the rate of calls.
    CloudFrontThrottled = retried,
    /// CloudFront's control plane failed or could not be reached.
    CloudFrontUnavailable = retried,
    /// The function's role may not make the CloudFront call.
    CloudFrontAccessDenied,
    /// The distribution does not exist.
    NoSuchDistribution,
    /// The distribution tenant does not exist.
    NoSuchDistributionTenant,
    /// The invalidation to wait for does not exist.
    NoSuchInvalidation,
    /// The invalidation that the run was handed does not purge what the run is for.
    InvalidationDoesNotCover,
    /// CloudFront refused the invalidation's content.
    InvalidationRejected,
    /// The caller reference belongs to an invalidation with other items.
    CallerReferenceConflict,
    /// The caller reference was used before, and CloudFront does not say by which invalidation.
    CallerReferenceReused,
    /// An older invalidation answered in place of a new one.
    InvalidationReplayed,

    /// Secrets Manager failed, throttled or could not be reached.
    SecretUnavailable = retried,
    /// The function's role may not read the secret, or its key.
    SecretAccessDenied,
    /// The secret, or its current version, does not exist.
    SecretNotFound,
    /// The secret's value is not the JSON object that is expected.
    SecretMalformed,

    /// Cognito limits the rate of logins.
    LoginThrottled = retried,
    /// Cognito failed or could not be reached.
    LoginUnavailable = retried,
    /// Cognito refused the service user's password.
    LoginRefused,
    /// Cognito asked the service user for more than a password.
    LoginChallenged,
    /// The user pool, its app client or the role does not allow this login.
    LoginMisconfigured,

    /// The origin does not serve the expected data version yet.
    OriginNotReady = retried,
    /// The contract is not the one that the run began with.
    ContractChanged,
    /// A required endpoint is not proven fresh.
    PrewarmIncomplete,
    /// An endpoint stayed stale after every permitted purge.
    StaleAfterPurge,
    /// A run that may not purge found a required endpoint that is not fresh.
    NotFresh,
    /// A response for this tenant names another tenant.
    WrongTenant,
}

impl fmt::Display for ErrorName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An error with a stable name.
pub trait Failure: Error {
    /// The name that the state machine matches.
    fn name(&self) -> ErrorName;
}

/// What Lambda reports of a failure: its name, and its message followed by each cause.
#[cfg(feature = "lambda")]
#[must_use]
pub fn diagnostic(failure: &impl Failure) -> Diagnostic {
    Diagnostic {
        error_type: failure.name().as_str().to_owned(),
        error_message: chain(failure),
    }
}

/// The message of an error and of each of its causes, joined by `: `.
#[must_use]
pub fn chain(error: &dyn Error) -> String {
    let mut message = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        message.push_str(": ");
        message.push_str(&cause.to_string());
        source = cause.source();
    }
    message
}
