//! Errors of SDK calls, sorted by what a step can do about them.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::{ConnectorError, SdkError};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::error::ErrorMetadata;
use warmfront::service_fault::{FaultKind, ServiceFault};

fn answered(status: u16, code: &str, message: &str) -> ServiceFault {
    let mut metadata = ErrorMetadata::builder();
    if !code.is_empty() {
        metadata = metadata.code(code).message(message);
    }
    let response = HttpResponse::new(status.try_into().unwrap(), SdkBody::from("<secret/>"));
    ServiceFault::of(&SdkError::service_error(metadata.build(), response))
}

#[test]
fn kind_follows_from_code_and_status() {
    for (status, code, kind) in [
        // CloudFront throttles with 400, Cognito and Secrets Manager with 400 too.
        (400, "Throttling", FaultKind::Throttled),
        (400, "TooManyRequestsException", FaultKind::Throttled),
        (429, "", FaultKind::Throttled),
        (503, "SlowDown", FaultKind::Throttled),
        (403, "AccessDenied", FaultKind::AccessDenied),
        (400, "AccessDeniedException", FaultKind::AccessDenied),
        // The process's credentials, not the role's rights: another try has others.
        (403, "ExpiredToken", FaultKind::Unavailable),
        (400, "ExpiredTokenException", FaultKind::Unavailable),
        (403, "SignatureDoesNotMatch", FaultKind::Unavailable),
        (400, "InvalidSignatureException", FaultKind::Unavailable),
        (403, "", FaultKind::AccessDenied),
        (400, "InvalidArgument", FaultKind::Rejected),
        (404, "NoSuchDistribution", FaultKind::Rejected),
        (400, "TooManyInvalidationsInProgress", FaultKind::Rejected),
        (500, "InternalError", FaultKind::Unavailable),
        (503, "ServiceUnavailable", FaultKind::Unavailable),
        (502, "", FaultKind::Unavailable),
        // An answer that no service gives: a proxy's page, a broken document.
        (400, "", FaultKind::Unavailable),
    ] {
        assert_eq!(answered(status, code, "why").kind, kind, "{status} {code}");
    }
}

#[test]
fn message_is_the_services_and_never_the_body() {
    let fault = answered(
        404,
        "NoSuchDistribution",
        "The specified distribution does not exist.",
    );
    assert_eq!(
        fault.to_string(),
        "NoSuchDistribution: The specified distribution does not exist."
    );
    let broken = answered(502, "", "").to_string();
    assert!(
        broken.contains("HTTP 502") && !broken.contains("secret"),
        "{broken}"
    );
}

#[test]
fn lost_connection_counts_as_unavailable() {
    let error: SdkError<ErrorMetadata, HttpResponse> =
        SdkError::dispatch_failure(ConnectorError::io("reset".into()));
    let fault = ServiceFault::of(&error);
    assert_eq!(fault.kind, FaultKind::Unavailable);
    assert!(fault.message.contains("connection failed"), "{fault}");
}
