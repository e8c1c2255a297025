use std::time::Duration;

use crate::message::{
    Condemned, DistributionTenantId, Execution, Invalidation, InvalidationReport,
    InvalidationStatus, LONGEST_INPUT, Mode, Next, Outcome, PrewarmResponse, Progress, Purge,
    PurgeTarget, Reason, Remaining, Row, Verdict, XCache,
};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::room::{MOST_TARGETS, MOST_VERDICT_BYTES};
use super::variant::BROWSER_CODINGS;
use super::*;
use crate::contract::VariantSource;
use crate::report::report;

/// What Step Functions carries from state to state.
const STEP_FUNCTIONS_BYTES: usize = 262_144;
/// What Lambda wraps around an answer: status, version, headers.
const WRAPPER_BYTES: usize = 2_048;

fn contract() -> Contract {
    Contract::parse(include_str!("../../tests/fixture/contract.json")).unwrap()
}

fn base_url() -> BaseUrl {
    "https://d111111abcdef8.cloudfront.net".parse().unwrap()
}

fn begin(contract: &Contract, input: &Value) -> Result<(Plan, Vec<usize>), Vec<String>> {
    let input = ExecutionInput::parse(input).unwrap();
    Plan::begin(contract, &base_url(), &input).map_err(|error| error.problems)
}

fn paths(scope: Option<&str>, selected: Option<&[&str]>) -> Result<Vec<String>, Vec<String>> {
    let input = json!({"tenant": "acme", "scope": scope, "endpoints": selected});
    let (plan, selected) = begin(&contract(), &input)?;
    let targets = selected.iter().map(|number| &plan.targets[*number]);
    let first = targets.filter(|target| target.variant == 0);
    Ok(first.map(|target| target.path.clone()).collect())
}

#[test]
fn requires_first_and_turns_variants_like_an_odometer() {
    let (plan, selected) = begin(&contract(), &json!({"tenant": "acme"})).unwrap();
    let rows: Vec<_> = plan
        .targets
        .iter()
        .map(|target| {
            let values = &plan.variant_of(target).values;
            (target.path.as_str(), values["x-locale-bucket"].as_str())
        })
        .collect();
    assert_eq!(rows[0], ("/api/overview?organization=acme", "en"));
    assert_eq!(rows[1], ("/api/overview?organization=acme", "de"));
    assert_eq!(rows.len(), 10, "five endpoints in two variants");
    assert_eq!(selected, (0..10).collect::<Vec<_>>());
    assert!(!plan.targets[8].required && plan.targets[7].required);
    let desktop = |choice: &VariantChoice| choice.values["x-device-class"] == "desktop";
    assert!(plan.variants.iter().all(desktop));
}

#[test]
fn sends_what_a_browser_of_the_variant_sends() {
    let (plan, _) = begin(&contract(), &json!({"tenant": "acme"})).unwrap();
    let headers = &plan.variants[1].headers;
    assert_eq!(headers["accept-language"], "de-DE,de;q=0.9,en;q=0.5");
    assert_eq!(headers["accept-encoding"], BROWSER_CODINGS);
    assert_eq!(headers["x-organization-id"], "acme");
    assert!(headers["user-agent"].to_str().unwrap().contains("X11"));
    for absent in [
        "cache-control",
        "pragma",
        "range",
        "if-none-match",
        "x-locale-bucket",
        "cookie",
    ] {
        assert!(!headers.contains_key(absent), "{absent}");
    }
}

#[test]
fn sends_what_the_contract_says_for_other_headers_and_cookies_of_the_key() {
    let mut contract = contract();
    let key = &mut contract.cache_key;
    key.sent_headers.insert("x-plan".into(), "gold".into());
    key.sent_cookies.insert("theme".into(), "dark".into());
    key.sent_cookies.insert("beta".into(), "0".into());
    let (plan, _) = begin(&contract, &json!({"tenant": "acme"})).unwrap();
    assert_eq!(plan.variants[0].headers["x-plan"], "gold");
    assert_eq!(plan.variants[0].headers["cookie"], "beta=0; theme=dark");
}

#[test]
fn chooses_a_variant_made_from_a_claim_by_its_own_header() {
    let mut contract = contract();
    let variant = &mut contract.variants[0];
    variant.from = VariantSource::Claim("custom:role".into());
    let (plan, _) = begin(&contract, &json!({"tenant": "acme"})).unwrap();
    let headers = &plan.variants[1].headers;
    assert_eq!(headers["x-locale-bucket"], "de");
    assert!(!headers.contains_key("accept-language"));
}

#[test]
fn selects_by_any_spelling_and_by_scope() {
    let trend = ["/api/cost/trend?organization=acme&window=90d"];
    for spelling in [
        "/api/cost/trend",
        "/api/cost/trend?organization={tenant}&window=90d",
        "/api/cost/trend?organization=acme&window=90d",
    ] {
        assert_eq!(paths(None, Some(&[spelling])).unwrap(), trend, "{spelling}");
    }
    assert_eq!(
        paths(Some("cost"), None).unwrap(),
        [
            "/api/overview?organization=acme",
            "/api/cost/summary?organization=acme",
            trend[0]
        ]
    );
}

#[test]
fn names_everything_that_cannot_be_selected() {
    let selected = [
        "/api/nothing",
        "/api/inventory",
        "/api/cost/trend?organization=beta&window=90d",
    ];
    let problems = paths(Some("cost"), Some(&selected)).unwrap_err();
    assert_eq!(problems.len(), 3, "{problems:?}");
    assert!(
        problems[1].contains("not in scope \"cost\""),
        "{problems:?}"
    );
    let problems = paths(Some("costs"), None).unwrap_err();
    assert!(problems[0].contains("its scopes are cost, inventory, security"));
}

#[test]
fn a_target_keeps_its_number_whatever_is_selected() {
    let contract = contract();
    let (all, _) = begin(&contract, &json!({"tenant": "acme"})).unwrap();
    let (some, selected) = begin(&contract, &json!({"tenant": "acme", "scope": "cost"})).unwrap();
    assert_eq!(all.targets, some.targets);
    assert!(selected.len() < all.targets.len());
}

#[test]
fn a_run_does_not_go_on_under_another_contract() {
    let mut contract = contract();
    let mut run = run(&contract, "acme");
    Plan::resume(&contract, &base_url(), &run).unwrap();
    contract.endpoints.pop();
    let error = Plan::resume(&contract, &base_url(), &run).unwrap_err();
    assert!(matches!(error, PlanError::ContractChanged { .. }));
    run.contract = contract.digest();
    Plan::resume(&contract, &base_url(), &run).unwrap();
}

fn longest_distribution_tenant() -> DistributionTenantId {
    format!("dt_{}", "x".repeat(61)).try_into().unwrap()
}

fn run(contract: &Contract, tenant: &str) -> Run {
    Run {
        tenant: TenantId::parse(tenant).unwrap(),
        mode: Mode::Refresh,
        scope: Some("s".repeat(64)),
        expected_version: Some("9".repeat(30)),
        distribution_tenant: Some(longest_distribution_tenant()),
        contract: contract.digest(),
        started_at: "2026-05-04T03:12:44.733123456Z".parse().unwrap(),
    }
}

/// As many endpoints as a run may have, with paths that leave no room in a report.
fn large(paths: usize, length: usize) -> Contract {
    let mut contract = contract();
    let model = contract.endpoints[0].clone();
    contract.variants.clear();
    contract.endpoints = (0..paths)
        .map(|number| {
            let mut endpoint = model.clone();
            endpoint.path = format!("/api/{number:06}{}", "x".repeat(length.saturating_sub(11)));
            endpoint
        })
        .collect();
    contract
}

/// A row in which everything is as long as it can be.
fn longest_row(target: usize, verdict: Verdict, version: &str) -> Row {
    Row {
        target,
        verdict,
        reason: Some(Reason::BeforePurge),
        broke: None,
        status: Some(999),
        x_cache: Some(XCache::FunctionGenerated),
        age: Some(u32::MAX),
        pop: Some("P".repeat(Row::LONGEST_POP)),
        version: Some(version.to_owned()),
        bytes: u64::from(u32::MAX) * 1_000,
        millis: 900_000,
        attempts: 999,
        asked_at: 43_200_000,
    }
}

fn longest_invalidation() -> Invalidation {
    Invalidation {
        id: "I".repeat(64),
        target: PurgeTarget::DistributionTenant(longest_distribution_tenant()),
        items: vec!["#".to_owned() + &"t".repeat(256); 16],
        handed_in: true,
        ordinal: 9,
        redrive_count: 1_000,
        create_time: "2026-05-04T03:12:46.012345678Z".parse().unwrap(),
        watched_since: Some("2026-05-04T03:12:46.012345678Z".parse().unwrap()),
        status: InvalidationStatus::InProgress,
        seconds: 43_200,
        timed_out: true,
        settled: true,
    }
}

fn longest_progress(rows: Vec<Row>, remaining: Vec<Remaining>) -> Progress {
    Progress {
        redrive_count: 1_000,
        repairs: 5,
        remaining,
        rows,
        invalidations: vec![
            InvalidationReport {
                id: "I".repeat(64),
                status: InvalidationStatus::InProgress,
                seconds: 43_200,
            };
            16
        ],
        concurrency: Some(64),
        idle_calls: 3,
        condemned: Some(Condemned {
            target: 999,
            named: "n".repeat(64),
        }),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// The state, as it goes from function to function, with the longest values in any mixture.
    #[test]
    fn the_state_of_the_largest_plan_fits(
        done in 0..=MOST_TARGETS,
        verdict in prop::sample::select(vec![Verdict::Fresh, Verdict::Uncacheable, Verdict::WrongTenant]),
        version in "[A-Za-z0-9._:+/=~-]{64}",
    ) {
        let contract = large(MOST_TARGETS, 31);
        let rows = (0..done).map(|target| longest_row(target, verdict, &version));
        let remaining = (done..MOST_TARGETS).map(|target| Remaining {
            target,
            purpose: crate::message::Purpose::Confirm,
            attempts: 999,
            millis: 900_000,
            not_before: Some(43_200_000),
            retried: true,
            reconnected: true,
            token_renewed: true,
            aligned: true,
            ageless: 2,
            throttles: 10,
            moves: 2,
            refills: 1,
            pop: Some("P".repeat(Row::LONGEST_POP)),
        });
        let response = PrewarmResponse {
            next: Next::Prewarm,
            run: Some(run(&contract, &"t".repeat(64))),
            progress: Some(longest_progress(rows.collect(), remaining.collect())),
            purge: Some(Purge::Made { invalidation: longest_invalidation() }),
            not_before: Some("2026-05-04T03:12:44.733123456Z".parse().unwrap()),
            report: None,
        };
        let state = serde_json::to_string(&response).unwrap().len();
        let execution = Execution {
            id: "a".repeat(256),
            input: Value::String("i".repeat(LONGEST_INPUT)),
            redrive_count: 1_000,
        };
        let context = serde_json::to_string(&execution).unwrap().len() + 512;
        prop_assert!(state + WRAPPER_BYTES <= STEP_FUNCTIONS_BYTES, "{state}");
        prop_assert!(state + context <= STEP_FUNCTIONS_BYTES, "{state} and {context}");
    }

    /// The report fits however long the paths of a plan are that Preflight lets through.
    #[test]
    fn the_report_on_a_plan_that_is_let_through_fits(
        paths in 1..=MOST_TARGETS,
        length in 12_usize..2_000,
        fresh in any::<bool>(),
        version in "[A-Za-z0-9._:+/=~-]{64}",
    ) {
        let contract = large(paths, length);
        let Ok((plan, selected)) = begin(&contract, &json!({"tenant": "t".repeat(64)})) else {
            prop_assert!(paths * length > MOST_VERDICT_BYTES / 2);
            return Ok(());
        };
        let (verdict, outcome) = if fresh {
            (Verdict::Fresh, Outcome::Fresh)
        } else {
            (Verdict::Stale, Outcome::Failed)
        };
        let rows = selected.iter().map(|target| longest_row(*target, verdict, &version));
        let progress = longest_progress(rows.collect(), Vec::new());
        let run = run(&contract, &"t".repeat(64));
        let now = run.started_at + Duration::from_hours(12);
        let report = report(&contract, &run, &plan, &progress, now, outcome);
        let told = report.endpoints.len() + report.without_evidence.len() + report.left_out as usize;
        prop_assert_eq!(told, selected.len());
        let text = serde_json::to_string(&report).unwrap();
        if fresh {
            prop_assert_eq!(report.left_out, 0, "every target is in an output");
            prop_assert!(text.len() + WRAPPER_BYTES <= STEP_FUNCTIONS_BYTES, "{}", text.len());
        } else {
            let cause = serde_json::to_string(&text).unwrap();
            prop_assert!(cause.len() < 32_768 - 2_048, "{}", cause.len());
        }
    }
}

#[test]
fn more_targets_than_fit_are_refused() {
    let problems = begin(&large(MOST_TARGETS + 1, 31), &json!({"tenant": "acme"})).unwrap_err();
    assert!(problems[0].contains("selects 1001 targets"), "{problems:?}");
    let problems = begin(&large(300, 1_000), &json!({"tenant": "acme"})).unwrap_err();
    assert!(
        problems[0].contains("of the report, it has room for 200000"),
        "{problems:?}"
    );
}
