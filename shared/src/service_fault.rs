//! What went wrong in a call to an AWS service, sorted the way every step needs it.

use std::error::Error;
use std::fmt;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use crate::failure::ErrorName;

/// The code and message of a failed call. Holds no request and no response body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceFault {
    /// What kind of trouble it is.
    pub kind: FaultKind,
    /// The service's error code, such as `NoSuchDistribution`; empty when no answer came.
    pub code: String,
    /// The service's message, or what happened on the way.
    pub message: String,
    /// The service's request id, for a support case.
    pub request_id: Option<String>,
}

/// The kinds that steps tell apart without looking at the code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// The service limits the rate of calls.
    Throttled,
    /// The service failed, no intact answer came (the call may have had its effect), or the
    /// process's credentials do not pass just now.
    Unavailable,
    /// The caller's role does not allow the call.
    AccessDenied,
    /// The service refused the call for the reason in its code.
    Rejected,
}

/// Codes with which AWS services refuse for lack of permission: a role has to be changed.
const ACCESS_CODES: &[&str] = &["AccessDenied", "AccessDeniedException"];

/// Codes with which AWS services refuse the caller's credentials or signature, whatever the role
/// may do: credentials that ran out, or a clock that is off. A later try in another process has
/// others, so this passes.
const CREDENTIALS_CODES: &[&str] = &[
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "MissingAuthenticationToken",
    "RequestExpired",
    "RequestTimeTooSkewed",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
];

/// Codes with which AWS services limit the rate of calls. CloudFront's `Throttling` comes with
/// HTTP status 400, so the status alone does not tell.
const THROTTLING_CODES: &[&str] = &[
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "RequestThrottled",
    "RequestThrottledException",
    "RequestLimitExceeded",
    "TooManyRequestsException",
    "LimitExceededException",
    "SlowDown",
];

impl ServiceFault {
    /// A successful answer that lacks what the service's model requires.
    #[must_use]
    pub fn incomplete() -> Self {
        Self {
            kind: FaultKind::Unavailable,
            code: String::new(),
            message: "the answer lacks required parts".into(),
            request_id: None,
        }
    }

    /// No answer before the function's own end.
    #[must_use]
    pub fn late() -> Self {
        Self {
            kind: FaultKind::Unavailable,
            code: String::new(),
            message: "no answer before the function's deadline".into(),
            request_id: None,
        }
    }

    /// The name of a CloudFront call's failure; `rejected` where nothing better is known. Codes:
    /// CloudFront API Reference, `CreateInvalidation` and `GetInvalidation`.
    #[must_use]
    pub fn cloudfront_name(&self, rejected: ErrorName) -> ErrorName {
        match (self.code.as_str(), self.kind) {
            ("NoSuchDistribution", _) => ErrorName::NoSuchDistribution,
            ("EntityNotFound", _) => ErrorName::NoSuchDistributionTenant,
            (_, FaultKind::Throttled) => ErrorName::CloudFrontThrottled,
            (_, FaultKind::Unavailable) => ErrorName::CloudFrontUnavailable,
            (_, FaultKind::AccessDenied) => ErrorName::CloudFrontAccessDenied,
            (_, FaultKind::Rejected) => rejected,
        }
    }

    /// Sorts the error of any SDK call.
    pub fn of<E>(error: &SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        let status = error.raw_response().map(|raw| raw.status().as_u16());
        let request_id = error.raw_response().and_then(|raw| {
            let headers = raw.headers();
            headers
                .get("x-amzn-requestid")
                .or_else(|| headers.get("x-amz-request-id"))
                .map(str::to_owned)
        });
        let metadata = error.as_service_error().map(ProvideErrorMetadata::meta);
        let code = metadata.and_then(|meta| meta.code()).unwrap_or_default();
        let message = match metadata.and_then(|meta| meta.message()) {
            Some(message) => message.to_owned(),
            None => unanswered(error),
        };
        let kind = if THROTTLING_CODES.contains(&code) || status == Some(429) {
            FaultKind::Throttled
        } else if CREDENTIALS_CODES.contains(&code) {
            FaultKind::Unavailable
        } else if ACCESS_CODES.contains(&code) {
            FaultKind::AccessDenied
        } else {
            match (error, status) {
                (SdkError::ServiceError(_), Some(403)) if code.is_empty() => {
                    FaultKind::AccessDenied
                }
                (SdkError::ServiceError(_), Some(status)) if status < 500 && !code.is_empty() => {
                    FaultKind::Rejected
                }
                // No answer, a broken one, or the service's own failure.
                _ => FaultKind::Unavailable,
            }
        };
        Self {
            kind,
            code: code.to_owned(),
            message,
            request_id,
        }
    }
}

/// What happened when the service gave no message of its own.
fn unanswered<E: Error + 'static>(error: &SdkError<E, HttpResponse>) -> String {
    let what = match error {
        SdkError::ConstructionFailure(_) => "the request could not be built",
        SdkError::TimeoutError(_) => "no answer in time",
        SdkError::DispatchFailure(failure) if failure.is_timeout() => "no answer in time",
        SdkError::DispatchFailure(_) => "the connection failed",
        SdkError::ResponseError(_) => "the answer could not be read",
        _ => "the service gave no message",
    };
    match error.raw_response() {
        Some(raw) => format!("{what} (HTTP {})", raw.status().as_u16()),
        None => what.to_owned(),
    }
}

impl fmt::Display for ServiceFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.code.is_empty() {
            write!(f, "{}: ", self.code)?;
        }
        f.write_str(&self.message)?;
        if let Some(request_id) = &self.request_id {
            write!(f, " (request id {request_id})")?;
        }
        Ok(())
    }
}

impl Error for ServiceFault {}
