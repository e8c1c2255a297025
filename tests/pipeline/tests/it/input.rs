//! Bad inputs: a clear error that names it, and nothing purged.

use futures_util::future::join_all;
use pipeline::{Trial, trial};
use serde_json::{Value, json};
use warmfront::tenant::TenantId;

/// Runs with this input, asserts that it is refused before the purge, and that the cause has these
/// parts.
async fn is_refused(t: &Trial, input: Value, parts: &[&str]) {
    let machine = &t.stack.state.pipeline.state_machine_alias_arn;
    let ended = t.start_with(machine, &input).await.ended().await;
    let cause = ended.failed("Preflight", "InvalidInput");
    for part in parts {
        assert!(cause.contains(part), "{input}: {part:?} is not in: {cause}");
    }
    assert_eq!(ended.states(), ["Preflight"], "{input}");
    assert_eq!(
        ended.stumbles().len(),
        1,
        "bad input is not repeated: {input}"
    );
}

/// Asserts that no invalidation of this text was ever asked for.
async fn never_purged(t: &Trial, text: &str) {
    let filter = [
        ("plane", "control"),
        ("operation", "CreateInvalidation"),
        ("item", text),
    ];
    let calls = t.cloudfront().history(&filter).await.unwrap();
    assert!(calls.is_empty(), "{calls:?}");
}

#[test]
fn a_tenant_that_is_no_canonical_id_is_refused() {
    trial(async |t| {
        let long = "a".repeat(65);
        let bad = [
            "",
            " ",
            "acme corp",
            "acme,beta",
            "../x",
            "#x",
            "*",
            "tenant:x",
            "-x",
            "\u{1f980}",
            "a\u{7}b",
            "a\u{0}b",
            "caf\u{e9}",
            "\u{ff21}cme",
            &long,
        ];
        join_all(bad.map(async |tenant| {
            is_refused(t, json!({ "tenant": tenant }), &["tenant", "is refused"]).await;
            if tenant.trim().len() > 2 {
                never_purged(t, tenant).await;
            }
        }))
        .await;
    });
}

#[test]
fn the_refused_tenant_is_named() {
    trial(async |t| {
        is_refused(t, json!({ "tenant": "acme corp" }), &["\"acme corp\""]).await;
        is_refused(t, json!({ "tenant": "a".repeat(300) }), &["aaaaaaaa", "64"]).await;
    });
}

#[test]
fn a_missing_or_non_string_tenant_is_refused() {
    trial(async |t| {
        let inputs = [
            (json!({}), "tenant is missing"),
            (json!({ "tenant": null }), "tenant is missing"),
            (json!({ "tenant": 7 }), "tenant is a number"),
            (json!({ "tenant": true }), "tenant is a boolean"),
            (json!({ "tenant": ["acme"] }), "tenant is a list"),
            (json!({ "tenant": { "id": "acme" } }), "tenant is an object"),
            (json!([{ "tenant": "acme" }]), "a list"),
            (json!("acme"), "a string"),
        ];
        join_all(inputs.map(async |(input, part)| is_refused(t, input, &[part]).await)).await;
    });
}

#[test]
fn every_problem_of_an_input_is_told_at_once() {
    trial(async |t| {
        let input = json!({
            "tenant": 7, "scope": "", "endpoints": ["/a", 3], "expectedVersion": 4, "tenat": "acme",
        });
        let parts = [
            "tenant is a number",
            "scope is empty",
            "endpoints[1]",
            "expectedVersion is a number",
            "\"tenat\"",
        ];
        is_refused(t, input, &parts).await;
    });
}

#[test]
fn what_the_contract_does_not_have_is_refused() {
    trial(async |t| {
        let with = |field: &str, value: Value| {
            let mut input = json!({ "tenant": t.tenant });
            input[field] = value;
            input
        };
        let inputs = [
            (
                with("endpoints", json!(["/api/nothing"])),
                vec!["/api/nothing", "not in the contract"],
            ),
            (with("endpoints", json!([])), vec!["empty list"]),
            (
                with("scope", json!("sales")),
                vec!["\"sales\"", "cost, inventory, security"],
            ),
            (
                with("expectedVersion", json!("seven")),
                vec!["expectedVersion", "seven"],
            ),
            (
                with("tenants", json!(["acme"])),
                vec!["\"tenants\"", "the fields are tenant"],
            ),
        ];
        join_all(inputs.map(async |(input, parts)| is_refused(t, input, &parts).await)).await;
        assert_eq!(t.purge_calls().await.len(), 0);
    });
}

#[test]
fn a_malformed_distribution_tenant_is_refused_before_the_purge() {
    trial(async |t| {
        let ended = t
            .refresh(json!({ "distributionTenant": "E123", "endpoints": [crate::OVERVIEW] }))
            .await;
        let cause = ended.failed(ended.last_state(), "InvalidInput");
        assert!(cause.contains("E123") && cause.contains("dt_"), "{cause}");
        assert_eq!(t.purge_calls().await.len(), 0);
    });
}

#[test]
fn upper_case_is_folded() {
    trial(async |t| {
        let machine = &t.stack.state.pipeline.state_machine_alias_arn;
        let input = json!({ "tenant": t.tenant.to_uppercase(), "endpoints": [crate::OVERVIEW] });
        let report = t.start_with(machine, &input).await.ended().await.report();
        assert_eq!(report.tenant, TenantId::parse(&t.tenant).unwrap());
        assert_eq!(
            t.purge_calls().await[0]["items"],
            json!([format!("#{}", t.tag())])
        );
        assert!(
            t.origin_requests()
                .await
                .iter()
                .all(|request| request.tenant == t.tenant)
        );
    });
}
