//! A redrive, as far as this machine can show it: LocalStack answers `RedriveExecution` with "not yet
//! emulated". So a second machine starts where the first run failed, with the input that the state
//! had, and tells its functions that the execution was redriven once.

use pipeline::{Ended, Execution, OVERVIEW, Pipeline, Trial, hurry, trial};
use serde_json::{Value, json};
use stack::origin::OriginFault;
use warmfront::message::Outcome;

use crate::{STRAIGHT, overview};

const ALWAYS: u32 = 0;

/// Runs with no long pauses between tries.
async fn run(t: &Trial, input: Value) -> (Execution, Ended) {
    let own = Pipeline::changed(t, vec![], hurry).await;
    let execution = t.start(&own.state_machine, input).await;
    let ended = execution.ended().await;
    (execution, ended)
}

/// Goes on with a failed run, as a redrive does.
async fn redriven(t: &Trial, (execution, failed): &(Execution, Ended)) -> Ended {
    let input = failed.events[0]["input"]
        .as_str()
        .expect("the history has the input as text");
    let input: Value = serde_json::from_str(input).expect("an input is JSON");
    let redriven = json!({ "Id": execution.arn, "RedriveCount": 1, "Input": input });
    let start_at = failed.last_state();
    let machine = Pipeline::changed(t, vec![], |definition| {
        definition["StartAt"] = start_at.into();
        let states = definition["States"].as_object_mut().unwrap();
        for state in states.values_mut() {
            if let Some(payload) = state.pointer_mut("/Parameters/Payload") {
                payload.as_object_mut().unwrap().remove("execution.$");
                payload["execution"] = redriven.clone();
            }
        }
    })
    .await;
    let input = failed.input_of(start_at);
    t.start_with(&machine.state_machine, &input)
        .await
        .ended()
        .await
}

fn fresh(ended: &Ended, purges: usize) {
    let report = ended.report();
    assert_eq!(report.outcome, Outcome::Fresh);
    assert_eq!(report.invalidations.len(), purges);
}

#[test]
fn a_redrive_at_the_gate_begins_anew() {
    trial(async |t| {
        let refused = json!({ "kind": "error", "status": 403 });
        let fault = t.viewer_fault("/api/version", 1, ALWAYS, refused).await;
        // The probe is asked where a version is expected.
        let input = json!({ "expectedVersion": "1", "endpoints": [OVERVIEW] });
        let failed = run(t, input).await;
        failed.1.failed("Preflight", "LoginMisconfigured");
        t.cloudfront().unscript(fault).await.unwrap();
        let ended = redriven(t, &failed).await;
        assert_eq!(ended.states(), STRAIGHT);
        fresh(&ended, 1);
    });
}

#[test]
fn a_redrive_at_the_purge_asks_under_a_new_reference() {
    trial(async |t| {
        let lost = json!({ "kind": "lostResponse" });
        let fault = t
            .cloudfront_fault("CreateInvalidation", 1, ALWAYS, lost)
            .await;
        let failed = run(t, overview()).await;
        failed.1.failed("Invalidate", "CloudFrontUnavailable");
        assert_eq!(t.purges().await.len(), 1, "made, and its answer lost");
        t.cloudfront().unscript(fault).await.unwrap();
        let ended = redriven(t, &failed).await;
        assert_eq!(ended.states(), STRAIGHT[2..]);
        fresh(&ended, 1);
        assert_eq!(t.purges().await.len(), 2);
    });
}

#[test]
fn a_redrive_at_the_wait_looks_at_the_old_purge_and_purges_again() {
    trial(async |t| {
        let refused = json!({ "kind": "error", "status": 403, "code": "AccessDenied" });
        let fault = t
            .cloudfront_fault("GetInvalidation", 1, ALWAYS, refused)
            .await;
        let failed = run(t, overview()).await;
        failed
            .1
            .failed("AwaitInvalidation", "CloudFrontAccessDenied");
        t.cloudfront().unscript(fault).await.unwrap();
        let ended = redriven(t, &failed).await;
        assert_eq!(ended.states(), again_from("AwaitInvalidation"));
        fresh(&ended, 2);
        assert_eq!(
            t.origin_requests().await.len(),
            2,
            "nothing is requested between the purges"
        );
    });
}

#[test]
fn a_redrive_at_prewarm_purges_again_and_requests_everything_again() {
    trial(async |t| {
        let fault = t
            .origin_fault(OVERVIEW, 2, ALWAYS, OriginFault::Status { status: 500 })
            .await;
        let failed = run(t, overview()).await;
        let cause = failed.1.failed("Prewarm", "PrewarmIncomplete");
        assert!(cause.contains("\"fresh\":1"), "{cause}");
        t.stack.origin.unscript(fault).await.unwrap();
        let ended = redriven(t, &failed).await;
        assert_eq!(ended.states(), again_from("Prewarm"));
        fresh(&ended, 2);
        for row in ended.report().endpoints {
            assert!(row.attempts >= 2, "what was fresh is proven anew: {row:?}");
        }
        assert_eq!(t.purges().await.len(), 2);
    });
}

/// The states of a redrive at this state, which lies behind the first purge.
fn again_from(state: &str) -> Vec<&'static str> {
    let prewarm = STRAIGHT.iter().position(|name| *name == "Prewarm").unwrap();
    let start = STRAIGHT.iter().position(|name| *name == state).unwrap();
    let purge = ["WhatRemains", "InvalidateAgain"];
    [&STRAIGHT[start..=prewarm], &purge, &STRAIGHT[3..]].concat()
}

#[test]
fn the_same_input_again_does_everything_again() {
    trial(async |t| {
        let first = t.refresh(overview()).await.report();
        let second = t.refresh(overview()).await.report();
        assert_ne!(first.invalidations[0].id, second.invalidations[0].id);
        assert_eq!(t.origin_requests().await.len(), 4);
    });
}
