//! Runs that purge nothing, and runs that are handed a purge.

use std::time::Duration;

use pipeline::{Ended, Function, OVERVIEW, Pipeline, Trial, report_in, trial};
use serde_json::{Value, json};
use stack::origin::OriginFault;
use warmfront::message::{Mode, Outcome, Verdict};

/// An input for one endpoint.
fn one(mode: &str, version: &str) -> Value {
    json!({ "mode": mode, "expectedVersion": version, "endpoints": [OVERVIEW] })
}

/// The first verdict in the cause of a run that found something.
fn found(ended: &Ended, error: &str) -> Verdict {
    let cause = ended.failed("VerifyOrWarm", error);
    report_in(cause).expect("the cause has a report").endpoints[0].verdict
}

async fn no_purge_was_made(t: &Trial) {
    assert_eq!(t.purge_calls().await.len(), 0);
}

#[test]
fn verify_asks_the_origin_for_nothing_that_is_cached_and_purges_nothing() {
    trial(async |t| {
        t.refresh(one("warm", "1")).await.report();
        let filled = t.origin_requests().await.len();
        let ended = t.refresh(one("verify", "1")).await;
        let report = ended.report();
        assert_eq!(
            (report.outcome, report.mode),
            (Outcome::Fresh, Mode::Verify)
        );
        let states = [
            "Preflight",
            "WhatFirst",
            "VerifyOrWarm",
            "WhatIsLeft",
            "Done",
        ];
        assert_eq!(ended.states(), states);
        assert_eq!(t.origin_requests().await.len(), filled);
        no_purge_was_made(t).await;
    });
}

#[test]
fn verify_finds_what_is_missing_and_does_not_have_it_computed() {
    trial(async |t| {
        let ended = t.refresh(one("verify", "1")).await;
        assert_eq!(found(&ended, "NotFresh"), Verdict::Missing);
        assert_eq!(t.origin_requests().await.len(), 0);
        assert!(t.cached().await.is_empty());
        no_purge_was_made(t).await;
    });
}

#[test]
fn verify_finds_a_stale_copy_and_leaves_it() {
    trial(async |t| {
        t.refresh(one("warm", "1")).await.report();
        t.set_version(2).await;
        let filled = t.origin_requests().await.len();
        let ended = t.refresh(one("verify", "2")).await;
        assert_eq!(found(&ended, "NotFresh"), Verdict::Stale);
        assert_eq!(t.origin_requests().await.len(), filled);
        no_purge_was_made(t).await;
    });
}

#[test]
fn verify_finds_another_tenants_copy() {
    trial(async |t| {
        let other = OriginFault::OtherTenantsBody {
            tenant: "somebody-else".to_owned(),
        };
        t.origin_fault(OVERVIEW, 1, 0, other).await;
        let person = t.member().await;
        let path = format!("{OVERVIEW}?organization={}", t.tenant);
        person.load(&path).await;
        let ended = t
            .refresh(json!({ "mode": "verify", "endpoints": [OVERVIEW] }))
            .await;
        let cause = ended.failed("VerifyOrWarm", "WrongTenant");
        assert!(cause.contains("somebody-else"), "{cause}");
        no_purge_was_made(t).await;
    });
}

#[test]
fn warm_fills_what_is_missing_and_purges_nothing() {
    trial(async |t| {
        let report = t.refresh(one("warm", "1")).await.report();
        assert_eq!((report.outcome, report.mode), (Outcome::Fresh, Mode::Warm));
        assert_eq!(t.origin_requests().await.len(), report.endpoints.len());
        no_purge_was_made(t).await;
    });
}

#[test]
fn what_one_call_cannot_warm_is_left_to_the_next() {
    trial(async |t| {
        t.set_delay(Duration::from_secs(7)).await;
        let function = Function::prewarm()
            .endpoint_timeout("9s")
            .set("PREWARM_CONCURRENCY", "1")
            .timeout(25);
        let own = Pipeline::with(t, vec![function]).await;
        let input = one("warm", "1");
        let ended = t.start(&own.state_machine, input).await.ended().await;
        assert_eq!(ended.report().outcome, Outcome::Fresh);
        let calls = ended
            .states()
            .iter()
            .filter(|s| **s == "VerifyOrWarm")
            .count();
        assert!(calls > 1, "{:?}", ended.states());
    });
}

#[test]
fn what_can_be_warmed_much_later_is_waited_for_by_the_state_machine() {
    trial(async |t| {
        t.origin_fault(OVERVIEW, 1, 1, OriginFault::Status { status: 500 })
            .await;
        let function = Function::prewarm().set("ERROR_CACHING_TTL", "8s");
        let own = Pipeline::with(t, vec![function]).await;
        let input = one("warm", "1");
        let ended = t.start(&own.state_machine, input).await.ended().await;
        assert_eq!(ended.report().outcome, Outcome::Fresh);
        let states = ended.states();
        assert!(states.contains(&"WaitToVerifyOrWarm"), "{states:?}");
    });
}

#[test]
fn a_purge_that_was_handed_in_is_waited_for_and_none_is_made() {
    trial(async |t| {
        let first = t.refresh(crate::overview()).await;
        let purge = first.input_of("Prewarm")["purge"]["invalidation"].clone();
        let handed = json!({ "id": purge["id"], "createTime": purge["createTime"] });
        let mut completed = handed.clone();
        completed["completedAt"] = purge["createTime"].clone();
        for (purge, second) in [(handed, "AwaitInvalidation"), (completed, "Prewarm")] {
            let ended = t
                .refresh(json!({ "purge": purge, "endpoints": [OVERVIEW] }))
                .await;
            assert_eq!(ended.report().outcome, Outcome::Fresh);
            assert_eq!(ended.states()[2], second);
            assert_eq!(t.purge_calls().await.len(), 1, "the one that was handed in");
        }
    });
}

#[test]
fn a_purge_that_does_not_cover_the_tenant_is_refused() {
    trial(async |t| {
        let other = t.another().await;
        let made = other.refresh(crate::overview()).await;
        let purge = made.input_of("Prewarm")["purge"]["invalidation"].clone();
        let purge = json!({ "id": purge["id"], "createTime": purge["createTime"] });
        let ended = t.refresh(json!({ "purge": purge })).await;
        let cause = ended.failed("AwaitInvalidation", "InvalidationDoesNotCover");
        assert!(cause.contains(&t.tag()), "{cause}");
        assert_eq!(t.origin_requests().await.len(), 0);
    });
}
