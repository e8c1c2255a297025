//! More work than one function call can do.

use std::collections::BTreeMap;
use std::time::Duration;

use proptest::prelude::*;
use serde_json::json;
use warmfront::contract::Contract;
use warmfront::failure::ErrorName;
use warmfront::message::{Outcome, Verdict};

use crate::edge::{Act, status};
use crate::world::{CONTRACT, World, config, report_in};

/// A contract of this many endpoints, each with two variants and this timeout.
fn contract(endpoints: usize, timeout: u64) -> Contract {
    let mut document: serde_json::Value = serde_json::from_str(CONTRACT).unwrap();
    document["scopes"] = json!({});
    document["endpoints"] = (0..endpoints)
        .map(|index| {
            json!({
                "path": format!("/api/cost/{index}?organization={{tenant}}"),
                "timeout": format!("{timeout}s"),
                "required": index % 3 != 0,
                "tenantPointer": "/organization",
            })
        })
        .collect();
    Contract::parse(&document.to_string()).unwrap()
}

fn world(endpoints: usize, timeout: u64) -> World {
    World::with(prewarm::config::Config {
        contract: contract(endpoints, timeout),
        ..config()
    })
}

#[tokio::test(start_paused = true)]
async fn fifty_slow_endpoints_finish_by_resumption() {
    let mut world = world(50, 40);
    world.function_timeout = Duration::from_mins(1);
    world
        .edge
        .with_state(|state| state.origin_time = Duration::from_secs(30));
    let report = world.refresh(json!({"tenant": "acme"})).await.unwrap();
    assert_eq!(report.outcome, Outcome::Fresh);
    assert_eq!(report.totals.fresh, 100);
    assert_eq!(report.totals.requests, 200, "no request is made twice");
    assert!(serde_json::to_string(&report).unwrap().len() < 64 * 1024);
    let order: Vec<_> = report.endpoints.iter().map(|row| row.required).collect();
    assert!(
        order.is_sorted_by(|a, b| a >= b),
        "required endpoints first"
    );
    // 25 waves of fills, each in a call of its own.
    assert!(world.answers.len() <= 28, "{} calls", world.answers.len());
}

#[tokio::test(start_paused = true)]
async fn a_report_on_fifty_endpoints_is_short() {
    let mut world = world(50, 40);
    world.step.config.contract.variants.clear();
    let report = world
        .refresh(json!({"tenant": "acme", "expectedVersion": "7"}))
        .await
        .unwrap();
    assert_eq!(report.totals.targets, 50);
    assert!(serde_json::to_string(&report).unwrap().len() < 32 * 1024);
}

#[tokio::test(start_paused = true)]
async fn the_cause_of_a_failure_is_short_and_says_what_it_leaves_out() {
    let mut world = world(50, 40);
    world.edge.with_state(|state| state.otherwise = status(404));
    let (name, message) = world.fails(json!({"tenant": "acme"})).await;
    assert_eq!(name, ErrorName::PrewarmIncomplete);
    let cause = serde_json::to_string(&message).unwrap();
    assert!(
        cause.len() < 32_768,
        "{} as Step Functions keeps it",
        cause.len()
    );
    let report = report_in(&message);
    assert_eq!((report.totals.targets, report.totals.fresh), (100, 0));
    assert!(report.endpoints.len() > 20, "{}", report.endpoints.len());
    let told = report.endpoints.len() + report.without_evidence.len();
    assert_eq!(told + report.left_out as usize, 100);
}

#[tokio::test(start_paused = true)]
async fn a_fill_in_one_call_is_confirmed_in_the_next() {
    let mut world = world(1, 40);
    world.step.config.contract.variants.clear();
    world.function_timeout = Duration::from_secs(55);
    world.edge.with_state(|state| {
        state.origin_time = Duration::from_secs(30);
        state.cacheable = false;
    });
    let report = world.refresh(json!({"tenant": "acme"})).await.unwrap();
    assert_eq!(report.endpoints[0].verdict, Verdict::Uncacheable);
    assert_eq!(report.endpoints[0].attempts, 3, "the fill is not forgotten");
}

#[tokio::test(start_paused = true)]
async fn a_retry_that_does_not_fit_is_made_by_the_next_call() {
    let mut world = world(1, 40);
    world.step.config.contract.variants.clear();
    world.function_timeout = Duration::from_secs(55);
    world.edge.script("/api/cost/0", &[status(500)]);
    let report = world.refresh(json!({"tenant": "acme"})).await.unwrap();
    assert_eq!(report.endpoints[0].verdict, Verdict::Fresh);
    assert!(world.answers.len() <= 5, "{} calls", world.answers.len());
}

#[tokio::test(start_paused = true)]
async fn a_function_too_short_for_an_endpoint_is_refused_before_the_purge() {
    let mut world = world(1, 40);
    world.function_timeout = Duration::from_secs(50);
    let (name, message) = world.fails(json!({"tenant": "acme"})).await;
    assert_eq!(name, ErrorName::InvalidConfiguration);
    assert!(
        message.contains("/api/cost/0?organization=acme, timeout 40 s"),
        "{message}"
    );
    assert!(world.purges.is_empty() && world.edge.asked().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_function_that_became_too_short_gives_up_instead_of_spinning() {
    let mut world = world(1, 40);
    let answer = world.preflight(json!({"tenant": "acme"})).await.unwrap();
    world.function_timeout = Duration::from_secs(45);
    let error = world
        .go_on(answer, serde_json::Value::Null)
        .await
        .unwrap_err();
    let name = warmfront::failure::Failure::name(&error);
    assert_eq!(name, ErrorName::InvalidConfiguration);
    assert_eq!(world.answers.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn more_targets_than_a_state_can_carry_are_refused_before_the_purge() {
    let mut world = world(1_000, 40);
    let (name, message) = world.fails(json!({"tenant": "acme"})).await;
    assert_eq!(name, ErrorName::InvalidInput);
    assert!(message.contains("2000 targets"), "{message}");
    world.step.config.contract.variants.clear();
    world
        .edge
        .with_state(|state| state.origin_time = Duration::from_millis(10));
    world.step.config.concurrency = 50;
    let report = world.refresh(json!({"tenant": "acme"})).await.unwrap();
    assert_eq!(
        report.totals.fresh, 1_000,
        "as many as the benchmarks ask for"
    );
}

#[tokio::test(start_paused = true)]
async fn a_thousand_failures_fit_into_the_state() {
    for act in [Act::Break, status(503), Act::Slow(Duration::from_secs(39))] {
        let mut world = world(1_000, 40);
        world.step.config.contract.variants.clear();
        world.step.config.concurrency = 50;
        world.function_timeout = Duration::from_secs(53);
        world.edge.with_state(|state| {
            state.otherwise = act;
            state.cacheable = false;
        });
        // The size of each state is checked on the way.
        let (name, _) = world.fails(json!({"tenant": "acme"})).await;
        assert_eq!(name, ErrorName::PrewarmIncomplete);
        assert!(world.answers.len() > 1, "handed on at least once");
    }
}

#[derive(Clone, Debug)]
struct Trouble {
    endpoint: usize,
    german: bool,
    acts: Vec<Act>,
}

fn trouble() -> impl Strategy<Value = Trouble> {
    let act = prop_oneof![
        3 => (1_u64..45).prop_map(|seconds| Act::Slow(Duration::from_secs(seconds))),
        1 => Just(status(500)),
        1 => Just(status(429)),
        1 => Just(status(403)),
        1 => Just(Act::Break),
        1 => Just(Act::Hang),
    ];
    (
        0_usize..6,
        any::<bool>(),
        proptest::collection::vec(act, 1..4),
    )
        .prop_map(|(endpoint, german, acts)| Trouble {
            endpoint,
            german,
            acts,
        })
}

#[tokio::test(start_paused = true)]
async fn what_an_answer_leads_to_is_asked_before_the_next_answer_is_looked_at() {
    let mut world = world(4, 40);
    world.step.config.concurrency = 4;
    world.refresh(json!({"tenant": "acme"})).await.unwrap();
    let asked = world.edge.asked();
    let (first, later) = asked.split_at(4);
    let first: Vec<_> = first.iter().map(|asked| asked.running).collect();
    assert_eq!(first, [1, 2, 3, 4]);
    // Four answers come at once; each place is taken again before the next one is free. At the end
    // there is nothing left to take the places of the last four.
    let later: Vec<_> = later.iter().map(|asked| asked.running).collect();
    assert_eq!(later, [4, 4, 4, 4, 4, 4, 4, 4, 4, 3, 2, 1]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    #[test]
    fn no_target_is_lost_or_judged_twice(
        troubles in proptest::collection::vec(trouble(), 0..8),
        concurrency in 1_usize..6,
        seconds in 52_u64..200,
        origin in 1_u64..39,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(async {
            let mut world = world(6, 40);
            world.step.config.concurrency = concurrency;
            world.function_timeout = Duration::from_secs(seconds);
            world.edge.with_state(|state| state.origin_time = Duration::from_secs(origin));
            for trouble in &troubles {
                let language = if trouble.german { "de" } else { "en" };
                let path = format!("/api/cost/{}?", trouble.endpoint);
                world.edge.script_in(language, &path, &trouble.acts);
            }
            let outcome = world.refresh(json!({"tenant": "acme"})).await;
            for answer in &world.answers {
                let mut seen: BTreeMap<usize, usize> = BTreeMap::new();
                let Some(progress) = &answer.progress else { continue };
                let rows = progress.rows.iter().map(|row| row.target);
                for target in rows.chain(progress.remaining.iter().map(|left| left.target)) {
                    *seen.entry(target).or_default() += 1;
                }
                assert_eq!(seen.len(), 12, "every target is there");
                assert!(seen.values().all(|count| *count == 1), "and there once");
            }
            let asked = world.edge.asked();
            assert!(asked.iter().all(|asked| asked.running <= concurrency));
            if let Ok(report) = outcome {
                let reported: u32 = report.endpoints.iter().map(|row| row.attempts).sum();
                assert_eq!(reported as usize, asked.len(), "the report agrees with the history");
            }
        });
    }
}
