//! The origin's data version before the purge.

use pipeline::{Pipeline, hurry, trial, until};
use serde_json::json;

use crate::{OVERVIEW, STRAIGHT};

#[test]
fn a_run_waits_until_the_origin_has_the_data() {
    trial(async |t| {
        t.set_version(1).await;
        let machine = t.stack.state.pipeline.state_machine_alias_arn.clone();
        let input = json!({ "expectedVersion": "2", "endpoints": [OVERVIEW] });
        let execution = t.start(&machine, input).await;
        until("the first try fails", async || {
            let history = execution.history().await;
            history
                .iter()
                .any(|event| event["error"] == "OriginNotReady")
                .then_some(())
        })
        .await;
        assert_eq!(t.purge_calls().await.len(), 0, "nothing is purged before");
        t.set_version(2).await;
        let ended = execution.ended().await;
        ended.report();
        let stumbles = ended.stumbles();
        assert!(
            stumbles
                .iter()
                .all(|stumble| *stumble == ("Preflight", "OriginNotReady"))
        );
        assert_eq!(ended.states(), STRAIGHT);
    });
}

#[test]
fn an_origin_that_is_never_ready_costs_nobody_the_cache() {
    trial(async |t| {
        let person = t.member().await;
        let path = format!("{OVERVIEW}?organization={}", t.tenant);
        person.load(&path).await;
        let own = Pipeline::changed(t, Vec::new(), hurry).await;
        let input = json!({ "expectedVersion": "99" });
        let ended = t.start(&own.state_machine, input).await.ended().await;
        let cause = ended.failed("Preflight", "OriginNotReady");
        assert!(
            cause.contains("\"1\"") && cause.contains("\"99\""),
            "{cause}"
        );
        assert_eq!(ended.stumbles().len(), 2);
        assert_eq!(t.purge_calls().await.len(), 0);
        assert!(person.load(&path).await.is_hit());
    });
}
