use serde_json::{Value, json};

use super::*;

fn example() -> Value {
    serde_json::from_str(include_str!("../../contract.json")).unwrap()
}

fn problems_of(document: &Value) -> Vec<String> {
    Contract::parse(&document.to_string()).map_or_else(|error| error.problems, |_| Vec::new())
}

#[test]
fn example_contract_holds() {
    assert_eq!(problems_of(&example()), Vec::<String>::new());
}

#[test]
fn example_contract_matches_its_schema() {
    let schema = serde_json::from_str(include_str!("../../contract.schema.json")).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator
        .iter_errors(&example())
        .map(|error| error.to_string())
        .collect();
    assert_eq!(errors, Vec::<String>::new());
}

#[test]
fn several_faults_are_reported_together() {
    let mut document = example();
    document["tagHeader"] = json!(7);
    document["tenant"]["header"] = json!("x-other");
    document["endpoints"][0]["timeout"] = json!("soon");
    document["endpoints"][1]["path"] = json!("//evil.example/{tenant}");
    document["endpoints"][2]["scope"] = json!("nowhere");
    document["surplus"] = json!(true);
    let problems = problems_of(&document);
    for part in [
        "tagHeader is not a string",
        "\"x-other\" is not in cacheKey.headers",
        "endpoints[0].timeout: \"soon\" is not a duration",
        "begins with //",
        "\"nowhere\" is not among the scopes",
        "surplus is not a field here",
    ] {
        assert!(
            problems.iter().any(|problem| problem.contains(part)),
            "{part}: {problems:#?}"
        );
    }
}

#[test]
fn each_rule_has_a_contract_that_breaks_it() {
    let cases: &[(&str, Value, &str)] = &[
        ("/tagPrefix", json!("tenant: "), "no cache tag may have"),
        ("/tagPrefix", json!("t".repeat(250)), "CloudFront takes 256"),
        (
            "/tagHeader",
            json!("Cache-Tag"),
            "not a lower-case header name",
        ),
        ("/previousTagHeader", json!("cache-tag"), "equals tagHeader"),
        ("/tenant/id/maxLength", json!(65), "only 64 is supported"),
        ("/tenant/id/pattern", json!("[a-z]+"), "is supported"),
        (
            "/tenant/queryNames/0",
            json!("org"),
            "\"org\" is not in cacheKey.queryNames",
        ),
        (
            "/cacheKey/headers/1",
            json!("authorization"),
            "prewarming would help nobody",
        ),
        ("/cacheKey/encodings/0", json!("zstd"), "knows br and gzip"),
        ("/cacheKey/cookies", json!("none"), "is not a list"),
        (
            "/cacheKey/cookies",
            json!(["theme"]),
            "\"theme\", which the prewarmer does not send",
        ),
        (
            "/cacheKey/headers/3",
            json!("origin"),
            "\"origin\", which the prewarmer does not send",
        ),
        (
            "/cacheKey/sent",
            json!({"headers": {"x-locale-bucket": "de"}}),
            "not for the prewarmer to send",
        ),
        (
            "/cacheKey/sent",
            json!({"cookies": {"theme": "dark"}}),
            "not for the prewarmer to send",
        ),
        ("/cacheKey/warmed", json!([]), "cacheKey.warmed is empty"),
        (
            "/cacheKey/warmed",
            json!(["zstd"]),
            "neither in cacheKey.encodings nor identity",
        ),
        (
            "/tenant/prewarmGroup",
            json!("superadmin"),
            "equals tenant.superadminGroup",
        ),
        ("/version/tags", json!("yes"), "not true or false"),
        (
            "/variants/0/from",
            json!("claim:custom:role"),
            "a claim is not sent",
        ),
        ("/variants/0/from", json!("claim:"), "names no claim"),
        (
            "/variants/0/values/0",
            json!({"value": "en", "matches": ["en"]}),
            "has no send",
        ),
        ("/variants/0/default", json!("fr"), "not among its values"),
        (
            "/variants/0/values/1/value",
            json!("en"),
            "has \"en\" twice",
        ),
        (
            "/variants/1/values/1/prewarm",
            json!(false),
            "no value that is prewarmed",
        ),
        (
            "/version/order",
            json!("size"),
            "one of integer, timestamp and opaque",
        ),
        ("/paths", json!([]), "paths is empty"),
        ("/paths/0/defaultTtl", json!("8d"), "longer than its maxTtl"),
        ("/paths/0/pattern", json!("/app/*"), "matches none of paths"),
        (
            "/scopes/cost",
            json!(["/api/billing*"]),
            "matches no pattern of its scope",
        ),
        (
            "/scopes/Cost Centre",
            json!(["/api/x"]),
            "a scope name has only",
        ),
        ("/endpoints", json!([]), "endpoints is empty"),
        (
            "/endpoints/0/path",
            json!("/api/overview?org={tenant}"),
            "query name \"org\"",
        ),
        (
            "/endpoints/0/path",
            json!("/api/../admin"),
            "which clients resolve away",
        ),
        (
            "/endpoints/0/path",
            json!("/api/%2E%2e/admin"),
            "which clients resolve away",
        ),
        (
            "/endpoints/0/path",
            json!("/api/{user}"),
            "braces that are not {tenant}",
        ),
        (
            "/endpoints/0/path",
            json!("/api/a b"),
            "must be percent-encoded",
        ),
        (
            "/endpoints/0/path",
            json!("/api/\\evil"),
            "must be percent-encoded",
        ),
        (
            "/endpoints/0/path",
            json!("https://evil.example/"),
            "does not begin with /",
        ),
        ("/endpoints/0/path", json!("/api/x#y"), "has a fragment"),
        ("/endpoints/0/required", json!("yes"), "not true or false"),
        (
            "/endpoints/0/tenantPointer",
            json!("organization"),
            "not a JSON pointer",
        ),
        (
            "/migration/paths",
            json!(["/api/*"]),
            "would purge every tenant",
        ),
        (
            "/migration/paths",
            json!(["/a*?organization={tenant}*"]),
            "only once and last",
        ),
    ];
    for (pointer, value, part) in cases {
        let mut document = example();
        set(&mut document, pointer, value.clone());
        let problems = problems_of(&document);
        assert!(
            problems.iter().any(|problem| problem.contains(part)),
            "{pointer} = {value}: {part:?} is not among {problems:#?}"
        );
    }
}

#[test]
fn tags_of_a_response_begin_with_the_tenant() {
    let contract = Contract::parse(include_str!("../../contract.json")).unwrap();
    let tenant = TenantId::parse("acme").unwrap();
    let tags: Vec<String> = contract
        .response_tags(&tenant, "/api/cost/summary?organization=acme", None)
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(tags, ["tenant:acme", "tenant:acme:cost"]);
}

#[test]
fn what_is_left_out_has_its_default() {
    let mut document = example();
    document["tenant"]
        .as_object_mut()
        .unwrap()
        .remove("prewarmGroup");
    document["tenant"].as_object_mut().unwrap().remove("id");
    let contract = Contract::parse(&document.to_string()).unwrap();
    assert_eq!(contract.tenant.prewarm_group, "prewarm");
    assert!(contract.version.unwrap().tags);
    for (encodings, warmed) in [
        (json!(["gzip", "br"]), "br"),
        (json!(["gzip"]), "gzip"),
        (json!([]), "identity"),
    ] {
        document["cacheKey"]["encodings"] = encodings;
        let contract = Contract::parse(&document.to_string()).unwrap();
        assert_eq!(contract.cache_key.warmed, [warmed]);
    }
}

#[test]
fn the_prewarmer_names_the_value_of_a_claims_variant_itself() {
    let mut document = example();
    let role = json!({
        "header": "x-role", "from": "claim:custom:role", "default": "reader",
        "values": [
            {"value": "reader", "matches": []},
            {"value": "editor", "matches": ["editor", "owner"]},
        ],
    });
    set(&mut document, "/cacheKey/headers/3", json!("x-role"));
    set(&mut document, "/variants/2", role);
    let contract = Contract::parse(&document.to_string()).unwrap();
    let role = &contract.variants[2];
    assert_eq!(role.from, VariantSource::Claim("custom:role".into()));
    assert_eq!(role.request(&role.values[1]), ("x-role", "editor"));
    let locale = &contract.variants[0];
    assert_eq!(
        locale.request(&locale.values[0]),
        ("accept-language", "en-US,en;q=0.9")
    );
}

#[test]
fn canonical_form_is_the_same_contract() {
    let mut document = example();
    document["cacheKey"]["cookies"] = json!(["theme"]);
    document["cacheKey"]["sent"] = json!({"cookies": {"theme": "dark"}});
    let contract = Contract::parse(&document.to_string()).unwrap();
    let canonical = contract.to_json();
    assert_eq!(Contract::parse(&canonical).unwrap(), contract);
    let schema = serde_json::from_str(include_str!("../../contract.schema.json")).unwrap();
    let canonical: Value = serde_json::from_str(&canonical).unwrap();
    assert!(jsonschema::is_valid(&schema, &canonical), "{canonical}");
}

#[test]
fn digest_is_of_what_is_said_and_not_of_its_spelling() {
    let digest = |document: &Value| Contract::parse(&document.to_string()).unwrap().digest();
    let mut document = example();
    let first = digest(&document);
    assert!(first.len() == 16 && first.bytes().all(|byte| byte.is_ascii_hexdigit()));
    document["paths"][0]["defaultTtl"] = json!("24h");
    document["version"]["tags"] = json!(true);
    document.as_object_mut().unwrap().remove("$schema");
    assert_eq!(digest(&document), first);
    document["endpoints"][0]["timeout"] = json!("109s");
    assert_ne!(digest(&document), first);
}

fn set(document: &mut Value, pointer: &str, value: Value) {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    match document.pointer_mut(parent).unwrap() {
        Value::Object(object) => {
            object.insert(name.to_owned(), value);
        }
        Value::Array(list) => {
            let index: usize = name.parse().unwrap();
            if index == list.len() {
                list.push(value);
            } else {
                list[index] = value;
            }
        }
        other => panic!("{pointer} leads into {other}"),
    }
}
