//! What endpoints may answer after the purge, and what becomes of the run.

use std::collections::BTreeSet;
use std::time::Duration;

use pipeline::{Ended, Function, Pipeline, Trial, report_in, shipped_contract, trial};
use serde_json::{Value, json};
use stack::origin::OriginFault;
use warmfront::message::{EndpointReport, Outcome, Verdict};

use crate::{OVERVIEW, STRAIGHT, overview};

const TREND: &str = "/api/cost/trend";
const FAILS: OriginFault = OriginFault::Status { status: 500 };

/// Runs a prewarmer that gives the endpoints this long.
async fn run_patient(t: &Trial, timeout: &str, input: Value) -> Ended {
    let function = Function::prewarm().endpoint_timeout(timeout);
    let own = Pipeline::with(t, vec![function]).await;
    t.start(&own.state_machine, input).await.ended().await
}

/// The verdicts that a failed run's cause tells.
fn verdicts(cause: &str) -> BTreeSet<String> {
    let rows = report_in(cause).expect("the cause has a report").endpoints;
    rows.iter()
        .map(|row| row.verdict.as_str().to_owned())
        .collect()
}

/// The origin answers with this data version, whatever it has.
fn version(version: &str) -> OriginFault {
    let version = version.to_owned();
    OriginFault::Version { version }
}

fn most_attempts(rows: &[EndpointReport]) -> u32 {
    rows.iter()
        .map(|row| row.attempts)
        .max()
        .unwrap_or_default()
}

#[test]
fn an_endpoint_that_fails_once_is_asked_again() {
    trial(async |t| {
        t.origin_fault(OVERVIEW, 1, 1, FAILS).await;
        let ended = t.refresh(overview()).await;
        let report = ended.report();
        assert_eq!(ended.states(), STRAIGHT);
        assert_eq!(report.outcome, Outcome::Fresh);
        assert_eq!(
            most_attempts(&report.endpoints),
            3,
            "failed, filled, confirmed"
        );
    });
}

#[test]
fn an_endpoint_that_always_fails_ends_the_run() {
    trial(async |t| {
        t.origin_fault(OVERVIEW, 1, 0, FAILS).await;
        let ended = t.refresh(json!({})).await;
        let cause = ended.failed("Prewarm", "PrewarmIncomplete");
        assert_eq!(verdicts(cause), BTreeSet::from(["originError".to_owned()]));
        assert!(
            cause.contains(OVERVIEW) && cause.contains("\"fresh\":8"),
            "{cause}"
        );
        assert_eq!(ended.stumbles().len(), 1, "the machine does not repeat it");
    });
}

#[test]
fn an_optional_endpoint_that_fails_degrades_the_run() {
    trial(async |t| {
        t.origin_fault(TREND, 1, 0, FAILS).await;
        let report = t.refresh(json!({})).await.report();
        assert_eq!(report.outcome, Outcome::Degraded);
        let (failed, fresh): (Vec<_>, Vec<_>) = report
            .endpoints
            .iter()
            .partition(|row| row.path.starts_with(TREND));
        assert!(
            failed
                .iter()
                .all(|row| row.verdict == Verdict::OriginError && !row.required)
        );
        assert!(fresh.iter().all(|row| row.verdict == Verdict::Fresh));
    });
}

#[test]
fn an_endpoint_that_is_too_slow_times_out() {
    trial(async |t| {
        t.set_delay(Duration::from_secs(6)).await;
        let ended = run_patient(t, "2s", overview()).await;
        let cause = ended.failed("Prewarm", "PrewarmIncomplete");
        assert_eq!(verdicts(cause), BTreeSet::from(["timedOut".to_owned()]));
    });
}

#[test]
fn an_origin_that_refuses_the_service_user_is_told_apart() {
    trial(async |t| {
        t.origin_fault(OVERVIEW, 1, 0, OriginFault::Status { status: 403 })
            .await;
        let ended = t.refresh(overview()).await;
        let cause = ended.failed("Prewarm", "PrewarmIncomplete");
        assert_eq!(verdicts(cause), BTreeSet::from(["authFailed".to_owned()]));
    });
}

#[test]
fn an_origin_that_asks_for_less_slows_the_run_down() {
    trial(async |t| {
        t.origin_fault(OVERVIEW, 1, 2, OriginFault::Status { status: 429 })
            .await;
        let report = t.refresh(overview()).await.report();
        assert_eq!(report.outcome, Outcome::Fresh);
        assert_eq!(report.totals.requests, 6);
    });
}

#[test]
fn an_answer_that_is_not_stored_is_uncacheable() {
    trial(async |t| {
        t.origin_fault(OVERVIEW, 1, 0, OriginFault::Uncacheable)
            .await;
        let ended = t.refresh(overview()).await;
        let cause = ended.failed("Prewarm", "PrewarmIncomplete");
        assert_eq!(verdicts(cause), BTreeSet::from(["uncacheable".to_owned()]));
        assert_eq!(t.cached().await.len(), 0);
    });
}

#[test]
fn what_one_function_run_cannot_do_is_left_to_the_next() {
    trial(async |t| {
        t.set_delay(Duration::from_secs(3)).await;
        // Of 22 s, 10 are kept for the answer and 5 for an endpoint: three requests fit, and a busy
        // machine may take its time to call the function.
        let function = Function::prewarm()
            .endpoint_timeout("5s")
            .timeout(22)
            .set("PREWARM_CONCURRENCY", "1");
        let own = Pipeline::with(t, vec![function]).await;
        let ended = t.start(&own.state_machine, json!({})).await.ended().await;
        let report = ended.report();
        assert_eq!((report.totals.targets, report.totals.fresh), (10, 10));
        let calls = ended
            .states()
            .iter()
            .filter(|state| **state == "Prewarm")
            .count();
        assert!((4..=10).contains(&calls), "{calls} calls of the function");
        assert_eq!(t.purges().await.len(), 1);
        assert_eq!(
            t.origin_requests().await.len(),
            10,
            "nothing is requested twice"
        );
    });
}

#[test]
fn a_request_that_is_due_much_later_is_waited_for_by_the_state_machine() {
    trial(async |t| {
        t.origin_fault(OVERVIEW, 1, 1, FAILS).await;
        let function = Function::prewarm().set("ERROR_CACHING_TTL", "8s");
        let own = Pipeline::with(t, vec![function]).await;
        let ended = t.start(&own.state_machine, overview()).await.ended().await;
        assert_eq!(most_attempts(&ended.report().endpoints), 3);
        let later = ["WaitToPrewarm", "Prewarm", "WhatRemains", "Done"];
        assert_eq!(ended.states(), [&STRAIGHT[..7], &later].concat());
    });
}

#[test]
fn a_stale_endpoint_is_purged_and_warmed_again() {
    trial(async |t| {
        t.set_version(2).await;
        t.origin_fault(OVERVIEW, 1, 1, version("1")).await;
        let input = json!({ "expectedVersion": "2", "endpoints": [OVERVIEW] });
        let ended = t.refresh(input).await;
        let report = ended.report();
        assert_eq!(
            (report.outcome, report.invalidations.len()),
            (Outcome::Fresh, 2)
        );
        assert!(
            report
                .endpoints
                .iter()
                .all(|row| row.version.as_deref() == Some("2"))
        );
        assert_eq!(t.purges().await.len(), 2);
        let copies = t.cached().await;
        assert!(
            copies
                .iter()
                .all(|copy| copy.headers["x-data-version"] == "2"),
            "{copies:?}"
        );
        let ways = ended.states();
        let back = ways
            .windows(2)
            .any(|pair| pair == ["WhatRemains", "InvalidateAgain"]);
        assert!(back, "{ways:?}");
    });
}

#[test]
fn an_endpoint_that_stays_stale_ends_the_run_after_two_more_purges() {
    trial(async |t| {
        t.set_version(2).await;
        t.origin_fault(OVERVIEW, 1, 0, version("1")).await;
        let input = json!({ "expectedVersion": "2", "endpoints": [OVERVIEW] });
        let ended = t.refresh(input).await;
        let cause = ended.failed("Prewarm", "StaleAfterPurge");
        assert_eq!(verdicts(cause), BTreeSet::from(["stale".to_owned()]));
        assert_eq!(t.purges().await.len(), 3);
    });
}

#[test]
fn another_tenants_answer_is_purged_and_ends_the_run() {
    trial(async |t| {
        let other = t.another().await;
        let wrong = OriginFault::OtherTenant {
            tenant: other.tenant.clone(),
        };
        t.origin_fault(OVERVIEW, 1, 0, wrong).await;
        let ended = t.refresh(json!({})).await;
        let cause = ended.failed("Prewarm", "WrongTenant");
        assert!(
            cause.contains(&t.tenant) && cause.contains(&other.tenant),
            "{cause}"
        );
        assert_eq!(t.purges().await.len(), 2, "the wrong answer does not stay");
        let wrong: Vec<_> = t
            .cached()
            .await
            .into_iter()
            .filter(|copy| copy.key.path == OVERVIEW)
            .collect();
        assert!(wrong.is_empty(), "{wrong:?}");
        assert_eq!(other.purge_calls().await.len(), 0);
    });
}

#[test]
fn a_wrong_tenant_in_one_answer_is_enough() {
    trial(async |t| {
        let wrong = OriginFault::OtherTenant {
            tenant: "somebody-else".into(),
        };
        t.origin_fault("/api/inventory", 1, 1, wrong).await;
        let ended = t.refresh(json!({})).await;
        ended.failed("Prewarm", "WrongTenant");
    });
}

#[test]
fn a_version_that_moves_on_during_the_run_is_fresh() {
    trial(async |t| {
        t.set_version(2).await;
        t.origin_fault(OVERVIEW, 1, 1, version("3")).await;
        let input = json!({ "expectedVersion": "2", "endpoints": [OVERVIEW] });
        let report = t.refresh(input).await.report();
        assert_eq!(
            (report.outcome, report.invalidations.len()),
            (Outcome::Fresh, 1)
        );
    });
}

#[test]
fn fifty_endpoints_are_one_report_below_32_kib() {
    trial(async |t| {
        let own = Pipeline::with(
            t,
            vec![
                Function::prewarm()
                    .contract(many_endpoints)
                    .set("PREWARM_CONCURRENCY", "16"),
            ],
        )
        .await;
        let ended = t.start(&own.state_machine, json!({})).await.ended().await;
        let report = ended.report();
        assert_eq!((report.totals.targets, report.totals.fresh), (50, 50));
        let bytes = ended
            .output
            .map(|output| output.to_string().len())
            .unwrap_or_default();
        assert!(bytes < 32 * 1024, "{bytes} bytes");
    });
}

/// Fifty endpoints that differ in their window, in English alone.
fn many_endpoints(contract: &mut Value) {
    let shipped = shipped_contract();
    let model = &shipped["endpoints"][3];
    let endpoints = (1..=50).map(|days| {
        let mut endpoint = model.clone();
        let path = format!("/api/security/findings?organization={{tenant}}&window={days}d");
        endpoint["path"] = path.into();
        endpoint
    });
    contract["endpoints"] = endpoints.collect();
    contract["scopes"] = json!({"security": shipped["scopes"]["security"]});
    contract["variants"][0]["values"][1]["prewarm"] = false.into();
}
