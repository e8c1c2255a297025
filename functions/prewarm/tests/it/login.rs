//! Tokens, and what Cognito and Secrets Manager answer.

use std::collections::BTreeSet;
use std::time::Duration;

use prewarm::ports::Admission;
use serde_json::{Value, json};
use warmfront::failure::{ErrorName, Failure};
use warmfront::message::Outcome;
use warmfront::service_fault::FaultKind;

use crate::cognito::{PASSWORD, fault, throttled, unanswered, wrong};
use crate::edge::pause;
use crate::world::{World, small};

#[tokio::test(start_paused = true)]
async fn one_login_serves_every_run_of_a_process() {
    let mut world = World::new();
    for _ in 0..5 {
        world.refresh(small()).await.unwrap();
    }
    assert_eq!(world.cognito.passwords(), [PASSWORD]);
    let tokens: BTreeSet<_> = world
        .edge
        .asked()
        .into_iter()
        .map(|asked| asked.token)
        .collect();
    assert_eq!(tokens.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_token_is_renewed_before_a_request_that_would_outlive_it() {
    let mut world = World::new();
    world.cognito.with_state(|state| state.token_seconds = 300);
    world
        .edge
        .with_state(|state| state.origin_time = Duration::from_secs(70));
    let report = world.refresh(json!({"tenant": "acme"})).await.unwrap();
    assert_eq!(report.outcome, Outcome::Fresh);
    let asked = world.edge.asked();
    let tokens: Vec<_> = asked.iter().map(|asked| asked.token.as_str()).collect();
    assert_eq!(tokens.first(), Some(&"token-1"));
    assert_eq!(
        tokens.last(),
        Some(&"token-2"),
        "renewed in mid-run, for all"
    );
    assert_eq!(world.cognito.passwords().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_token_shorter_than_an_endpoint_is_no_reason_to_log_in_for_each_request() {
    let mut world = World::new();
    world.cognito.with_state(|state| state.token_seconds = 90);
    world
        .edge
        .with_state(|state| state.origin_time = Duration::from_secs(1));
    world.refresh(json!({"tenant": "acme"})).await.unwrap();
    assert_eq!(world.cognito.passwords().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_token_that_is_no_longer_accepted_is_renewed_once() {
    let mut world = World::new();
    world.preflight(small()).await.unwrap();
    pause(Duration::from_mins(10)).await;
    world
        .edge
        .with_state(|state| state.accepts = Some("token-2".into()));
    let report = world.refresh(small()).await.unwrap();
    assert_eq!(report.outcome, Outcome::Fresh);
    assert_eq!(world.cognito.passwords().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn answers_that_refuse_the_token_may_arrive_while_it_is_renewed() {
    let mut world = World::new();
    world.preflight(small()).await.unwrap();
    pause(Duration::from_mins(10)).await;
    world
        .cognito
        .with_state(|state| state.login_takes = Duration::from_millis(100));
    world
        .edge
        .with_state(|state| state.accepts = Some("token-2".into()));
    let report = world.refresh(small()).await.unwrap();
    assert_eq!(report.outcome, Outcome::Fresh);
    assert_eq!(world.cognito.passwords().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_token_that_is_never_accepted_costs_one_login() {
    let mut world = World::new();
    let answer = world.preflight(small()).await.unwrap();
    world
        .edge
        .with_state(|state| state.accepts = Some("none".into()));
    pause(Duration::from_mins(10)).await;
    let error = world.go_on(answer, Value::Null).await.unwrap_err();
    assert_eq!(error.name(), ErrorName::PrewarmIncomplete);
    assert!(error.to_string().contains("authFailed"), "{error}");
    assert_eq!(world.cognito.passwords().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_login_that_fails_fails_for_every_request_of_the_call() {
    let mut world = World::new();
    let answer = world.preflight(small()).await.unwrap();
    let invalidation = world.purge(&answer).await;
    world.restart_process();
    world.cognito.with_state(|state| {
        state.login_takes = Duration::from_secs(1);
        state.login_answers.push_back(Err(unanswered()));
    });
    let error = world.warm(&answer, &invalidation).await.unwrap_err();
    assert_eq!(error.name(), ErrorName::LoginUnavailable);
    let sent = world.cognito.passwords().len();
    assert_eq!(sent, 2, "the gate's, and one for four requests at a time");
}

#[tokio::test(start_paused = true)]
async fn a_login_ends_with_the_call_that_it_is_for() {
    let mut world = World::new();
    let answer = world.preflight(small()).await.unwrap();
    let invalidation = world.purge(&answer).await;
    world.restart_process();
    world
        .cognito
        .with_state(|state| state.login_takes = Duration::from_hours(1));
    for call in [
        world.preflight(small()).await,
        world.warm(&answer, &invalidation).await,
    ] {
        assert_eq!(call.unwrap_err().name(), ErrorName::LoginUnavailable);
    }
}

#[tokio::test(start_paused = true)]
async fn a_renewal_that_fails_leaves_the_token_that_lives() {
    for failure in [throttled(), unanswered(), wrong()] {
        let mut world = World::new();
        world.cognito.with_state(|state| state.token_seconds = 300);
        let answer = world.preflight(json!({"tenant": "acme"})).await.unwrap();
        // 105 s of its life will be left, and each endpoint may take 110 s.
        pause(Duration::from_secs(190)).await;
        world
            .cognito
            .with_state(|state| state.login_answers.push_back(Err(failure)));
        let report = world.go_on(answer, Value::Null).await.unwrap();
        assert_eq!(report.outcome, Outcome::Fresh);
        let asked = world.edge.asked();
        assert!(asked.iter().all(|asked| asked.token == "token-1"));
        assert_eq!(world.cognito.passwords().len(), 2, "one try of the call");
    }
}

#[tokio::test(start_paused = true)]
async fn each_answer_of_cognito_has_its_error() {
    let rejected = |code: &str| Err(fault(FaultKind::Rejected, code, "no"));
    for (answer, name) in [
        (
            Ok(Admission::Challenge("NEW_PASSWORD_REQUIRED".into())),
            ErrorName::LoginChallenged,
        ),
        (
            Ok(Admission::Token {
                id_token: String::new().into(),
                expires_in: Duration::ZERO,
            }),
            ErrorName::LoginUnavailable,
        ),
        (
            rejected("UserNotFoundException"),
            ErrorName::LoginMisconfigured,
        ),
        (
            rejected("InvalidParameterException"),
            ErrorName::LoginMisconfigured,
        ),
        (Err(throttled()), ErrorName::LoginThrottled),
        (Err(unanswered()), ErrorName::LoginUnavailable),
    ] {
        let mut world = World::new();
        world
            .cognito
            .with_state(|state| state.login_answers.push_back(answer));
        let (failed, message) = world.fails(small()).await;
        assert_eq!(failed, name, "{message}");
        assert!(world.purges.is_empty());
        if name == ErrorName::LoginChallenged {
            assert!(message.contains("NEW_PASSWORD_REQUIRED"), "{message}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_login_that_fails_in_mid_run_loses_nothing_that_was_found_out() {
    let mut world = World::new();
    world.cognito.with_state(|state| state.token_seconds = 240);
    world
        .edge
        .with_state(|state| state.origin_time = Duration::from_secs(100));
    let answer = world.preflight(json!({"tenant": "acme"})).await.unwrap();
    world
        .cognito
        .with_state(|state| state.login_answers.push_back(Err(unanswered())));
    let error = world.go_on(answer, Value::Null).await.unwrap_err();
    assert_eq!(error.name(), ErrorName::LoginUnavailable);
    // The state machine repeats the call, with what the last answer said.
    let last = world.answers.last().unwrap().clone();
    let invalidation = serde_json::to_value(&last).unwrap()["purge"]["invalidation"].take();
    let report = world.go_on(last, invalidation).await.unwrap();
    assert_eq!(report.outcome, Outcome::Fresh);
    assert_eq!(report.totals.requests, 20);
}

#[tokio::test(start_paused = true)]
async fn each_answer_of_secrets_manager_has_its_error() {
    for (kind, code, name) in [
        (
            FaultKind::AccessDenied,
            "AccessDeniedException",
            ErrorName::SecretAccessDenied,
        ),
        (
            FaultKind::Rejected,
            "DecryptionFailure",
            ErrorName::SecretAccessDenied,
        ),
        (
            FaultKind::Rejected,
            "ResourceNotFoundException",
            ErrorName::SecretNotFound,
        ),
        (
            FaultKind::Rejected,
            "InvalidRequestException",
            ErrorName::SecretNotFound,
        ),
        (
            FaultKind::Throttled,
            "ThrottlingException",
            ErrorName::SecretUnavailable,
        ),
        (FaultKind::Unavailable, "", ErrorName::SecretUnavailable),
    ] {
        let mut world = World::new();
        world
            .cognito
            .with_state(|state| state.secret_faults.push_back(fault(kind, code, "no")));
        let (failed, _) = world.fails(small()).await;
        assert_eq!(failed, name, "{code}");
        assert!(world.cognito.passwords().is_empty() && world.purges.is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn a_secret_of_another_shape_is_named_and_not_quoted() {
    for bad in [
        "hunter2",
        "[]",
        r#"{"username":"warmfront"}"#,
        r#"{"username":"warmfront","password":""}"#,
        r#"{"username":"warmfront","password":["hunter2"]}"#,
    ] {
        let mut world = World::new();
        world
            .cognito
            .with_state(|state| state.current.1 = bad.into());
        let (name, message) = world.fails(small()).await;
        assert_eq!(name, ErrorName::SecretMalformed, "{bad}");
        assert!(message.contains("username, password"), "{message}");
        assert!(!message.contains("hunter2"), "{message}");
    }
}
