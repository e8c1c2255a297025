//! Large runs: one that takes many times as long as a function may, and the largest that there may be.

use std::collections::BTreeMap;
use std::time::Duration;

use pipeline::{Distribution, Ended, Pipeline, Trial, shipped_contract, trial};
use serde_json::{Value, json};
use warmfront::message::{Outcome, Verdict};

/// The endpoints on this path take half a minute.
const SLOW: &str = "/api/cost/trend";
const SLOW_FOR: Duration = Duration::from_secs(30);
const FAST: [&str; 4] = [
    "/api/overview",
    "/api/cost/summary",
    "/api/inventory",
    "/api/security/findings",
];
/// One of so many is slow: four of fifty, 24 of 300 targets.
const ONE_IN: usize = 12;
/// Three times eight slow targets, at most eight at a time: no two of a slot's fit into one minute.
const CONCURRENCY: &str = "8";
/// Step Functions, "Quotas": the input or output of a task, a state or an execution, in bytes.
const LARGEST_STATE: usize = 256 * 1024;

#[test]
fn three_hundred_targets_some_half_a_minute_slow_finish_across_a_function_of_one_minute() {
    trial(async |t| {
        let mut contract = contract(50);
        let french = json!({ "value": "fr", "matches": ["fr"], "send": "fr-FR,fr;q=0.9,en;q=0.5" });
        let locales = contract["variants"][0]["values"].as_array_mut().unwrap();
        locales.push(french);
        let distribution = Distribution::of_contract(t, contract).await;
        let t = distribution.before(t);
        let slow = t.stack.origin.set_path_delay(&t.tenant, SLOW, SLOW_FOR);
        slow.await.unwrap();
        t.set_version(7).await;
        let [invalidate, poll, prewarm] = distribution.functions();
        let prewarm = prewarm.timeout(60).set("PREWARM_CONCURRENCY", CONCURRENCY);
        let own = Pipeline::with(&t, vec![invalidate, poll, prewarm]).await;
        let input = json!({ "expectedVersion": "7" });
        let ended = t.start(&own.state_machine, input).await.ended().await;

        let report = ended.report();
        assert_eq!(report.outcome, Outcome::Fresh);
        assert_eq!((report.totals.targets, report.totals.fresh), (300, 300));
        for row in &report.endpoints {
            assert_eq!(row.verdict, Verdict::Fresh, "{row:?}");
            assert_eq!(row.version.as_deref(), Some("7"), "{row:?}");
            assert_eq!(row.attempts, 2, "one to fill, one to confirm: {row:?}");
            assert_eq!(row.millis >= 30_000, row.path.starts_with(SLOW), "{row:?}");
        }
        let calls = ended
            .states()
            .iter()
            .filter(|state| **state == "Prewarm")
            .count();
        assert!(calls >= 4, "each wave of slow fills takes a call: {calls}");
        assert_eq!(t.purges().await.len(), 1, "resuming purges nothing");

        each_was_asked_once(&t, 300).await;
        let through = format!("organization={}", t.tenant);
        let viewers = [("plane", "viewer"), ("path", &through)];
        let viewers = t.cloudfront().history(&viewers).await.unwrap();
        let warming = viewers.iter().filter(|seen| !is_probe(seen)).count();
        assert_eq!(warming, 600);

        let largest = largest_state(&ended);
        assert!(largest < LARGEST_STATE, "{largest} bytes");
    });
}

/// As many targets as a run may have, each with the longest version, and an input as long as it may be.
#[test]
fn a_thousand_targets_are_refreshed_in_one_run() {
    trial(async |t| {
        let distribution = Distribution::of_contract(t, contract(250)).await;
        let t = distribution.before(t);
        let [invalidate, poll, prewarm] = distribution.functions();
        let prewarm = prewarm.set("PREWARM_CONCURRENCY", "16");
        let own = Pipeline::with(&t, vec![invalidate, poll, prewarm]).await;
        // Naming one twice is the same.
        let contract = contract(250);
        let endpoints = contract["endpoints"].as_array().unwrap().iter().cycle();
        let named = endpoints.map(|endpoint| endpoint["path"].clone());
        let input = json!({ "endpoints": named.take(500).collect::<Vec<_>>() });
        assert!(input.to_string().len() > 25_000, "{input}");
        let ended = t.start(&own.state_machine, input).await.ended().await;
        let report = ended.report();
        assert_eq!((report.totals.targets, report.totals.fresh), (1_000, 1_000));
        assert_eq!(report.left_out, 0);
        assert_eq!(t.purges().await.len(), 1);
        each_was_asked_once(&t, 1_000).await;
        let largest = largest_state(&ended);
        assert!(largest < LARGEST_STATE, "{largest} bytes");
    });
}

async fn each_was_asked_once(t: &Trial, targets: usize) {
    let mut asked = BTreeMap::<_, u32>::new();
    for request in t.origin_requests().await {
        let target = (request.path, request.query, request.variants);
        *asked.entry(target).or_default() += 1;
    }
    assert_eq!(asked.len(), targets);
    let more: Vec<_> = asked.iter().filter(|(_, times)| **times != 1).collect();
    assert!(more.is_empty(), "requested more than once: {more:?}");
}

fn is_probe(seen: &Value) -> bool {
    let path = seen["path"].as_str().unwrap_or_default();
    path.starts_with("/api/version")
}

/// So many endpoints, in two languages on two kinds of device.
fn contract(endpoints: usize) -> Value {
    let mut contract = shipped_contract();
    contract["variants"][1]["values"][0]["prewarm"] = true.into();
    let endpoints = (1..=endpoints).map(|number| {
        let (path, timeout) = if number % ONE_IN == 0 {
            (SLOW, "40s")
        } else {
            (FAST[number % FAST.len()], "20s")
        };
        json!({
            "path": format!("{path}?organization={{tenant}}&window={number}d"),
            "timeout": timeout, "required": true, "tenantPointer": "/organization",
        })
    });
    contract["endpoints"] = endpoints.collect();
    contract["scopes"] = json!({});
    contract
}

/// The longest text that went in or out of a task, a state or the execution.
fn largest_state(ended: &Ended) -> usize {
    let texts = ended
        .events
        .iter()
        .flat_map(|event| [&event["input"], &event["output"]]);
    let lengths = texts.filter_map(|text| text.as_str().map(str::len));
    lengths.max().unwrap_or_default()
}
