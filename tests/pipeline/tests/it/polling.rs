//! Waiting for the invalidation.

use pipeline::{Execution, Function, Pipeline, Step, Trial, trial};
use serde_json::{Value, json};
use warmfront::message::{InvalidationStatus, Outcome};

use crate::{STRAIGHT, overview};

/// Starts a run whose poll looks once per call, with these looks failing.
async fn start(t: &Trial, times: u32, effect: Value) -> Execution {
    t.cloudfront_fault("GetInvalidation", 1, times, effect)
        .await;
    let function = Function::of(&[Step::AwaitInvalidation]).set("POLL_WINDOW", "1s");
    let own = Pipeline::with(t, vec![function]).await;
    t.start(&own.state_machine, overview()).await
}

fn in_progress() -> Value {
    json!({ "kind": "unknownStatus", "text": "InProgress" })
}

#[test]
fn a_slow_invalidation_is_looked_at_again() {
    trial(async |t| {
        let ended = start(t, 3, in_progress()).await.ended().await;
        let report = ended.report();
        let waited: Vec<_> = ended.states()[3..9].to_vec();
        let look = ["AwaitInvalidation", "IsInvalidationSettled"];
        assert_eq!(waited, [look, look, look].concat());
        assert_eq!(
            report.invalidations[0].status,
            InvalidationStatus::Completed
        );
        assert!(!report.invalidation_timed_out);
        assert_eq!(t.purges().await.len(), 1);
    });
}

#[test]
fn past_the_budget_the_run_goes_on_flagged() {
    trial(async |t| {
        t.cloudfront_fault("GetInvalidation", 1, 0, in_progress())
            .await;
        let function = Function::of(&[Step::AwaitInvalidation])
            .set("POLL_WINDOW", "1s")
            .set("POLL_BUDGET", "3s");
        let own = Pipeline::with(t, vec![function]).await;
        let report = t
            .start(&own.state_machine, overview())
            .await
            .ended()
            .await
            .report();
        assert!(report.invalidation_timed_out);
        assert_eq!(
            report.outcome,
            Outcome::Fresh,
            "the proof is in the answers, not in the status"
        );
        assert_eq!(
            report.invalidations[0].status,
            InvalidationStatus::InProgress
        );
        assert!(report.invalidations[0].seconds >= 3);
    });
}

#[test]
fn an_unknown_status_is_not_taken_for_done() {
    trial(async |t| {
        let effect = json!({ "kind": "unknownStatus", "text": "AlmostThere" });
        let ended = start(t, 1, effect).await.ended().await;
        assert_eq!(
            ended.report().invalidations[0].status,
            InvalidationStatus::Completed
        );
        assert_eq!(ended.states()[5], "AwaitInvalidation");
    });
}

#[test]
fn a_throttled_poll_is_repeated() {
    trial(async |t| {
        let ended = start(t, 1, json!({ "kind": "throttle" }))
            .await
            .ended()
            .await;
        ended.report();
        assert_eq!(
            ended.stumbles(),
            [("AwaitInvalidation", "CloudFrontThrottled")]
        );
        assert_eq!(ended.states(), STRAIGHT);
    });
}

#[test]
fn an_unavailable_poll_is_repeated() {
    trial(async |t| {
        let effect = json!({ "kind": "error", "status": 500, "code": "InternalError" });
        let ended = start(t, 1, effect).await.ended().await;
        ended.report();
        assert_eq!(
            ended.stumbles(),
            [("AwaitInvalidation", "CloudFrontUnavailable")]
        );
    });
}

/// Called directly: on a busy machine, the moment is over before the state machine comes to look.
#[test]
fn a_new_invalidation_may_be_unknown_for_a_moment() {
    trial(async |t| {
        t.cloudfront_fault("GetInvalidation", 1, 2, json!({ "kind": "staleRead" }))
            .await;
        let pipeline = Pipeline::deployed(t);
        let execution = json!({ "Id": format!("run-of-{}", t.tenant) });
        let purge = json!({
            "tenant": t.tenant, "scope": null, "distributionTenant": null, "ordinal": 1,
            "enteredAt": "2026-01-01T00:00:00Z", "execution": execution,
        });
        let invalidation = pipeline.call(t, Step::Invalidate, &purge).await.result();
        let look =
            json!({ "tenant": t.tenant, "invalidation": invalidation, "execution": execution });
        let seen = pipeline
            .call(t, Step::AwaitInvalidation, &look)
            .await
            .result();
        assert_eq!(
            (&seen["settled"], &seen["status"]),
            (&json!(true), &json!("Completed"))
        );
    });
}

#[test]
fn an_invalidation_that_stays_unknown_ends_the_run() {
    trial(async |t| {
        t.cloudfront_fault("GetInvalidation", 1, 0, json!({ "kind": "staleRead" }))
            .await;
        let ended = t.refresh(overview()).await;
        let cause = ended.failed("AwaitInvalidation", "NoSuchInvalidation");
        assert!(cause.contains(&t.purges().await[0]), "{cause}");
    });
}

#[test]
fn a_role_without_the_right_to_look_ends_the_run() {
    trial(async |t| {
        let effect = json!({ "kind": "error", "status": 403, "code": "AccessDenied" });
        t.cloudfront_fault("GetInvalidation", 1, 0, effect).await;
        let ended = t.refresh(overview()).await;
        ended.failed("AwaitInvalidation", "CloudFrontAccessDenied");
        assert_eq!(ended.stumbles().len(), 1, "no try after the first");
    });
}
