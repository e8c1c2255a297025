use serde_json::json;

use super::*;

#[test]
fn tenant_alone_is_enough() {
    let input = ExecutionInput::parse(&json!({"tenant": "ACME"})).unwrap();
    assert_eq!(input.tenant.as_str(), "acme");
    assert_eq!(input.endpoints, None);
}

#[test]
fn reports_every_problem_together() {
    let error = ExecutionInput::parse(&json!({
        "tenant": 7, "scope": "", "endpoints": ["/a", 3], "tenat": "acme"
    }))
    .unwrap_err();
    let message = error.to_string();
    assert_eq!(error.problems.len(), 4, "{message}");
    for part in [
        "tenant is a number",
        "scope is empty",
        "endpoints[1]",
        "\"tenat\"",
    ] {
        assert!(message.contains(part), "{message}");
    }
}

#[test]
fn names_the_refused_tenant() {
    for bad in ["", "acme corp", "acme,beta", "../x", "#x", "🦀", "a\u{7}"] {
        let message = ExecutionInput::parse(&json!({"tenant": bad}))
            .unwrap_err()
            .to_string();
        assert!(
            message.contains(&format!("tenant {bad:?} is refused")),
            "{message}"
        );
    }
    let long = "a".repeat(5_000);
    let message = ExecutionInput::parse(&json!({"tenant": long}))
        .unwrap_err()
        .to_string();
    assert!(message.len() < 400 && message.contains("5000"), "{message}");
}

#[test]
fn missing_tenant_and_other_shapes_are_named() {
    for (given, part) in [
        (json!({}), "tenant is missing"),
        (json!({"tenant": null}), "tenant is missing"),
        (json!([]), "it is a list"),
        (json!("acme"), "it is a string"),
        (json!(null), "it is null"),
    ] {
        let message = ExecutionInput::parse(&given).unwrap_err().to_string();
        assert!(message.contains(part), "{message}");
    }
}

#[test]
fn every_field_has_a_cap() {
    for (field, value, part) in [
        ("reason", "r".repeat(90_000), "reason has 90000 characters"),
        ("scope", "s".repeat(65), "at most 64"),
        ("expectedVersion", "9".repeat(65), "at most 64"),
        ("distributionTenant", "dt_x\"".to_owned(), "is not an id"),
        ("mode", "destroy".to_owned(), "the modes are refresh, warm"),
    ] {
        let given = json!({"tenant": "acme", field: value});
        let message = ExecutionInput::parse(&given).unwrap_err().to_string();
        assert!(message.contains(part), "{message}");
        assert!(message.len() < 600, "{message}");
    }
    let paths = vec!["/api/some/endpoint/of/the/contract"; 1_000];
    let given = json!({"tenant": "acme", "endpoints": paths});
    let message = ExecutionInput::parse(&given).unwrap_err().to_string();
    assert!(message.contains("at most 32768 are taken"), "{message}");
}

#[test]
fn a_purge_that_was_handed_in_is_read_whole_or_refused() {
    let purge = json!({"id": "I1", "createTime": "2026-05-04T03:13:44Z"});
    let input = ExecutionInput::parse(&json!({"tenant": "acme", "purge": purge})).unwrap();
    assert_eq!(input.purge.unwrap().completed_at, None);
    for (purge, parts) in [
        (json!("I1"), vec!["purge is a string"]),
        (
            json!({}),
            vec!["purge.id is missing", "purge.createTime is missing"],
        ),
        (
            json!({"id": "I1", "createTime": "yesterday", "by": "me"}),
            vec![
                "purge.createTime \"yesterday\"",
                "purge.\"by\" is not a field",
            ],
        ),
    ] {
        let given = json!({"tenant": "acme", "purge": purge});
        let message = ExecutionInput::parse(&given).unwrap_err().to_string();
        for part in parts {
            assert!(message.contains(part), "{message}");
        }
    }
    let both = json!({"tenant": "acme", "mode": "verify", "purge": purge});
    let message = ExecutionInput::parse(&both).unwrap_err().to_string();
    assert!(message.contains("waits for no purge"), "{message}");
}
