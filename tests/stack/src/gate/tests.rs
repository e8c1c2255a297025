//! The gate in front of an upstream that tells what reached it.

use std::time::{Duration, Instant};

use axum::{Router, extract::Request};
use serde_json::{Value, json};

use super::*;
use crate::http_client;

const LOGIN: &str = r#"{"AuthFlow":"ADMIN_USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ada","PASSWORD":"secret"}}"#;

struct Setup {
    _upstream: Server,
    gate: Gate,
    control: GateControl,
}

impl Setup {
    async fn new() -> Self {
        let echo = async |request: Request| {
            let (head, body) = request.into_parts();
            let body = axum::body::to_bytes(body, 1024).await.unwrap();
            let target = head.headers["x-amz-target"].to_str().unwrap().to_owned();
            (
                http::StatusCode::IM_A_TEAPOT,
                [("x-upstream", "yes")],
                format!("{target} {}", String::from_utf8_lossy(&body)),
            )
        };
        let upstream = Server::start("an upstream", Router::new().fallback(echo))
            .await
            .unwrap();
        let gate = Gate::start(&upstream.endpoint, &upstream.endpoint)
            .await
            .unwrap();
        let control = GateControl::at(&gate.control.endpoint);
        Self {
            _upstream: upstream,
            gate,
            control,
        }
    }

    async fn send(&self, target: &str, body: &str) -> Result<reqwest::Response, reqwest::Error> {
        let request = http_client::within(Duration::from_secs(2)).post(&self.gate.proxy.endpoint);
        request
            .header("x-amz-target", target)
            .body(body.to_owned())
            .send()
            .await
    }

    async fn login(&self) -> Result<reqwest::Response, reqwest::Error> {
        self.send("AWSCognitoIdentityProviderService.AdminInitiateAuth", LOGIN)
            .await
    }

    async fn script(&self, fault: GateFault) {
        let rule = GateRule::new(Call::new("AdminInitiateAuth", "ada"), fault);
        self.control.script(&rule).await.unwrap();
    }
}

async fn json(answer: reqwest::Response) -> Value {
    serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap()
}

#[tokio::test]
async fn a_call_without_a_fault_passes_unchanged_and_is_counted() {
    let setup = Setup::new().await;
    let answer = setup.login().await.unwrap();
    assert_eq!(answer.status(), 418);
    assert_eq!(answer.headers()["x-upstream"], "yes");
    let text = String::from_utf8(answer.bytes().await.unwrap().into()).unwrap();
    assert_eq!(
        text,
        format!("AWSCognitoIdentityProviderService.AdminInitiateAuth {LOGIN}")
    );
    let tally = setup.control.tally().await.unwrap();
    assert_eq!(tally.calls["AdminInitiateAuth"], 1);
    assert_eq!(tally.password_attempts["ada"], 1);
}

#[tokio::test]
async fn each_service_is_throttled_in_its_own_words() {
    let setup = Setup::new().await;
    setup.script(GateFault::Throttled).await;
    let rule = GateRule::new(Call::new("GetSecretValue", ""), GateFault::Throttled);
    setup.control.script(&rule).await.unwrap();
    let cognito = setup.login().await.unwrap();
    assert_eq!(cognito.status(), 400);
    assert_eq!(json(cognito).await["__type"], "TooManyRequestsException");
    let secrets = setup
        .send("secretsmanager.GetSecretValue", "{}")
        .await
        .unwrap();
    assert_eq!(json(secrets).await["__type"], "ThrottlingException");
}

#[tokio::test]
async fn only_calls_whose_body_matches_go_wrong() {
    let setup = Setup::new().await;
    setup.script(GateFault::AccessDenied).await;
    let other = setup
        .send("AWSCognitoIdentityProviderService.AdminInitiateAuth", "{}")
        .await
        .unwrap();
    assert_eq!(other.status(), 418);
    assert_eq!(setup.login().await.unwrap().status(), 400);
    assert_eq!(setup.login().await.unwrap().status(), 418);
}

#[tokio::test]
async fn a_challenge_can_stand_in_the_place_of_tokens() {
    let setup = Setup::new().await;
    let challenge = json!({ "ChallengeName": "NEW_PASSWORD_REQUIRED", "Session": "s" });
    setup
        .script(GateFault::Answer {
            body: challenge.clone(),
        })
        .await;
    let answer = setup.login().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(json(answer).await, challenge);
}

#[tokio::test]
async fn a_reset_connection_gives_no_answer() {
    let setup = Setup::new().await;
    setup.script(GateFault::Reset).await;
    let error = setup.login().await.unwrap_err();
    assert!(!error.is_timeout(), "{error:?}");
}

#[tokio::test]
async fn a_hanging_call_ends_only_when_its_caller_gives_up() {
    let setup = Setup::new().await;
    setup.script(GateFault::Hang).await;
    assert!(setup.login().await.unwrap_err().is_timeout());
}

#[tokio::test]
async fn a_truncated_body_is_an_error_to_its_reader() {
    let setup = Setup::new().await;
    setup.script(GateFault::Truncated).await;
    let answer = setup.login().await.unwrap();
    assert!(answer.bytes().await.is_err());
}

#[tokio::test]
async fn a_slow_body_comes_whole_but_late() {
    let setup = Setup::new().await;
    setup
        .script(GateFault::SlowBody { milliseconds: 300 })
        .await;
    let began = Instant::now();
    let answer = setup.login().await.unwrap();
    assert!(
        String::from_utf8(answer.bytes().await.unwrap().into())
            .unwrap()
            .ends_with(LOGIN)
    );
    assert!(began.elapsed() >= Duration::from_millis(250));
}
