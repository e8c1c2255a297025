//! Which passwords are sent, and how often.

use std::time::Duration;

use serde_json::{Value, json};
use warmfront::failure::{ErrorName, Failure};
use warmfront::message::Outcome;
use warmfront::service_fault::FaultKind;

use crate::cognito::{PASSWORD, fault, throttled, unanswered, value, wrong};
use crate::edge::pause;
use crate::world::{World, small};

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
async fn a_call_has_at_most_two_passwords_refused() {
    let mut world = World::new();
    world.cognito.with_state(|state| {
        state.password = "neither".into();
        state.pending = Some(("v2".into(), value("stale rotation")));
    });
    assert_eq!(world.fails(small()).await.0, ErrorName::LoginRefused);
    assert_eq!(world.cognito.passwords(), [PASSWORD, "stale rotation"]);
}

#[tokio::test(start_paused = true)]
async fn a_rotation_under_way_costs_each_process_one_refusal() {
    let mut world = World::new();
    world.cognito.with_state(|state| {
        state.password = "rotated".into();
        state.pending = Some(("v2".into(), value("rotated")));
    });
    let answer = world.preflight(small()).await.unwrap();
    world.restart_process();
    let report = world.go_on(answer, Value::Null).await.unwrap();
    assert_eq!(report.outcome, Outcome::Fresh);
    let each = [PASSWORD, "rotated"];
    assert_eq!(world.cognito.passwords(), each.repeat(2));
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_remembered_when_something_else_fails_after_it() {
    let mut world = World::new();
    world.cognito.with_state(|state| {
        state.password = "rotated".into();
        state.pending = Some(("v2".into(), value("rotated")));
        state.login_answers.extend([Err(wrong()), Err(throttled())]);
    });
    assert_eq!(world.fails(small()).await.0, ErrorName::LoginThrottled);
    world.refresh(small()).await.unwrap();
    assert_eq!(world.cognito.passwords(), [PASSWORD, "rotated", "rotated"]);
}

#[tokio::test(start_paused = true)]
async fn a_right_password_is_good_however_often_calls_are_repeated_in_new_processes() {
    let mut world = World::new();
    let failures = [
        (throttled(), ErrorName::LoginThrottled),
        (unanswered(), ErrorName::LoginUnavailable),
    ];
    for (fault, name) in failures.iter().cycle().take(10).cloned() {
        world
            .cognito
            .with_state(|state| state.login_answers.push_back(Err(fault)));
        let error = world.preflight(small()).await.unwrap_err();
        assert_eq!(error.name(), name);
        world.restart_process();
    }
    let report = world.refresh(small()).await.unwrap();
    assert_eq!(report.outcome, Outcome::Fresh);
}

#[tokio::test(start_paused = true)]
async fn a_password_refused_in_mid_run_ends_the_run() {
    let mut world = World::new();
    world.cognito.with_state(|state| state.token_seconds = 150);
    world
        .edge
        .with_state(|state| state.origin_time = Duration::from_secs(100));
    let answer = world.preflight(json!({"tenant": "acme"})).await.unwrap();
    world
        .cognito
        .with_state(|state| state.password = "another".into());
    let error = world.go_on(answer, Value::Null).await.unwrap_err();
    assert_eq!(error.name(), ErrorName::LoginRefused);
    assert!(!world.edge.asked().is_empty());
    let handed_on = world.answers.len();
    assert_eq!(handed_on, 0, "another process would send it again");
    assert_eq!(world.cognito.passwords().len(), 2);
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
