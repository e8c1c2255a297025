//! An origin that asks for fewer requests gets fewer.

use std::time::Duration;

use serde_json::json;
use warmfront::message::{Outcome, Verdict};

use crate::edge::{Act, status, with};
use crate::world::World;

fn all() -> serde_json::Value {
    json!({"tenant": "acme"})
}

#[tokio::test(start_paused = true)]
async fn retry_after_is_obeyed_by_every_request() {
    let mut world = World::new();
    world
        .edge
        .script("/api/overview", &[with(429, &[("retry-after", "40")])]);
    let report = world.refresh(all()).await.unwrap();
    assert_eq!(report.outcome, Outcome::Fresh);
    let asked = world.edge.asked();
    // Other requests were on their way for 3 s.
    assert_eq!(
        world.waits,
        [37],
        "the state machine waits, not the function"
    );
    let pause: Vec<_> = asked
        .windows(2)
        .map(|pair| pair[1].at.saturating_sub(pair[0].at))
        .collect();
    assert_eq!(pause.iter().max(), Some(&Duration::from_secs(40)));
}

#[tokio::test(start_paused = true)]
async fn fewer_requests_run_at_a_time_after_an_overload() {
    for overload in [429, 503] {
        let mut world = World::new();
        let minute = Duration::from_mins(1);
        world.edge.with_state(|state| state.origin_time = minute);
        world.edge.script("/api/overview", &[status(overload)]);
        world.refresh(all()).await.unwrap();
        let asked = world.edge.asked();
        let first = asked[0].at;
        let started = |from: Duration, to: Duration| {
            let within = asked
                .iter()
                .filter(move |asked| (first + from..first + to).contains(&asked.at));
            within.map(|asked| asked.running).collect::<Vec<_>>()
        };
        assert_eq!(started(Duration::ZERO, Duration::from_secs(1)).len(), 4);
        assert!(
            started(Duration::from_secs(1), minute).is_empty(),
            "two too many run"
        );
        // Three good answers make it three again.
        assert_eq!(started(minute, 2 * minute).into_iter().max(), Some(3));
    }
}

#[tokio::test(start_paused = true)]
async fn an_origin_that_recovers_slows_the_run_down_and_does_not_fail_it() {
    let mut world = World::new();
    let throttled: Vec<Act> = (0..4).map(|_| status(429)).collect();
    world.edge.script("/api/overview", &throttled);
    world.edge.script_in("de", "/api/inventory", &throttled);
    let report = world.refresh(all()).await.unwrap();
    assert_eq!(report.outcome, Outcome::Fresh);
}

#[tokio::test(start_paused = true)]
async fn throttled_to_the_end_is_a_verdict() {
    let mut world = World::new();
    let throttled: Vec<Act> = (0..99).map(|_| status(429)).collect();
    world.edge.script("/api/cost/trend", &throttled);
    let report = world.refresh(all()).await.unwrap();
    assert_eq!(report.outcome, Outcome::Degraded);
    let row = report
        .endpoints
        .iter()
        .find(|row| row.verdict == Verdict::Throttled)
        .unwrap();
    assert_eq!(row.attempts, 11);
    assert_eq!(row.status, Some(429));
}

#[tokio::test(start_paused = true)]
async fn a_pause_longer_than_a_function_lives_is_not_waited_for() {
    let mut world = World::new();
    world
        .edge
        .script("/api/cost/trend", &[with(429, &[("retry-after", "86400")])]);
    let report = world.refresh(all()).await.unwrap();
    assert_eq!(report.totals.fresh, 9);
    assert!(report.totals.millis < 60_000);
}

#[tokio::test(start_paused = true)]
async fn a_pause_longer_than_the_call_goes_on_in_the_next() {
    let mut world = World::new();
    world.function_timeout = Duration::from_secs(130);
    world
        .edge
        .script("/api/overview", &[with(429, &[("retry-after", "300")])]);
    let report = world.refresh(all()).await.unwrap();
    assert_eq!(report.outcome, Outcome::Fresh);
    assert!(world.answers.len() < 9, "{} calls", world.answers.len());
}

#[tokio::test(start_paused = true)]
async fn the_next_call_starts_no_faster_than_the_last_one_ended() {
    let mut world = World::new();
    world.function_timeout = Duration::from_secs(125);
    world
        .edge
        .with_state(|state| state.origin_time = Duration::from_mins(1));
    world.edge.script("/api/overview", &[status(429)]);
    world.refresh(all()).await.unwrap();
    let mut states = world
        .answers
        .iter()
        .filter_map(|answer| answer.progress.as_ref());
    let slowed = states.any(|state| !state.remaining.is_empty() && state.concurrency.is_some());
    assert!(slowed, "the limit is in the state");
}
