//! Every rule of the contract with the mistake that breaks it.
#![expect(clippy::unwrap_used, reason = "in a test, a panic is the report")]

mod contract_mistakes;
mod mistake;

use std::collections::BTreeSet;

use contract_mistakes::{CONTRACT, example, larger, mistakes};
use mistake::set;
use serde_json::{Value, json};
use warmfront::contract::Contract;
use warmfront::rule;

fn rules_broken(json: &str) -> Vec<String> {
    match Contract::parse(json) {
        Ok(_) => Vec::new(),
        Err(error) => {
            for problem in &error.problems {
                let text = problem.to_string();
                assert!(
                    !text.contains("{0") && !text.contains("{1") && !text.contains("{2"),
                    "{text}"
                );
                assert!(!problem.mend().is_empty(), "{text}");
            }
            error
                .problems
                .iter()
                .map(|problem| problem.rule.name())
                .collect()
        }
    }
}

#[test]
fn the_contract_of_the_tests_is_sound() {
    assert_eq!(rules_broken(CONTRACT), Vec::<String>::new());
}

#[test]
fn each_mistake_breaks_its_rule() {
    for (rule, pointer, value) in mistakes() {
        let mut document = example();
        set(&mut document, pointer, value.clone());
        let broken = rules_broken(&document.to_string());
        assert!(
            broken.iter().any(|each| each == rule),
            "{pointer} = {value} breaks {broken:?}, not {rule}"
        );
    }
    for (rule, json) in larger() {
        let broken = rules_broken(&json);
        assert!(
            broken.iter().any(|each| each == rule),
            "{rule} is not broken: {broken:?}"
        );
    }
}

#[test]
fn each_rule_has_a_mistake() {
    let made: BTreeSet<String> = mistakes()
        .into_iter()
        .map(|(rule, ..)| rule.to_owned())
        .chain(larger().into_iter().map(|(rule, _)| rule.to_owned()))
        .chain(["unreadable".to_owned()])
        .collect();
    let known: BTreeSet<String> = rule::contract::ALL.iter().map(|rule| rule.name()).collect();
    assert_eq!(
        known.difference(&made).collect::<Vec<_>>(),
        Vec::<&String>::new()
    );
    assert_eq!(
        made.difference(&known).collect::<Vec<_>>(),
        Vec::<&String>::new()
    );
}

#[test]
fn sound_contracts_are_not_refused() {
    let role = json!({
        "header": "x-role", "from": "claim:custom:role", "default": "reader",
        "values": [{"value": "reader", "matches": []}, {"value": "editor", "matches": ["editor"]}],
    });
    let scopes: serde_json::Map<_, _> = (0..40)
        .map(|i| (format!("s{i}"), json!([format!("/api/s{i}/*")])))
        .collect();
    let endpoints: Value = (0..40)
        .map(|i| json!({"path": format!("/api/s{i}/x"), "timeout": "10s"}))
        .collect();
    for changes in [
        vec![
            ("/variants/2", role),
            ("/cacheKey/headers/3", json!("x-role")),
        ],
        vec![
            ("/cacheKey/headers/3", json!("origin")),
            (
                "/cacheKey/sent",
                json!({"headers": {"origin": "https://app.example.com"}}),
            ),
        ],
        vec![
            ("/cacheKey/cookies", json!(["theme"])),
            ("/cacheKey/sent", json!({"cookies": {"theme": "dark"}})),
        ],
        vec![("/cacheKey/encodings", json!([]))],
        vec![("/cacheKey/warmed", json!(["br", "gzip", "identity"]))],
        vec![(
            "/endpoints/5",
            json!({"path": "/api/cost/trend?window=30d&organization={tenant}", "timeout": "30s"}),
        )],
        vec![("/previousTagHeader", json!("x-amz-meta-cache-tag"))],
        vec![(
            "/migration/paths",
            json!(["/api/{tenant}/*", "/api/overview?organization={tenant}"]),
        )],
        vec![(
            "/paths",
            json!([
                {"pattern": "/api/cost*", "defaultTtl": "1h", "maxTtl": "365d"},
                {"pattern": "/api/*", "defaultTtl": "1d", "maxTtl": "7d"},
            ]),
        )],
        vec![(
            "/endpoints/5",
            json!({"path": "/api/%C3%BC?window=90d", "timeout": "30s", "required": false}),
        )],
        vec![
            ("/scopes", Value::Object(scopes)),
            ("/endpoints", endpoints),
        ],
    ] {
        let mut document = example();
        for (pointer, value) in &changes {
            set(&mut document, pointer, value.clone());
        }
        assert_eq!(
            rules_broken(&document.to_string()),
            Vec::<String>::new(),
            "{changes:?}"
        );
    }
}

#[test]
fn a_problem_says_place_finding_consequence_and_mend() {
    let mut document = example();
    set(&mut document, "/cacheKey/headers/3", json!("authorization"));
    let error = Contract::parse(&document.to_string()).unwrap_err();
    assert_eq!(
        error.problems[0].to_string(),
        "cacheKey.headers has \"authorization\": every login would have entries of its own, and prewarming \
         would help nobody; drop it: the viewer authorizer checks the token before the cache is asked"
    );
}

#[test]
fn what_is_missing_is_not_called_empty_as_well() {
    let broken = rules_broken(r#"{"not": "a contract"}"#);
    assert_eq!(broken, [vec!["missing"; 7], vec!["unknown-field"]].concat());
}
