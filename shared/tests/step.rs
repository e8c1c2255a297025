//! The frame of a step: what Lambda is told when a step cannot start, cannot read its request or
//! fails.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use lambda_runtime::{Context, Diagnostic, LambdaEvent};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::Instant;
use warmfront::environment::ConfigurationError;
use warmfront::failure::{ErrorName, Failure};
use warmfront::step::{Step, Subject, answer};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    tenant: String,
    works: bool,
}

impl Subject for Request {
    fn tenant(&self) -> Option<&str> {
        Some(&self.tenant)
    }
    fn execution(&self) -> &'static str {
        "x"
    }
    fn invalidation(&self) -> Option<&str> {
        None
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the tag of {0} was not purged")]
struct Refused(String, #[source] std::num::ParseIntError);

impl Failure for Refused {
    fn name(&self) -> ErrorName {
        ErrorName::InvalidationRejected
    }
}

struct Example;

impl Step for Example {
    type Request = Request;
    type Response = Value;
    type Error = Refused;

    async fn handle(&self, request: Request, _: Instant) -> Result<Value, Refused> {
        if request.works {
            Ok(json!({"done": request.tenant}))
        } else {
            Err(Refused(request.tenant, "x".parse::<u8>().unwrap_err()))
        }
    }
}

async fn answer_to(
    step: Result<Example, ConfigurationError>,
    payload: Value,
) -> Result<Value, Diagnostic> {
    answer(
        Arc::new(step),
        LambdaEvent::new(payload, Context::default()),
    )
    .await
}

#[tokio::test]
async fn answers_with_the_response() {
    let answer = answer_to(Ok(Example), json!({"tenant": "acme", "works": true})).await;
    assert_eq!(answer.unwrap(), json!({"done": "acme"}));
}

#[tokio::test]
async fn failure_carries_its_name_and_its_causes_once() {
    let diagnostic = answer_to(Ok(Example), json!({"tenant": "acme", "works": false}))
        .await
        .unwrap_err();
    assert_eq!(diagnostic.error_type, "InvalidationRejected");
    assert_eq!(
        diagnostic.error_message,
        "the tag of acme was not purged: invalid digit found in string"
    );
}

#[tokio::test]
async fn malformed_request_names_the_field() {
    for (payload, part) in [
        (json!({"tenant": 7, "works": true}), "at tenant"),
        (json!({"tenant": "acme"}), "works"),
        (json!({"tenant": "acme", "works": true, "more": 1}), "more"),
        (json!(null), "null"),
    ] {
        let diagnostic = answer_to(Ok(Example), payload).await.unwrap_err();
        assert_eq!(diagnostic.error_type, "InvalidInput");
        assert!(
            diagnostic.error_message.contains(part),
            "{}",
            diagnostic.error_message
        );
    }
}

#[tokio::test]
async fn step_that_is_not_configured_says_so_to_every_call() {
    let error = ConfigurationError {
        problems: vec!["A is not set".into(), "B is empty".into()],
        contract_problems: vec![],
    };
    let diagnostic = answer_to(Err(error), json!({})).await.unwrap_err();
    assert_eq!(diagnostic.error_type, "InvalidConfiguration");
    assert!(
        diagnostic
            .error_message
            .contains("A is not set; B is empty")
    );
}
