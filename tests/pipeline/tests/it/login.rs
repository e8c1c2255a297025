//! The service user's secret and login.

use pipeline::{Ended, Function, Login, Pipeline, Step, Trial, fresh_password, trial};
use serde_json::json;
use stack::gate::GateFault;

use crate::overview;

/// The client makes three tries of a read before the step fails; of a login it makes one.
const ONE_READ: u32 = 3;

/// The two ways of a run, each with the state that requests the endpoints.
const WAYS: [(&str, &str); 2] = [("refresh", "Prewarm"), ("warm", "VerifyOrWarm")];

async fn run(t: &Trial, login: &Login) -> Ended {
    run_in_mode(t, login, "refresh").await
}

/// Runs as a service user of the trial's own. Every state has a process of its own, so that each
/// reads the secret and logs in; endpoints are requested one at a time, so that a second one does
/// not find the login cured.
async fn run_in_mode(t: &Trial, login: &Login, mode: &str) -> Ended {
    let function = |step| {
        Function::of(&[step])
            .set("SECRET_ID", &login.name)
            .set("PREWARM_CONCURRENCY", "1")
    };
    let functions = [Step::Preflight, Step::Prewarm, Step::VerifyOrWarm].map(function);
    let own = Pipeline::with(t, functions.into()).await;
    let mut input = overview();
    input["mode"] = mode.into();
    t.start(&own.state_machine, input).await.ended().await
}

/// Makes calls fail and asserts that Preflight was repeated after this error; then the same with
/// the calls of the state that requests the endpoints.
async fn is_repeated(t: &Trial, operation: &str, times: u32, fault: GateFault, error: &str) {
    for (mode, state) in WAYS {
        let t = t.another().await;
        let login = Login::new(&t).await;
        let first = login.rule(operation, fault.clone()).times(times);
        t.gate_fault(first).await;
        let second = login
            .rule(operation, fault.clone())
            .starting_at(times + 2)
            .times(times);
        t.gate_fault(second).await;
        let ended = run_in_mode(&t, &login, mode).await;
        ended.report();
        assert_eq!(ended.stumbles(), [("Preflight", error), (state, error)]);
        assert_eq!(ended.last_state(), "Done");
        assert_eq!(t.purges().await.len(), usize::from(mode == "refresh"));
    }
}

/// Asserts that a run ends before anything is purged, at the first try.
async fn is_final(t: &Trial, login: &Login, error: &str) -> String {
    let ended = run(t, login).await;
    let cause = ended.failed("Preflight", error).to_owned();
    assert_eq!(ended.stumbles(), [("Preflight", error)]);
    assert_eq!(t.purge_calls().await.len(), 0);
    cause
}

#[test]
fn a_throttled_login_is_repeated() {
    trial(async |t| {
        is_repeated(
            t,
            "AdminInitiateAuth",
            1,
            GateFault::Throttled,
            "LoginThrottled",
        )
        .await;
    });
}

#[test]
fn an_unavailable_login_is_repeated() {
    trial(async |t| {
        for (nth, mode, state) in [
            (1, "refresh", "Preflight"),
            (2, "refresh", "Prewarm"),
            (2, "warm", "VerifyOrWarm"),
        ] {
            let t = t.another().await;
            let login = Login::new(&t).await;
            let fault = GateFault::Unavailable { status: 500 };
            let fault = login.rule("AdminInitiateAuth", fault).starting_at(nth);
            t.gate_fault(fault).await;
            let ended = run_in_mode(&t, &login, mode).await;
            ended.report();
            assert_eq!(ended.stumbles(), [(state, "LoginUnavailable")]);
            assert_eq!(login.passwords_sent(&t).await, 3, "one of them in vain");
            assert_eq!(t.purges().await.len(), usize::from(mode == "refresh"));
        }
    });
}

#[test]
fn an_unavailable_secret_is_read_again() {
    trial(async |t| {
        let fault = GateFault::Unavailable { status: 503 };
        is_repeated(t, "GetSecretValue", ONE_READ, fault, "SecretUnavailable").await;
    });
}

#[test]
fn a_wrong_password_is_sent_once() {
    trial(async |t| {
        let login = Login::new(t).await;
        login.set_password(t, &fresh_password()).await;
        is_final(t, &login, "LoginRefused").await;
        assert_eq!(
            login.passwords_sent(t).await,
            1,
            "nothing else was there to try"
        );
    });
}

#[test]
fn a_challenge_ends_the_run_and_is_named() {
    trial(async |t| {
        let login = Login::new(t).await;
        let body = json!({ "ChallengeName": "NEW_PASSWORD_REQUIRED", "ChallengeParameters": {} });
        t.gate_fault(
            login
                .rule("AdminInitiateAuth", GateFault::Answer { body })
                .always(),
        )
        .await;
        let cause = is_final(t, &login, "LoginChallenged").await;
        assert!(cause.contains("NEW_PASSWORD_REQUIRED"), "{cause}");
    });
}

#[test]
fn a_secret_rotated_under_the_run_is_read_again() {
    trial(async |t| {
        let login = Login::new(t).await;
        let old = json!({
            "Name": login.name, "VersionId": "before-the-rotation",
            "SecretString": login.value(&fresh_password()).to_string(),
        });
        t.gate_fault(login.rule("GetSecretValue", GateFault::Answer { body: old }))
            .await;
        run(t, &login).await.report();
        assert_eq!(
            login.passwords_sent(t).await,
            3,
            "the old one, the new one, Prewarm's"
        );
    });
}

#[test]
fn the_password_of_a_rotation_under_way_is_tried() {
    trial(async |t| {
        let login = Login::new(t).await;
        let new = fresh_password();
        login.write_pending(t, &login.value(&new).to_string()).await;
        login.set_password(t, &new).await;
        let ended = t
            .start(&prewarm_as(t, &login).await.state_machine, overview())
            .await
            .ended()
            .await;
        ended.report();
        assert_eq!(login.passwords_sent(t).await, 2);
    });
}

#[test]
fn two_wrong_passwords_are_the_most_that_a_call_sends() {
    trial(async |t| {
        let login = Login::new(t).await;
        login
            .write_pending(t, &login.value(&fresh_password()).to_string())
            .await;
        login.set_password(t, &fresh_password()).await;
        is_final(t, &login, "LoginRefused").await;
        assert_eq!(login.passwords_sent(t).await, 2);
    });
}

#[test]
fn many_runs_with_a_wrong_secret_are_no_storm() {
    trial(async |t| {
        const RUNS: usize = 8;
        let login = Login::new(t).await;
        login
            .write_pending(t, &login.value(&fresh_password()).to_string())
            .await;
        login.set_password(t, &fresh_password()).await;
        // A throttle before the refusal, so that the state machine's own retries join in.
        t.gate_fault(
            login
                .rule("AdminInitiateAuth", GateFault::Throttled)
                .times(3),
        )
        .await;
        let own = prewarm_as(t, &login).await;
        let mut started = Vec::new();
        for _ in 0..RUNS {
            started.push(t.start(&own.state_machine, overview()).await);
        }
        for execution in started {
            execution.ended().await.failed("Preflight", "LoginRefused");
        }
        let sent = login.passwords_sent(t).await - 3;
        assert!(sent <= 2 * RUNS as u64, "{sent} passwords in {RUNS} runs");
        // A process remembers what was refused, so a second wave on the same processes sends none.
        t.start(&own.state_machine, overview())
            .await
            .ended()
            .await
            .failed("Preflight", "LoginRefused");
        assert_eq!(login.passwords_sent(t).await - 3, sent);
    });
}

#[test]
fn a_missing_secret_ends_the_run() {
    trial(async |t| {
        let login = Login::named("no-such-secret");
        let cause = is_final(t, &login, "SecretNotFound").await;
        assert!(cause.contains("AWSCURRENT"), "{cause}");
    });
}

#[test]
fn a_malformed_secret_ends_the_run_and_is_not_shown() {
    trial(async |t| {
        let login = Login::new(t).await;
        let password = fresh_password();
        login
            .write(
                t,
                &format!(
                    "{{\"username\": \"{}\", \"pass\": \"{password}\"}}",
                    login.name
                ),
            )
            .await;
        let cause = is_final(t, &login, "SecretMalformed").await;
        assert!(
            cause.contains("username, password") && !cause.contains(&password),
            "{cause}"
        );
    });
}

#[test]
fn a_role_without_the_right_to_the_secret_ends_the_run() {
    trial(async |t| {
        let login = Login::new(t).await;
        t.gate_fault(
            login
                .rule("GetSecretValue", GateFault::AccessDenied)
                .always(),
        )
        .await;
        is_final(t, &login, "SecretAccessDenied").await;
    });
}

#[test]
fn a_client_that_does_not_allow_this_login_ends_the_run() {
    trial(async |t| {
        let login = Login::new(t).await;
        let fault = GateFault::Error {
            code: "InvalidParameterException".to_owned(),
            message: "Auth flow not enabled for this client".to_owned(),
        };
        t.gate_fault(login.rule("AdminInitiateAuth", fault).always())
            .await;
        let cause = is_final(t, &login, "LoginMisconfigured").await;
        assert!(cause.contains("Auth flow not enabled"), "{cause}");
    });
}

async fn prewarm_as(t: &Trial, login: &Login) -> Pipeline {
    Pipeline::with(t, vec![Function::prewarm().set("SECRET_ID", &login.name)]).await
}
