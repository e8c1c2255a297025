//! Every rule of the contract with the mistake that breaks it.
#![expect(clippy::unwrap_used, reason = "in a test, a panic is the report")]

mod mistake;

use std::collections::BTreeSet;

use mistake::set;
use serde_json::{Value, json};
use warmfront::contract::Contract;
use warmfront::rule;

const CONTRACT: &str = include_str!("fixture/contract.json");

fn example() -> Value {
    serde_json::from_str(CONTRACT).unwrap()
}

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

/// The rule, where the mistake is made, and what is written there.
fn mistakes() -> Vec<(&'static str, &'static str, Value)> {
    let endpoint = |path: &str| json!({"path": path, "timeout": "10s"});
    let many = |of: &str, n: usize| (0..n).map(|i| json!(format!("{of}{i}"))).collect::<Value>();
    let claim = |from: &str| json!({"header": "x-role", "from": from, "default": "a", "values": [{"value": "a", "matches": ["a"]}]});
    vec![
        ("not-an-object", "/tenant", json!([])),
        ("not-a-list", "/cacheKey/cookies", json!("none")),
        ("not-a-text", "/tagHeader", json!(7)),
        ("not-a-flag", "/endpoints/0/required", json!("yes")),
        ("not-a-flag", "/version/tags", json!("yes")),
        ("missing", "/tenant", json!({})),
        ("empty", "/tagPrefix", json!("")),
        ("unknown-field", "/surplus", json!(true)),
        ("not-a-duration", "/endpoints/0/timeout", json!("soon")),
        ("not-a-duration", "/paths/0/maxTtl", json!("1w")),
        ("unknown-value", "/version/order", json!("size")),
        ("id-form", "/tenant/id/maxLength", json!(65)),
        ("id-form", "/tenant/id/pattern", json!("[a-z]+")),
        ("header-name", "/tagHeader", json!("Cache-Tag")),
        ("header-name", "/variants/0/from", json!("accept language")),
        ("header-not-writable", "/tagHeader", json!("x-cache")),
        (
            "header-not-writable",
            "/tenant/header",
            json!("x-amz-cf-id"),
        ),
        (
            "header-not-writable",
            "/tenant/responseHeader",
            json!("via"),
        ),
        ("header-taken", "/tenant/header", json!("authorization")),
        (
            "header-taken",
            "/variants/0/header",
            json!("accept-language"),
        ),
        ("header-twice", "/version/header", json!("cache-tag")),
        (
            "header-twice",
            "/version/header",
            json!("x-organization-id"),
        ),
        (
            "header-twice",
            "/variants/0/header",
            json!("x_device_class"),
        ),
        (
            "header-twice",
            "/tenant/responseHeader",
            json!("x-data-version"),
        ),
        (
            "previous-tag-header",
            "/previousTagHeader",
            json!("cache-tag"),
        ),
        ("version-header", "/version/header", json!("etag")),
        ("version-header", "/version/header", json!("last-modified")),
        ("prefix-characters", "/tagPrefix", json!("tenant: ")),
        ("prefix-characters", "/tagPrefix", json!("a,b:")),
        ("tag-too-long", "/tagPrefix", json!("t".repeat(120))),
        ("scope-name", "/scopes/Cost Centre", json!(["/api/cost*"])),
        ("scope-empty", "/scopes/cost", json!([])),
        ("scope-outside-paths", "/scopes/cost/0", json!("/billing/*")),
        (
            "scope-without-endpoint",
            "/scopes/lonely",
            json!(["/api/lonely*"]),
        ),
        ("pattern-start", "/paths/0/pattern", json!("api/*")),
        (
            "pattern-characters",
            "/paths/0/pattern",
            json!("/api/{tenant}/*"),
        ),
        ("pattern-characters", "/paths/0/pattern", json!("/api/#*")),
        ("pattern-characters", "/paths/0/pattern", json!("/api/é*")),
        ("pattern-characters", "/scopes/cost/0", json!("/api/co st*")),
        (
            "pattern-characters",
            "/scopes/cost/0",
            json!("/api/cost?window=30d"),
        ),
        ("pattern-never", "/paths/0/pattern", json!("/api//*")),
        ("pattern-never", "/paths/0/pattern", json!("/api/../*")),
        (
            "pattern-too-long",
            "/paths/0/pattern",
            json!(format!("/{}*", "a".repeat(255))),
        ),
        (
            "pattern-twice",
            "/paths/1",
            json!({"pattern": "/api/*", "defaultTtl": "1d", "maxTtl": "7d"}),
        ),
        ("pattern-twice", "/scopes/cost/2", json!("/api/cost*")),
        (
            "pattern-shadowed",
            "/paths/1",
            json!({"pattern": "/api/cost*", "defaultTtl": "1d", "maxTtl": "7d"}),
        ),
        ("no-paths", "/paths", json!([])),
        ("ttl-order", "/paths/0/defaultTtl", json!("8d")),
        ("ttl-too-long", "/paths/0/maxTtl", json!("366d")),
        ("key-lacks", "/tenant/queryNames/0", json!("org")),
        ("key-lacks", "/cacheKey/headers/0", json!("x-other")),
        ("key-lacks", "/cacheKey/headers/1", json!("x-other")),
        ("key-header-refused", "/cacheKey/headers/3", json!("host")),
        ("key-header-refused", "/cacheKey/headers/3", json!("cookie")),
        (
            "key-header-refused",
            "/cacheKey/headers/3",
            json!("accept-encoding"),
        ),
        (
            "key-authorization",
            "/cacheKey/headers/3",
            json!("authorization"),
        ),
        (
            "key-header-too-many-values",
            "/cacheKey/headers/3",
            json!("user-agent"),
        ),
        (
            "key-header-too-many-values",
            "/cacheKey/headers/3",
            json!("x-request-id"),
        ),
        (
            "key-header-from-cloudfront",
            "/cacheKey/headers/3",
            json!("cloudfront-viewer-country"),
        ),
        (
            "key-cookie-session",
            "/cacheKey/cookies",
            json!(["JSESSIONID"]),
        ),
        (
            "key-cookie-session",
            "/cacheKey/cookies",
            json!(["connect.sid"]),
        ),
        ("key-query-buster", "/cacheKey/queryNames/3", json!("_")),
        (
            "key-query-buster",
            "/cacheKey/queryNames/3",
            json!("utm_source"),
        ),
        (
            "key-name-characters",
            "/cacheKey/queryNames/3",
            json!("a b"),
        ),
        ("key-too-long", "/cacheKey/queryNames", many("q", 11)),
        ("key-name-alike", "/cacheKey/queryNames/3", json!("Window")),
        ("key-name-twice", "/cacheKey/queryNames/3", json!("window")),
        ("key-name-twice", "/cacheKey/encodings/1", json!("br")),
        ("not-sent", "/cacheKey/cookies", json!(["theme"])),
        ("not-sent", "/cacheKey/headers/3", json!("origin")),
        (
            "sent-needlessly",
            "/cacheKey/sent",
            json!({"headers": {"x-locale-bucket": "de"}}),
        ),
        (
            "sent-needlessly",
            "/cacheKey/sent",
            json!({"cookies": {"theme": "dark"}}),
        ),
        (
            "sent-characters",
            "/cacheKey/sent",
            json!({"headers": {"origin": " https://a"}}),
        ),
        ("unknown-encoding", "/cacheKey/encodings/0", json!("zstd")),
        ("warmed-not-in-key", "/cacheKey/warmed", json!(["deflate"])),
        ("no-warmed", "/cacheKey/warmed", json!([])),
        ("groups-equal", "/tenant/prewarmGroup", json!("superadmin")),
        (
            "group-characters",
            "/tenant/superadminGroup",
            json!("super admin"),
        ),
        (
            "claim-characters",
            "/tenant/claim",
            json!("custom: organization"),
        ),
        (
            "variant-tenant",
            "/variants/0/from",
            json!("x-organization-id"),
        ),
        ("variant-default", "/variants/0/default", json!("fr")),
        ("variant-no-values", "/variants/0/values", json!([])),
        (
            "variant-not-warmed",
            "/variants/1/values/1/prewarm",
            json!(false),
        ),
        ("variant-twice", "/variants/0/values/1/value", json!("en")),
        (
            "variant-twice",
            "/variants/1/header",
            json!("x-locale-bucket"),
        ),
        (
            "variant-match-twice",
            "/variants/0/values/1/matches/0",
            json!("EN"),
        ),
        (
            "variant-unreachable",
            "/variants/0/values/1/matches",
            json!([]),
        ),
        (
            "variant-characters",
            "/variants/0/values/1/value",
            json!("dé"),
        ),
        (
            "variant-characters",
            "/variants/0/values/1/send",
            json!(" de"),
        ),
        (
            "variant-language",
            "/variants/0/values/0/matches/0",
            json!("en_US"),
        ),
        (
            "variant-language",
            "/variants/0/values/0/matches/0",
            json!("international"),
        ),
        (
            "variant-language",
            "/variants/0/values/0/matches/0",
            json!("1"),
        ),
        (
            "variant-source-absent",
            "/variants/0/from",
            json!("cloudfront-viewer-country"),
        ),
        (
            "variant-source-absent",
            "/variants/0/from",
            json!("x-forwarded-for"),
        ),
        (
            "variant-source-shared",
            "/variants/1/from",
            json!("accept-language"),
        ),
        (
            "variant-send-missing",
            "/variants/0/values/0",
            json!({"value": "en", "matches": ["en"]}),
        ),
        (
            "variant-send-needless",
            "/variants/0/from",
            json!("claim:custom:role"),
        ),
        ("variant-claim", "/variants/2", claim("claim:sub")),
        (
            "variant-claim",
            "/variants/2",
            claim("claim:custom:organization"),
        ),
        ("variant-claim", "/variants/2", claim("claim:")),
        ("no-endpoints", "/endpoints", json!([])),
        (
            "endpoint-twice",
            "/endpoints/5",
            endpoint("/api/overview?organization={tenant}"),
        ),
        (
            "endpoint-alike",
            "/endpoints/5",
            endpoint("/api/cost/trend?window=90d&organization={tenant}"),
        ),
        (
            "endpoint-alike",
            "/endpoints/5",
            endpoint("/api/overview?Organization={tenant}"),
        ),
        (
            "tenant-in-path",
            "/endpoints/0/path",
            json!("/api/{tenant}/overview"),
        ),
        (
            "tenant-in-path",
            "/endpoints/0/path",
            json!("/api/overview;organization={tenant}"),
        ),
        ("path-characters", "/endpoints/0/path", json!("/api/a b")),
        ("path-characters", "/endpoints/0/path", json!("/api/ü")),
        (
            "path-characters",
            "/endpoints/0/path",
            json!("/api//overview"),
        ),
        (
            "path-characters",
            "/endpoints/0/path",
            json!("//evil.example/{tenant}"),
        ),
        (
            "path-characters",
            "/endpoints/0/path",
            json!("https://evil.example/"),
        ),
        (
            "path-characters",
            "/endpoints/0/path",
            json!("/api/../admin"),
        ),
        (
            "path-characters",
            "/endpoints/0/path",
            json!("/api/%2E%2e/admin"),
        ),
        ("path-characters", "/endpoints/0/path", json!("/api/%63ost")),
        ("path-characters", "/endpoints/0/path", json!("/api/%zz")),
        ("path-characters", "/endpoints/0/path", json!("/api/%0a")),
        ("path-characters", "/endpoints/0/path", json!("/api/{user}")),
        ("path-characters", "/endpoints/0/path", json!("/api/x#y")),
        ("path-characters", "/endpoints/0/path", json!("/api/x?")),
        (
            "path-characters",
            "/endpoints/0/path",
            json!("/api/x?window='30d'"),
        ),
        (
            "path-characters",
            "/endpoints/0/path",
            json!(format!("/api/{}", "a".repeat(8_192))),
        ),
        ("path-characters", "/probe/path", json!("/api/version#x")),
        (
            "fixed-tenant",
            "/endpoints/0/path",
            json!("/api/overview?organization=acme"),
        ),
        (
            "fixed-tenant",
            "/probe/path",
            json!("/api/version?organization=acme"),
        ),
        (
            "tenant-unchecked",
            "/endpoints/0/path",
            json!("/api/overview?window={tenant}"),
        ),
        ("request-wildcard", "/endpoints/0/path", json!("/api/over*")),
        ("request-wildcard", "/probe/path", json!("/api/ver*")),
        (
            "probe-is-path",
            "/probe/path",
            json!("/api/*?organization={tenant}"),
        ),
        ("claim-no-tenant", "/tenant/claim", json!("cognito:groups")),
        ("claim-no-tenant", "/tenant/claim", json!("jti")),
        (
            "claim-characters",
            "/tenant/claim",
            json!("claim:custom:organization"),
        ),
        (
            "header-taken",
            "/tagHeader",
            json!("access-control-allow-origin"),
        ),
        ("header-taken", "/tagHeader", json!("x-warmfront-look")),
        ("header-taken", "/tenant/header", json!("x-forwarded-host")),
        (
            "header-taken",
            "/tenant/responseHeader",
            json!("content-type"),
        ),
        (
            "header-twice",
            "/previousTagHeader",
            json!("x-organization-id"),
        ),
        (
            "version-header",
            "/version/header",
            json!("content-language"),
        ),
        (
            "key-header-too-many-values",
            "/cacheKey/headers/3",
            json!("x-session-id"),
        ),
        (
            "key-header-too-many-values",
            "/cacheKey/headers/3",
            json!("x-api-key"),
        ),
        ("key-cookie-session", "/cacheKey/cookies", json!(["_gid"])),
        (
            "key-cookie-session",
            "/cacheKey/cookies",
            json!(["user_id"]),
        ),
        ("key-name-characters", "/cacheKey/queryNames/3", json!("*")),
        ("key-query-buster", "/cacheKey/queryNames/3", json!("ts")),
        (
            "query-not-in-key",
            "/endpoints/0/path",
            json!("/api/overview?org={tenant}"),
        ),
        (
            "query-twice",
            "/endpoints/0/path",
            json!("/api/overview?window=1d&window=2d"),
        ),
        ("not-cached", "/paths/0/pattern", json!("/app/*")),
        ("scope-unknown", "/endpoints/1/scope", json!("costs")),
        ("scope-misses", "/endpoints/1/scope", json!("inventory")),
        (
            "pointer",
            "/endpoints/0/tenantPointer",
            json!("organization"),
        ),
        ("pointer", "/endpoints/0/tenantPointer", json!("/a~2")),
        ("timeout-too-long", "/endpoints/0/timeout", json!("20m")),
        ("timeout-too-long", "/probe/timeout", json!("1h")),
        (
            "probe-is-endpoint",
            "/probe/path",
            json!("/api/overview?organization={tenant}"),
        ),
        (
            "migration-every-tenant",
            "/migration/paths",
            json!(["/api/*"]),
        ),
        (
            "migration-neighbour",
            "/migration/paths",
            json!(["/api/x?organization={tenant}*"]),
        ),
        (
            "migration-neighbour",
            "/migration/paths",
            json!(["/api/{tenant}-eu*"]),
        ),
        (
            "migration-wildcard",
            "/migration/paths",
            json!(["/api/*/x?organization={tenant}"]),
        ),
        (
            "migration-outside-paths",
            "/migration/paths",
            json!(["/app/{tenant}/*"]),
        ),
        (
            "migration-twice",
            "/migration/paths",
            json!(["/api/{tenant}/*", "/api/{tenant}/*"]),
        ),
        (
            "too-many-wildcards",
            "/migration/paths",
            (0..16)
                .map(|i| json!(format!("/api/{i}/{{tenant}}/*")))
                .collect(),
        ),
    ]
}

/// Mistakes that take more than one place.
fn larger_mistakes() -> Vec<(&'static str, String)> {
    let changed = |changes: &[(&str, Value)]| {
        let mut document = example();
        for (pointer, value) in changes {
            set(&mut document, pointer, value.clone());
        }
        document.to_string()
    };
    let paths = |n: usize| -> Value {
        (0..n).map(|i| json!({"pattern": format!("/api/{i}/*"), "defaultTtl": format!("{}s", i + 1), "maxTtl": "7d"})).collect()
    };
    let scopes: serde_json::Map<_, _> = (0..25)
        .map(|i| (format!("s{i}"), json!(["/api/*"])))
        .collect();
    let values: Value = (0..17)
        .map(|i| {
            let value = format!("v{i}");
            json!({"value": value, "matches": [format!("{value};")], "send": format!("{value};")})
        })
        .collect();
    vec![
        ("not-json", "{".to_owned()),
        ("not-json", format!("\u{feff}{CONTRACT}")),
        (
            "key-twice",
            CONTRACT.replacen("\"tagPrefix\"", "\"tagPrefix\": \"x:\", \"tagPrefix\"", 1),
        ),
        (
            "key-twice",
            CONTRACT.replacen("\"claim\"", "\"claim\": \"x\", \"claim\"", 1),
        ),
        (
            "too-many-tags",
            changed(&[("/scopes", Value::Object(scopes))]),
        ),
        ("too-many-paths", changed(&[("/paths", paths(74))])),
        ("too-many-ttls", changed(&[("/paths", paths(21))])),
        (
            "too-many-variants",
            changed(&[
                ("/variants/1/values", values),
                ("/variants/1/default", json!("v0")),
            ]),
        ),
        (
            "probe-without-version",
            CONTRACT.replace(
                r#""version": { "header": "x-data-version", "order": "integer" },"#,
                "",
            ),
        ),
    ]
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
    for (rule, json) in larger_mistakes() {
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
        .chain(
            larger_mistakes()
                .into_iter()
                .map(|(rule, _)| rule.to_owned()),
        )
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
