//! The frame that every step of the refresh runs in: reads the request, names the run in every log
//! line, and reports a failure under its stable name.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use aws_config::BehaviorVersion;
pub use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use jiff::Timestamp;
use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::time::Instant;
use tracing::field::Empty;
use tracing::{Instrument, Span};

use crate::environment::ConfigurationError;
use crate::failure::{ErrorName, Failure, diagnostic};
pub use crate::message::Subject;

/// One step of the refresh, as one Lambda function runs it.
pub trait Step: Send + Sync + 'static {
    /// What the state machine sends.
    type Request: DeserializeOwned + Subject + Send;
    /// What goes back into the state.
    type Response: Serialize + Send;
    /// Why the step failed.
    type Error: Failure + Send;

    /// Does the step. `deadline` is when Lambda ends the function.
    fn handle(
        &self,
        request: Self::Request,
        deadline: Instant,
    ) -> impl Future<Output = Result<Self::Response, Self::Error>> + Send;
}

/// Answers Lambda's invocations until Lambda ends the process.
///
/// A step that could not be configured answers every invocation with `InvalidConfiguration`: an
/// exit at start would reach the state machine as a nameless runtime failure.
pub async fn serve<S: Step>(
    step: Result<S, ConfigurationError>,
) -> Result<(), lambda_runtime::Error> {
    let step = Arc::new(step);
    lambda_runtime::run(service_fn(move |event| answer(Arc::clone(&step), event))).await
}

/// Answers one invocation.
pub async fn answer<S: Step>(
    step: Arc<Result<S, ConfigurationError>>,
    event: LambdaEvent<Value>,
) -> Result<S::Response, Diagnostic> {
    let (payload, context) = event.into_parts();
    let span = tracing::error_span!(
        "step",
        requestId = context.request_id,
        tenant = Empty,
        execution = Empty,
        invalidation = Empty,
    );
    async move {
        let step = step.as_ref().as_ref().map_err(reported)?;
        let request: S::Request = serde_path_to_error::deserialize(payload)
            .map_err(|error| reported(&MalformedRequest::of(&error)))?;
        name_in_log(&request);
        // Boxed, as the futures of SDK calls nest too deep for the compiler to lay out as one.
        Box::pin(step.handle(request, deadline(context.deadline)))
            .await
            .map_err(|error| reported(&error))
    }
    .instrument(span)
    .await
}

/// Puts the id of a new invalidation on every further log line of this step.
pub fn log_invalidation(id: &str) {
    Span::current().record("invalidation", id);
}

/// The configuration of every AWS client: current behaviour, a short patience per try.
///
/// Three tries in the client bridge a broken connection; waiting out a throttle or an outage is
/// the state machine's work, where waiting costs nothing. Clients of CloudFront and of logins make
/// one try: tries within tries multiply the calls of a crowd, and each login may cost a password.
pub async fn aws_config() -> SdkConfig {
    let loader = aws_config::defaults(BehaviorVersion::latest())
        .retry_config(RetryConfig::standard().with_max_attempts(3))
        .timeout_config(
            TimeoutConfig::builder()
                .connect_timeout(Duration::from_secs(3))
                .operation_attempt_timeout(Duration::from_secs(5))
                .operation_timeout(Duration::from_secs(12))
                .build(),
        );
    Box::pin(loader.load()).await
}

fn name_in_log(request: &impl Subject) {
    let span = Span::current();
    span.record("execution", request.execution());
    if let Some(tenant) = request.tenant() {
        span.record("tenant", tenant);
    }
    if let Some(invalidation) = request.invalidation() {
        span.record("invalidation", invalidation);
    }
}

fn reported(failure: &impl Failure) -> Diagnostic {
    let diagnostic = diagnostic(failure);
    tracing::error!(
        error = diagnostic.error_type,
        cause = diagnostic.error_message,
        "step failed"
    );
    diagnostic
}

/// Lambda gives the deadline as wall-clock milliseconds; waiting needs the monotonic clock.
fn deadline(epoch_millis: u64) -> Instant {
    let now = u64::try_from(Timestamp::now().as_millisecond()).unwrap_or_default();
    Instant::now() + Duration::from_millis(epoch_millis.saturating_sub(now))
}

/// A request that does not have the shape of its message.
#[derive(Debug, thiserror::Error)]
#[error("the step's input is malformed at {path}: {problem}")]
struct MalformedRequest {
    path: String,
    problem: String,
}

impl MalformedRequest {
    fn of(error: &serde_path_to_error::Error<serde_json::Error>) -> Self {
        Self {
            path: error.path().to_string(),
            problem: error.inner().to_string(),
        }
    }
}

impl Failure for MalformedRequest {
    fn name(&self) -> ErrorName {
        ErrorName::InvalidInput
    }
}
