//! Each verdict, with its evidence and what follows from it.

use std::time::Duration;

use serde_json::json;
use warmfront::failure::ErrorName;
use warmfront::message::{EndpointReport, Outcome, Verdict};

use crate::edge::{Act, status, with};
use crate::world::{World, report_in, small};

const OPTIONAL: &str = "/api/cost/trend";
const REQUIRED: &str = "/api/overview";

/// The first row of the optional endpoint, after acts on it.
async fn row_after(acts: &[Act]) -> EndpointReport {
    let mut world = World::new();
    world.edge.script(OPTIONAL, acts);
    world.step.config.concurrency = 1;
    let report = world.refresh(small()).await.unwrap();
    let row = report
        .endpoints
        .iter()
        .find(|row| row.path.starts_with(OPTIONAL));
    row.unwrap().clone()
}

#[tokio::test(start_paused = true)]
async fn fills_confirms_and_reports() {
    let mut world = World::new();
    let report = world
        .refresh(json!({"tenant": "ACME", "expectedVersion": "7"}))
        .await
        .unwrap();

    assert_eq!(report.outcome, Outcome::Fresh);
    assert!(report.version_checked && !report.invalidation_timed_out);
    assert_eq!(report.totals.targets, 10);
    assert_eq!(report.totals.fresh, 10);
    assert_eq!(report.totals.requests, 20, "one to fill, one to confirm");
    let row = &report.endpoints[1];
    assert_eq!(row.path, "/api/overview?organization=acme");
    assert_eq!(row.variant["x-locale-bucket"], "de");
    assert_eq!(row.verdict, Verdict::Fresh);
    assert_eq!(row.x_cache.as_deref(), Some("Hit from cloudfront"));
    assert_eq!((row.status, row.age), (Some(200), Some(0)));
    assert_eq!(row.version.as_deref(), Some("7"));
    assert_eq!(row.pop.as_deref(), Some("FRA56-P4"));
    assert_eq!((row.attempts, row.millis), (2, 3_000));
    assert_eq!(world.purges, [1]);
    // Ten targets of 3 s, four at a time.
    assert_eq!(
        report.totals.millis,
        3_000 + 5_000 + 9_000,
        "probe, purge, fills"
    );
    let last = world.answers.last().unwrap();
    assert_eq!(last.progress, None, "the report has the rows");
}

#[tokio::test(start_paused = true)]
async fn one_request_is_enough_where_the_cache_already_proves_it() {
    let mut world = World::new();
    world.at_purge = Some(Box::new(|edge, _| {
        for language in ["en-US,en;q=0.9", "de-DE,de;q=0.9,en;q=0.5"] {
            edge.store_late("/api/overview?organization=acme", language, 8);
        }
    }));
    let report = world.refresh(small()).await.unwrap();
    assert_eq!(report.endpoints[0].attempts, 1);
    assert_eq!(report.endpoints[0].verdict, Verdict::Fresh);
    assert_eq!(
        report.endpoints[0].version.as_deref(),
        Some("8"),
        "a later one is as good"
    );
}

#[tokio::test(start_paused = true)]
async fn each_refusal_and_failure_has_its_verdict() {
    let generated = ("x-cache", "LambdaGeneratedResponse from cloudfront");
    let other = Act::Answer(200, vec![("x-data-version", "7".into())], r#"{"a":1}"#);
    for (acts, verdict, attempts) in [
        (vec![status(401), status(401)], Verdict::AuthFailed, 2),
        (vec![status(403), status(403)], Verdict::AuthFailed, 2),
        (vec![status(302)], Verdict::AuthFailed, 1),
        (vec![status(304)], Verdict::AuthFailed, 1),
        (vec![with(200, &[generated])], Verdict::AuthFailed, 1),
        (
            vec![with(503, &[generated]), with(503, &[generated])],
            Verdict::AuthFailed,
            2,
        ),
        (vec![status(404)], Verdict::OriginError, 1),
        (vec![status(400)], Verdict::OriginError, 1),
        (vec![status(500), status(502)], Verdict::OriginError, 2),
        (vec![Act::Break, Act::Break], Verdict::OriginError, 2),
        (vec![other], Verdict::OriginError, 1),
        (vec![with(200, &[])], Verdict::OriginError, 1),
        (
            vec![with(200, &[("x-data-version", "seven")])],
            Verdict::OriginError,
            1,
        ),
        (vec![Act::Hang], Verdict::TimedOut, 1),
        (vec![status(500), Act::Hang], Verdict::TimedOut, 2),
    ] {
        let row = row_after(&acts).await;
        assert_eq!(
            (row.verdict, row.attempts),
            (verdict, attempts),
            "{acts:?}: {row:?}"
        );
        assert!(row.detail.is_some(), "{acts:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_fails_once_is_fresh_after_its_retry() {
    for acts in [
        vec![status(401)],
        vec![status(500)],
        vec![Act::Break],
        vec![status(429)],
        vec![Act::Serve, status(504)],
    ] {
        let row = row_after(&acts).await;
        assert_eq!(row.verdict, Verdict::Fresh, "{acts:?}");
        assert_eq!(row.detail, None);
    }
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_retried_once_cached_errors_are_gone_and_others_go_on() {
    let mut world = World::new();
    world.edge.script(REQUIRED, &[status(502)]);
    world.refresh(small()).await.unwrap();
    let english = world.edge.asked_for(REQUIRED);
    let failed = &english[0];
    let retry = english
        .iter()
        .filter(|asked| asked.language == failed.language)
        .nth(1)
        .unwrap();
    assert_eq!(retry.at.saturating_sub(failed.at), Duration::from_secs(11));
    let others = world.edge.asked_for(OPTIONAL);
    assert!(
        others.iter().all(|asked| asked.at < retry.at),
        "nothing waits for the retry"
    );
}

#[tokio::test(start_paused = true)]
async fn a_target_whose_answers_are_not_kept_is_uncacheable() {
    let mut world = World::new();
    world.edge.with_state(|state| state.cacheable = false);
    let (name, message) = world.fails(small()).await;
    assert_eq!(name, ErrorName::PrewarmIncomplete);
    let report = report_in(&message);
    assert_eq!((report.totals.targets, report.totals.fresh), (4, 0));
    assert_eq!(report.endpoints[0].verdict, Verdict::Uncacheable);
    assert_eq!(report.endpoints[0].path, "/api/overview?organization=acme");
    assert_eq!(
        world.edge.asked().len(),
        13,
        "the probe, and three for each target"
    );
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_forbids_storing_is_asked_for_twice() {
    for forbidding in ["private, no-store", "max-age=60, no-cache"] {
        let headers = [
            ("x-cache", "Miss from cloudfront"),
            ("cache-control", forbidding),
            ("x-data-version", "7"),
        ];
        let row = row_after(&[with(200, &headers), with(200, &headers)]).await;
        assert_eq!((row.verdict, row.attempts), (Verdict::Uncacheable, 2));
        assert!(row.detail.unwrap().contains("cache-control"));
    }
}

#[tokio::test(start_paused = true)]
async fn another_edge_location_is_filled_as_well() {
    let at = |pop, x_cache| {
        with(
            200,
            &[
                ("x-amz-cf-pop", pop),
                ("x-cache", x_cache),
                ("x-data-version", "7"),
                ("age", "0"),
            ],
        )
    };
    let (miss, hit) = ("Miss from cloudfront", "Hit from cloudfront");
    let row = row_after(&[at("FRA1", miss), at("MUC1", miss), at("MUC1", hit)]).await;
    assert_eq!((row.verdict, row.attempts), (Verdict::Fresh, 3));
    let wandering = ["A", "B", "C", "D"].map(|pop| at(pop, miss));
    assert_eq!(row_after(&wandering).await.verdict, Verdict::Uncacheable);
}

#[tokio::test(start_paused = true)]
async fn a_confirming_request_that_filled_the_cache_is_confirmed_itself() {
    let answer = |x_cache| {
        let headers = [("x-cache", x_cache), ("x-data-version", "7"), ("age", "0")];
        with(200, &headers)
    };
    let (miss, hit) = ("Miss from cloudfront", "Hit from cloudfront");
    // The first came from a fetch that a purge overtook: it is new, and nothing of it is kept.
    let row = row_after(&[answer(miss), answer(miss), answer(hit)]).await;
    assert_eq!((row.verdict, row.attempts), (Verdict::Fresh, 3));
    let row = row_after(&[answer(miss), answer(miss), answer(miss)]).await;
    assert_eq!((row.verdict, row.attempts), (Verdict::Uncacheable, 3));
}

#[tokio::test(start_paused = true)]
async fn without_x_cache_an_age_tells_that_the_cache_answered() {
    let row = row_after(&[
        with(200, &[("x-data-version", "7")]),
        with(200, &[("x-data-version", "7"), ("age", "0")]),
    ])
    .await;
    assert_eq!((row.verdict, row.attempts), (Verdict::Fresh, 2));
}

#[tokio::test(start_paused = true)]
async fn an_optional_endpoint_degrades_and_a_required_one_fails_the_run() {
    let mut world = World::new();
    world.edge.script(OPTIONAL, &[status(404)]);
    world.edge.script_in("de", OPTIONAL, &[status(404)]);
    let report = world.refresh(small()).await.unwrap();
    assert_eq!(report.outcome, Outcome::Degraded);
    assert_eq!((report.totals.targets, report.totals.fresh), (4, 2));

    let mut world = World::new();
    world.edge.script(REQUIRED, &[status(404)]);
    let (name, message) = world.fails(small()).await;
    assert_eq!(name, ErrorName::PrewarmIncomplete);
    let report = report_in(&message);
    assert_eq!(report.totals.fresh, 3);
    assert_eq!(report.endpoints.len(), 1);
    assert_eq!(report.endpoints[0].status, Some(404));
}

#[tokio::test(start_paused = true)]
async fn a_scope_without_endpoints_is_purged_and_that_is_all() {
    let mut world = World::new();
    let scopes = &mut world.step.config.contract.scopes;
    scopes.insert("archive".to_owned(), vec!["/api/archive*".to_owned()]);
    let report = world
        .refresh(json!({"tenant": "acme", "scope": "archive"}))
        .await
        .unwrap();
    assert_eq!((report.outcome, report.totals.targets), (Outcome::Fresh, 0));
    assert_eq!(world.purges, [1]);
}
