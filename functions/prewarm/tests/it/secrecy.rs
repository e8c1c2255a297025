//! Passwords, client secrets and tokens stay in memory.

use prewarm::identity::credentials;
use prewarm::ports::{GetSecretValue, Stage};
use warmfront::service_fault::FaultKind;

use crate::cognito::{PASSWORD, fault, value};
use crate::edge::status;
use crate::log;
use crate::world::{World, small};

const SECRETS: &[&str] = &[PASSWORD, "client-hush", "token-", "pending-pass"];

fn assert_clean(what: &str, text: &str) {
    for secret in SECRETS {
        assert!(!text.contains(secret), "{what} has {secret}: {text}");
    }
}

#[tokio::test(start_paused = true)]
async fn no_log_line_state_or_error_holds_a_secret() {
    let mut world = World::new();
    world
        .edge
        .script("/api/overview", &[status(401), status(500)]);
    let report = world.refresh(small()).await.unwrap();
    assert_clean("the report", &serde_json::to_string(&report).unwrap());
    for answer in &world.answers {
        assert_clean("a state", &serde_json::to_string(answer).unwrap());
        assert_clean("a state's Debug", &format!("{answer:?}"));
    }
    for change in 0..4 {
        let mut world = World::new();
        world.cognito.with_state(|state| match change {
            0 => state.password = "another".into(),
            1 => state.pending = Some(("v2".into(), value("pending-pass"))),
            2 => state.current.1 = value(PASSWORD).replace('}', ""),
            _ => state
                .login_answers
                .push_back(Err(fault(FaultKind::Unavailable, "", "down"))),
        });
        if change == 1 {
            world
                .cognito
                .with_state(|state| state.password = "neither".into());
        }
        let error = world.refresh(small()).await.unwrap_err();
        assert_clean("an error", &warmfront::failure::chain(&error));
        assert_clean("an error's Debug", &format!("{error:?}"));
    }
    let log = log::lines();
    assert!(
        log.contains("logged in") && log.contains("\"verdict\""),
        "{log}"
    );
    assert_clean("the log", &log);
}

#[tokio::test]
async fn debug_of_credentials_shows_no_secret() {
    let cognito = crate::cognito::Cognito::new();
    let read = credentials(&cognito, Stage::Current).await.unwrap();
    assert_clean("credentials", &format!("{read:?}"));
    let version = cognito.secret_value(Stage::Current).await.unwrap();
    assert_clean("the secret", &format!("{version:?}"));
}
