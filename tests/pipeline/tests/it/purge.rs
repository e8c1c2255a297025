//! What CloudFront may answer to the purge, and what becomes of the run.

use futures_util::future::join_all;
use pipeline::{Function, OVERVIEW, Pipeline, Step, Trial, trial};
use serde_json::{Value, json};
use stack::origin::OriginFault;

use crate::{STRAIGHT, overview};

/// Runs with the first call failing, and asserts that the step was repeated after this error and
/// that one invalidation was made with two calls: the client does not repeat by itself.
async fn is_repeated(t: &Trial, effect: Value, error: &str) {
    t.cloudfront_fault("CreateInvalidation", 1, 1, effect).await;
    let ended = t.refresh(overview()).await;
    ended.report();
    assert_eq!(ended.stumbles(), [("Invalidate", error)]);
    assert_eq!(ended.states(), STRAIGHT);
    assert_eq!(
        (t.purge_calls().await.len(), t.purges().await.len()),
        (2, 1)
    );
}

/// Runs with every call failing, and asserts that the run fails with this error at once.
async fn is_final(t: &Trial, effect: Value, error: &str) -> String {
    t.cloudfront_fault("CreateInvalidation", 1, 0, effect).await;
    let ended = t.refresh(overview()).await;
    assert_eq!(ended.stumbles(), [("Invalidate", error)]);
    assert_eq!(t.purges().await.len(), 0);
    assert_eq!(t.origin_requests().await.len(), 0);
    ended.failed("Invalidate", error).to_owned()
}

#[test]
fn a_throttled_purge_is_repeated() {
    trial(async |t| {
        is_repeated(t, json!({ "kind": "throttle" }), "CloudFrontThrottled").await;
    });
}

#[test]
fn a_purge_over_quota_is_repeated() {
    trial(async |t| {
        let effect = json!({ "kind": "overQuota" });
        is_repeated(t, effect, "TooManyInvalidationsInProgress").await;
    });
}

#[test]
fn an_unavailable_purge_is_repeated() {
    trial(async |t| {
        let effect = json!({ "kind": "error", "status": 503, "code": "ServiceUnavailable" });
        is_repeated(t, effect, "CloudFrontUnavailable").await;
    });
}

/// The process's credentials or clock, not the role's rights.
#[test]
fn a_purge_with_credentials_that_ran_out_is_repeated() {
    trial(async |t| {
        let effect = json!({ "kind": "error", "status": 403, "code": "ExpiredToken" });
        is_repeated(t, effect, "CloudFrontUnavailable").await;
    });
}

#[test]
fn a_lost_answer_costs_no_second_invalidation() {
    trial(async |t| {
        let effect = json!({ "kind": "lostResponse" });
        is_repeated(t, effect, "CloudFrontUnavailable").await;
    });
}

#[test]
fn an_unreadable_answer_costs_no_second_invalidation() {
    trial(async |t| {
        let effect = json!({ "kind": "malformedXml" });
        is_repeated(t, effect, "CloudFrontUnavailable").await;
    });
}

#[test]
fn what_a_first_purge_survives_a_second_one_does() {
    trial(async |t| {
        let faults = [
            (json!({ "kind": "throttle" }), "CloudFrontThrottled"),
            (json!({ "kind": "lostResponse" }), "CloudFrontUnavailable"),
            (
                json!({ "kind": "overQuota" }),
                "TooManyInvalidationsInProgress",
            ),
        ];
        let runs = faults.map(async |(effect, error)| {
            let t = t.another().await;
            t.set_version(2).await;
            let version = "1".to_owned();
            t.origin_fault(OVERVIEW, 1, 1, OriginFault::Version { version })
                .await;
            t.cloudfront_fault("CreateInvalidation", 2, 1, effect).await;
            let ended = t
                .refresh(json!({ "expectedVersion": "2", "endpoints": [OVERVIEW] }))
                .await;
            ended.report();
            assert_eq!(ended.stumbles(), [("InvalidateAgain", error)]);
            assert_eq!(t.purges().await.len(), 2);
        });
        join_all(runs).await;
    });
}

#[test]
fn a_reference_of_another_batch_is_a_conflict() {
    trial(async |t| {
        let effect = json!({ "kind": "referenceUsed", "form": "alreadyExists" });
        is_final(t, effect, "CallerReferenceConflict").await;
    });
}

#[test]
fn a_reference_reported_as_used_is_replaced_once() {
    trial(async |t| {
        let effect = json!({ "kind": "referenceUsed", "form": "invalidArgument" });
        t.cloudfront_fault("CreateInvalidation", 1, 1, effect).await;
        let ended = t.refresh(overview()).await;
        ended.report();
        assert_eq!(ended.stumbles(), []);
        assert_eq!(t.purges().await.len(), 1);
    });
}

#[test]
fn two_references_reported_as_used_end_the_run() {
    trial(async |t| {
        let effect = json!({ "kind": "referenceUsed", "form": "invalidArgument" });
        is_final(t, effect, "CallerReferenceReused").await;
        assert_eq!(
            t.purge_calls().await.len(),
            2,
            "no third reference is tried"
        );
    });
}

#[test]
fn an_older_invalidation_is_not_taken_for_this_purge() {
    trial(async |t| {
        let pipeline = Pipeline::deployed(t);
        let purge = |entered_at: &str| {
            json!({
                "tenant": t.tenant, "scope": null, "distributionTenant": null, "ordinal": 1,
                "enteredAt": entered_at, "execution": { "Id": format!("run-of-{}", t.tenant) },
            })
        };
        let first = pipeline
            .call(t, Step::Invalidate, &purge("2026-01-01T00:00:00Z"))
            .await
            .result();
        let again = pipeline
            .call(t, Step::Invalidate, &purge("2026-01-01T00:00:00Z"))
            .await
            .result();
        assert_eq!(
            first["id"], again["id"],
            "a repeated step gets its own invalidation"
        );
        let later = pipeline
            .call(t, Step::Invalidate, &purge("2126-01-01T00:00:00Z"))
            .await;
        let message = later.failure("InvalidationReplayed");
        assert!(message.contains(first["id"].as_str().unwrap()), "{message}");
        assert_eq!(t.purges().await.len(), 1);
    });
}

#[test]
fn a_refused_purge_ends_the_run() {
    trial(async |t| {
        let effect = json!({
            "kind": "error", "status": 400, "code": "InvalidArgument", "message": "no such path",
        });
        let cause = is_final(t, effect, "InvalidationRejected").await;
        assert!(
            cause.contains("no such path") && cause.contains(&t.tag()),
            "{cause}"
        );
    });
}

#[test]
fn a_role_without_the_right_to_purge_ends_the_run() {
    trial(async |t| {
        let effect = json!({ "kind": "error", "status": 403, "code": "AccessDenied" });
        is_final(t, effect, "CloudFrontAccessDenied").await;
    });
}

#[test]
fn an_unknown_distribution_ends_the_run() {
    trial(async |t| {
        let function = Function::of(&[Step::Invalidate]).set("DISTRIBUTION_ID", "E0UNKNOWN0");
        let own = Pipeline::with(t, vec![function]).await;
        let ended = t.start(&own.state_machine, overview()).await.ended().await;
        let cause = ended.failed("Invalidate", "NoSuchDistribution");
        assert!(cause.contains("E0UNKNOWN0"), "{cause}");
    });
}

#[test]
fn an_unknown_distribution_tenant_ends_the_run() {
    trial(async |t| {
        let unknown = "dt_2xKx9mE4mBpTd1sFbdUJz4AYoCk";
        let input = json!({ "distributionTenant": unknown, "endpoints": [OVERVIEW] });
        let ended = t.refresh(input).await;
        let cause = ended.failed("Invalidate", "NoSuchDistributionTenant");
        assert!(cause.contains(unknown), "{cause}");
    });
}

#[test]
fn a_distribution_that_reads_tags_from_another_header_is_not_purged() {
    trial(async |t| {
        let function = Function::of(&[Step::Invalidate])
            .contract(|contract| contract["tagHeader"] = "x-other-tag".into());
        let own = Pipeline::with(t, vec![function]).await;
        let ended = t.start(&own.state_machine, overview()).await.ended().await;
        let cause = ended.failed("Invalidate", "CacheTagConfigMismatch");
        assert!(
            cause.contains("cache-tag") && cause.contains("x-other-tag"),
            "{cause}"
        );
        assert_eq!(t.purge_calls().await.len(), 0);
    });
}
