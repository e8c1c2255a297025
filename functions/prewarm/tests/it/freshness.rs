//! Stale answers are found and repaired, another tenant's answer ends the run, and a redrive
//! starts over.

use std::time::Duration;

use serde_json::{Value, json};
use warmfront::failure::{ErrorName, Failure};
use warmfront::message::{Next, Outcome, Purge, Verdict};

use crate::edge::{Act, pause, with};
use crate::world::{World, progress, report_in, small};

const PATH: &str = "/api/overview?organization=acme";
const ENGLISH: &str = "en-US,en;q=0.9";

/// One endpoint, one version-less run.
fn versionless() -> Value {
    json!({"tenant": "acme", "endpoints": ["/api/overview"]})
}

fn verdicts(world: &World) -> Vec<Verdict> {
    let last = world.answers.last().unwrap();
    last.report
        .as_ref()
        .unwrap()
        .endpoints
        .iter()
        .map(|row| row.verdict)
        .collect()
}

#[tokio::test(start_paused = true)]
async fn an_older_version_is_purged_again_and_everything_is_warmed_again() {
    let mut world = World::new();
    world.at_purge = Some(Box::new(|edge, ordinal| {
        if ordinal == 1 {
            edge.store_late(PATH, ENGLISH, 6);
        }
    }));
    let report = world.refresh(small()).await.unwrap();
    assert_eq!(report.outcome, Outcome::Fresh);
    assert_eq!(world.purges, [1, 2]);
    assert_eq!(report.invalidations.len(), 2);
    assert_eq!(
        report.endpoints[0].attempts, 3,
        "found stale, filled, confirmed"
    );
    // The second purge dropped them as well.
    assert_eq!(
        report.endpoints[3].attempts, 4,
        "filled and confirmed twice"
    );
    assert_eq!(report.totals.fresh, 4);
}

/// An answer that waited for the fetch of another run comes from the cache and has no age.
fn without_age() -> Act {
    with(200, &[("x-cache", "Hit from cloudfront")])
}

#[tokio::test(start_paused = true)]
async fn an_answer_from_the_cache_without_an_age_is_asked_for_again() {
    let mut world = World::new();
    world.edge.script(PATH, &[without_age()]);
    let report = world.refresh(versionless()).await.unwrap();
    assert_eq!(report.outcome, Outcome::Fresh);
    assert_eq!(world.purges, [1]);
    assert_eq!(
        report.endpoints[0].attempts, 3,
        "asked again, which filled, confirmed"
    );
}

#[tokio::test(start_paused = true)]
async fn a_cache_that_never_tells_an_age_is_not_believed() {
    let mut world = World::new();
    world.edge.script(PATH, &vec![without_age(); 9]);
    let (error, cause) = world.fails(versionless()).await;
    assert_eq!(error, ErrorName::StaleAfterPurge);
    assert!(cause.contains("without an age"), "{cause}");
    assert_eq!(world.purges, [1, 2, 3], "two repairs were tried");
}

#[tokio::test(start_paused = true)]
async fn a_request_that_gets_an_older_answer_is_stale_although_it_missed() {
    let mut world = World::new();
    world.edge.script(
        PATH,
        &[with(
            200,
            &[("x-cache", "Miss from cloudfront"), ("x-data-version", "6")],
        )],
    );
    world.refresh(small()).await.unwrap();
    assert_eq!(world.purges, [1, 2]);
}

#[tokio::test(start_paused = true)]
async fn what_stays_stale_fails_the_run_after_the_permitted_purges() {
    for repairs in [0, 2] {
        let mut world = World::new();
        world.step.config.stale_repairs = repairs;
        world.at_purge = Some(Box::new(|edge, _| edge.store_late(PATH, ENGLISH, 6)));
        let (name, message) = world.fails(small()).await;
        assert_eq!(name, ErrorName::StaleAfterPurge);
        assert_eq!(world.purges.len(), 1 + repairs as usize);
        let row = &report_in(&message).endpoints[0];
        assert_eq!(row.verdict, Verdict::Stale);
        let detail = "its x-data-version is 6, 7 or later is expected";
        assert_eq!(row.detail.as_deref(), Some(detail));
        assert!(
            message.split('\n').next().unwrap().contains(detail),
            "{message}"
        );
        assert!(row.x_cache.is_some() && row.age.is_some() && row.millis < 1_000);
    }
}

/// A copy that is 15 minutes old, if CloudFront's clock and ours agree.
fn stored_long_ago() -> Act {
    let headers = [
        ("x-cache", "Hit from cloudfront"),
        ("x-data-version", "7"),
        ("age", "900"),
    ];
    with(200, &headers)
}

#[tokio::test(start_paused = true)]
async fn what_was_stored_before_the_purge_is_stale_without_a_version() {
    let mut world = World::new();
    world.edge.script(PATH, &[stored_long_ago()]);
    world.refresh(versionless()).await.unwrap();
    assert_eq!(world.purges, [1, 2]);
    assert!(
        verdicts(&world)
            .iter()
            .all(|verdict| *verdict == Verdict::Fresh)
    );
}

#[tokio::test(start_paused = true)]
async fn a_version_proves_an_answer_new_whatever_the_clocks_say() {
    let mut world = World::new();
    world.edge.script(PATH, &[stored_long_ago()]);
    let report = world.refresh(small()).await.unwrap();
    assert_eq!(report.outcome, Outcome::Fresh);
    assert_eq!(world.purges, [1]);
    assert_eq!(report.endpoints[0].attempts, 1);
}

#[tokio::test(start_paused = true)]
async fn a_hit_with_nothing_behind_it_is_not_fresh_however_new_its_version() {
    // It joined a reader's fetch that the purge overtook: nothing is kept of it.
    let joined = || {
        let headers = [("x-cache", "Hit from cloudfront"), ("x-data-version", "7")];
        with(200, &headers)
    };
    let mut world = World::new();
    world.edge.script(PATH, &[joined()]);
    let report = world.refresh(small()).await.unwrap();
    assert_eq!(report.outcome, Outcome::Fresh);
    assert_eq!(
        report.endpoints[0].attempts, 3,
        "asked again, which filled, confirmed"
    );
    assert!(report.endpoints[0].age.is_some());

    let mut world = World::new();
    world.edge.script(PATH, &vec![joined(); 9]);
    let (name, cause) = world.fails(small()).await;
    assert_eq!(name, ErrorName::PrewarmIncomplete);
    let row = &report_in(&cause).endpoints[0];
    assert_eq!((row.verdict, row.attempts), (Verdict::Uncacheable, 3));
}

#[tokio::test(start_paused = true)]
async fn an_upper_tier_that_was_not_purged_is_found_by_its_age() {
    let mut world = World::new();
    world.edge.script(
        PATH,
        &[with(
            200,
            &[("x-cache", "Miss from cloudfront"), ("age", "900")],
        )],
    );
    world.refresh(versionless()).await.unwrap();
    assert_eq!(world.purges, [1, 2]);
}

#[tokio::test(start_paused = true)]
async fn an_age_that_cannot_tell_is_asked_for_again_at_a_whole_second() {
    // Filled so soon after the purge that the age, in whole seconds, might be a second more.
    let mut world = World::new();
    world.propagation = Duration::from_millis(100);
    world
        .edge
        .with_state(|state| state.origin_time = Duration::from_millis(100));
    let report = world.refresh(versionless()).await.unwrap();
    assert_eq!(report.outcome, Outcome::Fresh);
    assert_eq!(world.purges, [1], "rounding alone purges nothing");
    assert_eq!(report.endpoints[0].attempts, 3);
    assert!(!report.version_checked);
    let confirmed = world.edge.asked_for(PATH).last().unwrap().at;
    assert_eq!(confirmed, Duration::from_secs(1), "the purge was at 0");
}

#[tokio::test(start_paused = true)]
async fn stored_shortly_before_the_purge_is_never_taken_for_fresh() {
    for before in [1, 100, 500, 900, 999, 1_500] {
        let mut world = World::new();
        world.step.config.stale_repairs = 0;
        let answer = world.preflight(versionless()).await.unwrap();
        world.edge.store_late(PATH, ENGLISH, 7);
        pause(Duration::from_millis(before)).await;
        let created = world.clock.now_text();
        pause(Duration::from_millis(300)).await;
        let invalidation = json!({
            "id": "I1", "target": {"distribution": "E1"}, "items": ["#tenant:acme"], "ordinal": 1,
            "redriveCount": 0, "createTime": created, "status": "Completed", "seconds": 0,
            "timedOut": false, "settled": true,
        });
        let error = world.warm(&answer, &invalidation).await.unwrap_err();
        assert_eq!(
            error.name(),
            ErrorName::StaleAfterPurge,
            "{before} ms before"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_hit_without_age_is_asked_for_again_after_a_fill_of_our_own_too() {
    let mut world = World::new();
    world.edge.script(PATH, &[Act::Serve, without_age()]);
    let report = world.refresh(versionless()).await.unwrap();
    assert_eq!(world.purges, [1]);
    assert_eq!(report.endpoints[0].attempts, 3);
    let mut world = World::new();
    world.edge.script(PATH, &vec![without_age(); 3]);
    world.refresh(versionless()).await.unwrap();
    assert_eq!(world.purges, [1, 2]);
}

#[tokio::test(start_paused = true)]
async fn another_tenants_answer_is_purged_and_fails_the_run() {
    let header = with(
        200,
        &[("x-organization-id", "beta"), ("x-data-version", "7")],
    );
    let body = Act::Answer(
        200,
        vec![("x-data-version", "7".into())],
        r#"{"organization": "beta"}"#,
    );
    let unreadable = Act::Answer(200, vec![], r#"{"organization": "Not a tenant!"}"#);
    for act in [header, body, unreadable] {
        let mut world = World::new();
        world.edge.script(PATH, &[Act::Serve, act]);
        let error = world.refresh(small()).await.unwrap_err();
        assert_eq!(error.name(), ErrorName::WrongTenant);
        assert!(error.to_string().contains(PATH), "{error}");
        assert_eq!(world.purges, [1, 2], "the wrong answer does not stay");
        let after_purge = world.edge.asked().len();

        // The state is that of the failed call; an operator redrives it.
        let condemned = world.answers.last().unwrap().clone();
        assert_eq!(condemned.next, Next::InvalidateAgain);
        let invalidation = world.purge(&condemned).await;
        let again = world.warm(&condemned, &invalidation).await.unwrap_err();
        assert_eq!(again.name(), ErrorName::WrongTenant);
        assert_eq!(
            world.edge.asked().len(),
            after_purge,
            "nothing is requested"
        );
        world.redrives = 1;
        let answer = world.warm(&condemned, &invalidation).await.unwrap();
        assert_eq!(answer.next, Next::InvalidateAgain);
        assert_eq!(progress(&answer).condemned, None);
        let report = world.go_on(answer, Value::Null).await.unwrap();
        assert_eq!(report.outcome, Outcome::Fresh);
    }
}

#[tokio::test(start_paused = true)]
async fn the_tenant_may_be_spelled_in_upper_case() {
    let mut world = World::new();
    world.edge.with_state(|state| state.tenant = "ACME".into());
    assert_eq!(
        world.refresh(small()).await.unwrap().outcome,
        Outcome::Fresh
    );
}

#[tokio::test(start_paused = true)]
async fn a_redrive_purges_and_warms_everything_again() {
    let mut world = World::new();
    world.edge.script(PATH, &[crate::edge::status(404)]);
    let answer = world.preflight(small()).await.unwrap();
    let invalidation = world.purge(&answer).await;
    let error = world.warm(&answer, &invalidation).await.unwrap_err();
    assert_eq!(error.name(), ErrorName::PrewarmIncomplete);

    world.redrives = 1;
    let restarted = world.warm(&answer, &invalidation).await.unwrap();
    assert_eq!(restarted.next, Next::InvalidateAgain);
    assert_eq!(progress(&restarted).remaining.len(), 4);
    assert_eq!(restarted.purge, Some(Purge::Due { ordinal: 2 }));
    let report = world.go_on(restarted, Value::Null).await.unwrap();
    assert_eq!(report.outcome, Outcome::Fresh);
    let ids: Vec<_> = report.invalidations.iter().map(|i| i.id.as_str()).collect();
    assert_eq!(ids, ["I1R0", "I2R1"]);
}
