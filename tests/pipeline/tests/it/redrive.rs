//! A redrive, as far as this machine can show it: LocalStack answers `RedriveExecution` with "not yet
//! emulated", so the functions are called with what a redrive would give them.

use pipeline::{Pipeline, Step, Trial, trial};
use serde_json::{Value, json};
use stack::origin::OriginFault;

use crate::OVERVIEW;

/// The execution as a task sees it after so many redrives.
fn execution(t: &Trial, redrives: u32) -> Value {
    json!({ "Id": format!("run-of-{}", t.tenant), "RedriveCount": redrives, "Name": "by-hand" })
}

/// Goes through the states from a purge on, until the prewarmer is done or fails.
async fn purge(t: &Trial, pipeline: &Pipeline, state: &Value, redrives: u32) -> Value {
    let run = &state["run"];
    let request = json!({
        "tenant": run["tenant"], "scope": run["scope"], "distributionTenant": run["distributionTenant"],
        "ordinal": state["progress"]["nextPurge"], "enteredAt": "2026-01-01T00:00:00Z",
        "execution": execution(t, redrives),
    });
    let mut invalidation = pipeline.call(t, Step::Invalidate, &request).await.result();
    while invalidation["settled"] != true {
        let request = json!({
            "tenant": run["tenant"], "invalidation": invalidation, "execution": execution(t, redrives),
        });
        invalidation = pipeline
            .call(t, Step::AwaitInvalidation, &request)
            .await
            .result();
    }
    invalidation
}

fn warm(t: &Trial, state: &Value, invalidation: &Value, redrives: u32) -> Value {
    json!({
        "action": "prewarm", "run": state["run"], "progress": state["progress"],
        "invalidation": invalidation, "execution": execution(t, redrives),
    })
}

#[test]
fn a_redrive_at_prewarm_purges_again_and_requests_everything_again() {
    trial(async |t| {
        let pipeline = Pipeline::deployed(t);
        let input = json!({ "tenant": t.tenant, "endpoints": [OVERVIEW, "/api/inventory"] });
        let preflight =
            json!({ "action": "preflight", "input": input, "execution": execution(t, 0) });
        let state = pipeline.call(t, Step::Preflight, &preflight).await.result();
        let fault = t
            .origin_fault(OVERVIEW, 1, 0, OriginFault::Status { status: 500 })
            .await;
        let first = purge(t, &pipeline, &state, 0).await;
        let failed = pipeline
            .call(t, Step::Prewarm, &warm(t, &state, &first, 0))
            .await;
        failed.failure("PrewarmIncomplete");

        // Cured, and redriven at Prewarm with the input that it had.
        t.stack.origin.unscript(fault).await.unwrap();
        let again = pipeline
            .call(t, Step::Prewarm, &warm(t, &state, &first, 1))
            .await
            .result();
        assert_eq!(
            again["next"], "invalidate",
            "what was cached in between may be old"
        );
        assert_eq!(again["progress"]["remaining"].as_array().unwrap().len(), 4);
        let second = purge(t, &pipeline, &again, 1).await;
        assert_ne!(first["id"], second["id"]);
        let done = pipeline
            .call(t, Step::Prewarm, &warm(t, &again, &second, 1))
            .await
            .result();
        assert_eq!(
            (&done["next"], &done["report"]["outcome"]),
            (&json!("finished"), &json!("fresh"))
        );
        assert_eq!(t.purges().await.len(), 2);
    });
}

#[test]
fn a_redrive_at_invalidate_asks_under_a_new_reference() {
    trial(async |t| {
        let pipeline = Pipeline::deployed(t);
        let state = json!({
            "run": { "tenant": t.tenant, "scope": null, "distributionTenant": null },
            "progress": { "nextPurge": 1 },
        });
        let first = purge(t, &pipeline, &state, 0).await;
        let repeated = purge(t, &pipeline, &state, 0).await;
        let redriven = purge(t, &pipeline, &state, 1).await;
        assert_eq!(first["id"], repeated["id"]);
        assert_ne!(first["id"], redriven["id"]);
    });
}

#[test]
fn a_redrive_at_the_wait_goes_on_with_the_same_invalidation() {
    trial(async |t| {
        let pipeline = Pipeline::deployed(t);
        let state = json!({
            "run": { "tenant": t.tenant, "scope": null, "distributionTenant": null },
            "progress": { "nextPurge": 1 },
        });
        let invalidation = purge(t, &pipeline, &state, 0).await;
        let mut as_it_was = invalidation.clone();
        as_it_was["settled"] = false.into();
        as_it_was["status"] = "InProgress".into();
        let request =
            json!({ "tenant": t.tenant, "invalidation": as_it_was, "execution": execution(t, 1) });
        let answer = pipeline
            .call(t, Step::AwaitInvalidation, &request)
            .await
            .result();
        assert_eq!(
            (&answer["id"], &answer["status"]),
            (&invalidation["id"], &json!("Completed"))
        );
    });
}

#[test]
fn the_same_input_again_does_everything_again() {
    trial(async |t| {
        let first = t.refresh(crate::overview()).await.report();
        let second = t.refresh(crate::overview()).await.report();
        assert_ne!(first.invalidations[0].id, second.invalidations[0].id);
        assert_eq!(t.origin_requests().await.len(), 4);
    });
}
