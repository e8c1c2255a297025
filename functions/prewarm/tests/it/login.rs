//! Tokens and passwords.

use std::collections::BTreeSet;
use std::time::Duration;

use prewarm::login::Admission;
use serde_json::{Value, json};
use warmfront::failure::{ErrorName, Failure};
use warmfront::message::{Next, Outcome, PrewarmResponse};
use warmfront::service_fault::FaultKind;

use crate::cognito::{PASSWORD, fault, value};
use crate::edge::pause;
use crate::world::{World, small};

fn state(answer: &PrewarmResponse) -> Value {
    serde_json::to_value(answer).unwrap()
}

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
    let error = world
        .go_on(answer, serde_json::Value::Null)
        .await
        .unwrap_err();
    assert_eq!(error.name(), ErrorName::PrewarmIncomplete);
    assert!(error.to_string().contains("authFailed"), "{error}");
    assert_eq!(world.cognito.passwords().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_wrong_password_is_sent_once_and_not_again_by_this_process() {
    let mut world = World::new();
    world
        .cognito
        .with_state(|state| state.password = "another".into());
    for _ in 0..20 {
        let (name, message) = world.fails(small()).await;
        assert_eq!(name, ErrorName::LoginRefused);
        assert!(!message.contains(PASSWORD), "{message}");
    }
    assert_eq!(world.cognito.passwords().len(), 1);
    assert!(world.purges.is_empty());
    // Whoever mends it in the user pool is not locked out for good.
    world
        .cognito
        .with_state(|state| state.password = PASSWORD.into());
    pause(Duration::from_mins(15)).await;
    world.refresh(small()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_new_version_of_the_secret_is_tried_at_once() {
    let mut world = World::new();
    world
        .cognito
        .with_state(|state| state.password = "another".into());
    world.fails(small()).await;
    world
        .cognito
        .with_state(|state| state.current = ("v2".into(), value("another")));
    world.refresh(small()).await.unwrap();
    assert_eq!(world.cognito.passwords(), [PASSWORD, "another"]);
}

#[tokio::test(start_paused = true)]
async fn a_rotation_that_ends_between_reading_and_login_is_followed() {
    let mut world = World::new();
    world.cognito.with_state(|state| {
        state.password = "rotated".into();
        state.next_current = Some(("v2".into(), value("rotated")));
    });
    world.refresh(small()).await.unwrap();
    assert_eq!(world.cognito.passwords(), [PASSWORD, "rotated"]);
}

#[tokio::test(start_paused = true)]
async fn a_rotation_under_way_is_met_with_the_pending_password() {
    let mut world = World::new();
    world.cognito.with_state(|state| {
        state.password = "rotated".into();
        state.pending = Some(("v2".into(), value("rotated")));
    });
    world.refresh(small()).await.unwrap();
    assert_eq!(world.cognito.passwords(), [PASSWORD, "rotated"]);
}

#[tokio::test(start_paused = true)]
async fn at_most_two_passwords_are_refused_in_a_run() {
    let mut world = World::new();
    world.cognito.with_state(|state| {
        state.password = "neither".into();
        state.pending = Some(("v2".into(), value("stale rotation")));
    });
    assert_eq!(world.fails(small()).await.0, ErrorName::LoginRefused);
    assert_eq!(world.cognito.passwords().len(), 2);

    // A run whose gate needed the pending password has one refusal left, in whatever process.
    let mut world = World::new();
    world.cognito.with_state(|state| {
        state.password = "rotated".into();
        state.pending = Some(("v2".into(), value("rotated")));
    });
    let answer = world.preflight(small()).await.unwrap();
    assert_eq!(answer.progress.logins.refused, ["v1"]);
    let answer = world.gate(&small(), &state(&answer)).await.unwrap();
    world
        .cognito
        .with_state(|state| state.password = "neither".into());
    world.restart_process();
    let error = world
        .go_on(answer, serde_json::Value::Null)
        .await
        .unwrap_err();
    assert_eq!(error.name(), ErrorName::LoginRefused);
    assert_eq!(
        world.cognito.passwords(),
        [PASSWORD, "rotated", "rotated"],
        "one was accepted, two were refused"
    );
}

#[tokio::test(start_paused = true)]
async fn a_rotation_under_way_costs_one_refusal_in_however_many_processes() {
    let mut world = World::new();
    world.cognito.with_state(|state| {
        state.password = "rotated".into();
        state.pending = Some(("v2".into(), value("rotated")));
    });
    let mut answer = world.preflight(small()).await.unwrap();
    while answer.next == Next::Preflight {
        world.restart_process();
        answer = world.gate(&small(), &state(&answer)).await.unwrap();
    }
    world.restart_process();
    let report = world.go_on(answer, serde_json::Value::Null).await.unwrap();
    assert_eq!(report.outcome, Outcome::Fresh);
    assert_eq!(world.cognito.passwords(), [PASSWORD, "rotated", "rotated"]);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_noted_before_anything_else_can_fail() {
    let world = World::new();
    let throttled = fault(
        FaultKind::Throttled,
        "TooManyRequestsException",
        "Rate exceeded",
    );
    world.cognito.with_state(|state| {
        state.pending = Some(("v2".into(), value("rotated")));
        state.password = "rotated".into();
    });
    let answer = world.preflight(small()).await.unwrap();
    assert_eq!(answer.next, Next::Preflight);
    world
        .cognito
        .with_state(|state| state.login_answers.push_back(Err(throttled)));
    let error = world.gate(&small(), &state(&answer)).await.unwrap_err();
    assert_eq!(error.name(), ErrorName::LoginThrottled);
    assert_eq!(world.cognito.passwords(), [PASSWORD, "rotated"]);
}

#[tokio::test(start_paused = true)]
async fn a_throttled_login_costs_nothing_however_often_it_is_repeated() {
    let mut world = World::new();
    for retries in 0..5 {
        world.retries = retries;
        world.cognito.with_state(|state| {
            state.login_answers.push_back(Err(fault(
                FaultKind::Throttled,
                "TooManyRequestsException",
                "Rate exceeded",
            )));
        });
        let error = world.preflight(small()).await.unwrap_err();
        assert_eq!(error.name(), ErrorName::LoginThrottled);
    }
    world.retries = 5;
    let answer = world.preflight(small()).await.unwrap();
    assert_eq!(answer.next, Next::Invalidate);
    assert_eq!(answer.progress.logins.unanswered, 0);
}

#[tokio::test(start_paused = true)]
async fn a_password_whose_answer_is_lost_counts_as_refused() {
    let mut world = World::new();
    world
        .cognito
        .with_state(|state| state.password = "another".into());
    let lost = || Err(fault(FaultKind::Unavailable, "", "no answer in time"));
    let mut given = small();
    for unanswered in [1, 2] {
        world
            .cognito
            .with_state(|state| state.login_answers.push_back(lost()));
        world.retries = 0;
        let error = world.gate(&small(), &given).await.unwrap_err();
        assert_eq!(error.name(), ErrorName::LoginUnavailable);
        // The state machine repeats the call, here or elsewhere.
        if unanswered == 1 {
            world.restart_process();
        }
        world.retries = 1;
        let answer = world.gate(&small(), &given).await;
        if unanswered == 1 {
            let answer = answer.unwrap();
            assert_eq!(answer.next, Next::Preflight);
            assert_eq!(answer.progress.logins.unanswered, 1);
            given = state(&answer);
        } else {
            let error = answer.unwrap_err();
            assert_eq!(error.name(), ErrorName::LoginUnavailable);
            assert!(error.to_string().contains("no further one"), "{error}");
        }
    }
    assert_eq!(world.cognito.passwords().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn whoever_cannot_know_what_the_tries_before_did_sends_nothing() {
    let mut world = World::new();
    world.retries = 4;
    let answer = world.preflight(small()).await.unwrap();
    assert_eq!(answer.next, Next::Preflight);
    assert_eq!(
        answer.progress.logins.unanswered, 1,
        "one of them may have sent one"
    );
    assert!(world.cognito.passwords().is_empty());
    world.retries = 0;
    let answer = world.gate(&small(), &state(&answer)).await.unwrap();
    assert_eq!(answer.next, Next::Invalidate);

    // And so in mid-run, where a call may send one only if the call before it was told so.
    world.restart_process();
    let invalidation = world.purge(&answer).await;
    world.retries = 4;
    let answer = world.warm(&answer, &invalidation).await.unwrap();
    assert_eq!(answer.next, Next::Prewarm);
    assert_eq!(answer.progress.logins.unanswered, 1, "it had no permit");
    assert!(answer.progress.logins.permitted);
    assert_eq!(world.cognito.passwords().len(), 1);
    let error = world.warm(&answer, &invalidation).await.unwrap_err();
    assert_eq!(error.name(), ErrorName::LoginUnavailable);
    assert_eq!(world.cognito.passwords().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_redrive_begins_a_new_count() {
    let mut world = World::new();
    world.cognito.with_state(|state| {
        state.password = "neither".into();
        state.pending = Some(("v2".into(), value("stale rotation")));
    });
    let answer = world.preflight(small()).await.unwrap();
    world.restart_process();
    let error = world.gate(&small(), &state(&answer)).await.unwrap_err();
    assert_eq!(error.name(), ErrorName::LoginRefused);
    world
        .cognito
        .with_state(|state| state.password = PASSWORD.into());
    world.redrives = 1;
    world.restart_process();
    let answer = world.gate(&small(), &state(&answer)).await.unwrap();
    assert_eq!(answer.progress.logins.redrive_count, 1);
    let answer = world.gate(&small(), &state(&answer)).await.unwrap();
    assert_eq!(answer.next, Next::Invalidate);
}

#[tokio::test(start_paused = true)]
async fn a_locked_user_is_not_sent_another_password() {
    let mut world = World::new();
    let locked = fault(
        FaultKind::Rejected,
        "NotAuthorizedException",
        "Password attempts exceeded",
    );
    world.cognito.with_state(|state| {
        state.pending = Some(("v2".into(), value("rotated")));
        state.login_answers.push_back(Err(locked));
    });
    let (name, message) = world.fails(small()).await;
    assert_eq!(name, ErrorName::LoginRefused);
    assert!(message.contains("locked"), "{message}");
    assert_eq!(world.cognito.passwords().len(), 1);
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
                expires_in: 0,
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
        (
            Err(fault(
                FaultKind::Throttled,
                "TooManyRequestsException",
                "slow down",
            )),
            ErrorName::LoginThrottled,
        ),
        (
            Err(fault(FaultKind::Unavailable, "", "no answer in time")),
            ErrorName::LoginUnavailable,
        ),
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
    world.cognito.with_state(|state| state.token_seconds = 300);
    world
        .edge
        .with_state(|state| state.origin_time = Duration::from_secs(100));
    let answer = world.preflight(json!({"tenant": "acme"})).await.unwrap();
    let down = || Err(fault(FaultKind::Unavailable, "", "no answer in time"));
    world
        .cognito
        .with_state(|state| state.login_answers.push_back(down()));
    let error = world
        .go_on(answer, serde_json::Value::Null)
        .await
        .unwrap_err();
    assert_eq!(error.name(), ErrorName::LoginUnavailable);
    // The state machine repeats the call, with what the last answer said.
    let last = world.answers.last().unwrap().clone();
    let invalidation = serde_json::to_value(&last.purge.as_ref().unwrap().invalidation).unwrap();
    world.retries = 1;
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
