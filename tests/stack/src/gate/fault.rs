//! What can be scripted: which calls, and the shapes in which the two services fail.

use std::time::Duration;

use axum::{http::StatusCode, response::Response};
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::delivery::{self, Delivery};

/// Calls of one operation.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct Call {
    /// `AdminInitiateAuth`, `GetSecretValue`, ...
    pub operation: String,
    /// Only calls whose body contains this: a user's name, a secret's name.
    #[serde(default)]
    pub contains: String,
}

impl Call {
    /// Calls of this operation whose body contains this.
    #[must_use]
    pub fn new(operation: &str, contains: &str) -> Self {
        Self {
            operation: operation.to_owned(),
            contains: contains.to_owned(),
        }
    }

    pub(super) fn matches(&self, operation: &str, body: &str) -> bool {
        self.operation == operation && body.contains(&self.contains)
    }
}

/// What becomes of a call.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq)]
#[serde(
    tag = "kind",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum GateFault {
    /// It is forwarded: the rule only counts.
    Pass,
    /// The service's own throttling error.
    Throttled,
    /// An internal error with this status.
    Unavailable {
        /// 500, 502, 503, 504.
        status: u16,
    },
    /// IAM refuses.
    AccessDenied,
    /// The pool, client or secret does not exist.
    NotFound,
    /// Any other error of the service.
    Error {
        /// `NotAuthorizedException`, ...
        code: String,
        /// What the service says.
        message: String,
    },
    /// The connection is reset without an answer.
    Reset,
    /// No answer comes.
    Hang,
    /// Success, but not JSON.
    Malformed,
    /// The true answer, over this time.
    SlowBody {
        /// How long.
        milliseconds: u64,
    },
    /// The first half of the true answer.
    Truncated,
    /// This answer instead: a login challenge, another secret.
    Answer {
        /// The body, with status 200.
        body: Value,
    },
}

/// Which service an operation belongs to: their errors differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Service {
    Cognito,
    SecretsManager,
}

/// What the gate does with a call.
pub(super) enum Verdict {
    Forward(Delivery),
    Answer(Response<Bytes>, Delivery),
}

impl GateFault {
    pub(super) fn verdict(self, service: Service) -> Verdict {
        let bad_request = StatusCode::BAD_REQUEST;
        let whole = |answer| Verdict::Answer(answer, Delivery::Whole);
        match self {
            Self::Pass => Verdict::Forward(Delivery::Whole),
            Self::SlowBody { milliseconds } => {
                Verdict::Forward(Delivery::Slow(Duration::from_millis(milliseconds)))
            }
            Self::Truncated => Verdict::Forward(Delivery::Truncated),
            Self::Reset => Verdict::Answer(Response::default(), Delivery::Reset),
            Self::Hang => Verdict::Answer(Response::default(), Delivery::Hang),
            Self::Malformed => {
                let mut answer = delivery::json(StatusCode::OK, &Value::Null);
                *answer.body_mut() = Bytes::from_static(b"{\"AuthenticationResult\": {\"IdTo");
                whole(answer)
            }
            Self::Answer { body } => whole(delivery::json(StatusCode::OK, &body)),
            Self::Throttled => whole(match service {
                Service::Cognito => error(bad_request, "TooManyRequestsException", "Rate exceeded"),
                Service::SecretsManager => {
                    error(bad_request, "ThrottlingException", "Rate exceeded")
                }
            }),
            Self::Unavailable { status } => {
                let status =
                    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
                let code = match service {
                    Service::Cognito => "InternalErrorException",
                    Service::SecretsManager => "InternalServiceError",
                };
                whole(error(status, code, "An internal error occurred"))
            }
            Self::AccessDenied => whole(error(
                bad_request,
                "AccessDeniedException",
                "User is not authorized to perform this operation",
            )),
            Self::NotFound => whole(error(
                bad_request,
                "ResourceNotFoundException",
                "The resource does not exist",
            )),
            Self::Error { code, message } => whole(error(bad_request, &code, &message)),
        }
    }
}

/// The JSON 1.1 protocol's error, as both services send it.
fn error(status: StatusCode, code: &str, message: &str) -> Response<Bytes> {
    delivery::json(status, &json!({ "__type": code, "message": message }))
}
