//! What a run does beside the usual: it only looks, it only fills, or it waits for somebody else's
//! purge.

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};
use warmfront::failure::ErrorName;
use warmfront::message::{Mode, Next, Outcome, Verdict};

use crate::edge::pause;
use crate::world::{World, progress, report_in};

const PATH: &str = "/api/overview?organization=acme";
const ENGLISH: &str = "en-US,en;q=0.9";
const GERMAN: &str = "de-DE,de;q=0.9,en;q=0.5";

fn input(mode: &str) -> Value {
    json!({
        "tenant": "acme",
        "mode": mode,
        "expectedVersion": "7",
        "endpoints": ["/api/overview"],
    })
}

fn both_cached(world: &World, version: u64, tenant: &str) {
    world.edge.store(PATH, ENGLISH, 7, "acme");
    world.edge.store(PATH, GERMAN, version, tenant);
}

#[tokio::test(start_paused = true)]
async fn verify_proves_what_is_cached_without_a_request_to_the_origin() {
    let mut world = World::new();
    both_cached(&world, 7, "acme");
    let report = world.refresh(input("verify")).await.unwrap();
    assert_eq!(
        (report.outcome, report.mode),
        (Outcome::Fresh, Mode::Verify)
    );
    assert!(world.purges.is_empty() && report.invalidations.is_empty());
    let methods: Vec<_> = world
        .edge
        .asked()
        .iter()
        .map(|a| a.method.clone())
        .collect();
    let (head, get) = (Method::HEAD, Method::GET);
    assert_eq!(methods, [head.clone(), get.clone(), head, get]);
    assert_eq!(world.edge.fills(), 0);
}

#[tokio::test(start_paused = true)]
async fn verify_finds_what_is_missing_stale_or_another_tenants_and_changes_nothing() {
    for (version, tenant, error, verdict) in [
        (None, "acme", ErrorName::NotFresh, Verdict::Missing),
        (Some(6), "acme", ErrorName::NotFresh, Verdict::Stale),
        (
            Some(7),
            "beta",
            ErrorName::WrongTenant,
            Verdict::WrongTenant,
        ),
    ] {
        let mut world = World::new();
        world.edge.store(PATH, ENGLISH, 7, "acme");
        if let Some(version) = version {
            both_cached(&world, version, tenant);
        }
        let (name, cause) = world.fails(input("verify")).await;
        assert_eq!(name, error, "{cause}");
        let report = report_in(&cause);
        assert_eq!(report.endpoints[0].verdict, verdict);
        assert_eq!(report.endpoints[0].variant["x-locale-bucket"], "de");
        assert!(world.purges.is_empty());
        assert_eq!(world.edge.fills(), 0, "nothing was filled");
    }
}

#[tokio::test(start_paused = true)]
async fn warm_fills_what_is_missing_and_purges_nothing() {
    let mut world = World::new();
    world.edge.store(PATH, ENGLISH, 7, "acme");
    let report = world.refresh(input("warm")).await.unwrap();
    assert_eq!((report.outcome, report.mode), (Outcome::Fresh, Mode::Warm));
    let attempts: Vec<_> = report.endpoints.iter().map(|row| row.attempts).collect();
    assert_eq!(
        attempts,
        [1, 2],
        "one was there, one was filled and confirmed"
    );
    assert!(world.purges.is_empty());
}

#[tokio::test(start_paused = true)]
async fn warm_says_what_is_stale_and_leaves_it() {
    let mut world = World::new();
    both_cached(&world, 6, "acme");
    let (name, cause) = world.fails(input("warm")).await;
    assert_eq!(name, ErrorName::NotFresh);
    assert!(cause.contains("Nothing was purged"), "{cause}");
    assert_eq!(report_in(&cause).endpoints[0].verdict, Verdict::Stale);
    assert!(world.purges.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_redrive_of_a_run_that_only_looks_looks_again() {
    let mut world = World::new();
    let answer = world.preflight(input("verify")).await.unwrap();
    world.warm(&answer, &Value::Null).await.unwrap_err();
    both_cached(&world, 7, "acme");
    world.redrives = 1;
    let report = world.warm(&answer, &Value::Null).await.unwrap().report;
    assert_eq!(report.unwrap().outcome, Outcome::Fresh);
    assert!(world.purges.is_empty());
}

/// The input of a run that is handed a purge of this moment.
fn handed(world: &World, completed: bool) -> Value {
    let mut purge = json!({"id": "IHANDED", "createTime": world.clock.now_text()});
    if completed {
        purge["completedAt"] = purge["createTime"].clone();
    }
    json!({"tenant": "acme", "purge": purge, "endpoints": ["/api/overview"]})
}

#[tokio::test(start_paused = true)]
async fn a_purge_that_was_handed_in_is_waited_for_and_not_made_again() {
    for completed in [false, true] {
        let mut world = World::new();
        let input = handed(&world, completed);
        pause(Duration::from_secs(3)).await;
        let report = world.refresh(input).await.unwrap();
        assert_eq!(report.outcome, Outcome::Fresh);
        assert!(world.purges.is_empty(), "it makes none of its own");
        let ids: Vec<_> = report.invalidations.iter().map(|i| &i.id).collect();
        assert_eq!(ids, ["IHANDED"]);
        let first = &world.answers[0];
        let expected = if completed {
            Next::Prewarm
        } else {
            Next::Await
        };
        assert_eq!(first.next, expected);
        let purge = serde_json::to_value(&first.purge).unwrap();
        assert_eq!(purge["invalidation"]["items"], json!(["#tenant:acme"]));
        assert_eq!(purge["invalidation"]["handedIn"], true);
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_stale_after_a_purge_that_was_handed_in_is_repaired_by_the_run_itself() {
    let mut world = World::new();
    let mut input = handed(&world, true);
    input["expectedVersion"] = "7".into();
    world.edge.store_late(PATH, ENGLISH, 6);
    let report = world.refresh(input).await.unwrap();
    assert_eq!(report.outcome, Outcome::Fresh);
    assert_eq!(world.purges, [1], "its own first one");
    assert_eq!(report.invalidations.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_call_begins_nothing_after_two_minutes() {
    let mut world = World::new();
    let minute = Duration::from_mins(1);
    world.edge.with_state(|state| state.origin_time = minute);
    world.step.config.concurrency = 1;
    let answer = world.preflight(json!({"tenant": "acme"})).await.unwrap();
    let purge = world.purge(&answer).await;
    let begun = world.edge.now();
    let answer = world.warm(&answer, &purge).await.unwrap();
    assert_eq!(answer.next, Next::Prewarm);
    assert!(!progress(&answer).remaining.is_empty());
    let last = world.edge.asked().last().unwrap().at;
    assert!(last <= begun + 2 * minute, "{last:?}");
    assert!(world.edge.now() <= begun + 3 * minute);
}

#[tokio::test(start_paused = true)]
async fn one_lost_connection_does_not_spend_the_retries_of_all_that_shared_it() {
    let mut world = World::new();
    world
        .edge
        .script(PATH, &[crate::edge::Act::Lose, crate::edge::status(503)]);
    let report = world.refresh(json!({"tenant": "acme", "endpoints": ["/api/overview"]}));
    let report = report.await.unwrap();
    assert_eq!(report.outcome, Outcome::Fresh);
    assert_eq!(
        report.endpoints[0].attempts, 4,
        "lost, 503, filled, confirmed"
    );
}
