use serde_json::{Value, json};

use super::*;

fn example() -> Value {
    serde_json::from_str(include_str!("../../tests/fixture/contract.json")).unwrap()
}

#[test]
fn shipped_contract_holds() {
    if let Err(error) = Contract::parse(include_str!("../../contract.json")) {
        panic!("{error}");
    }
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
fn tags_of_a_response_begin_with_the_tenant() {
    let contract = Contract::parse(include_str!("../../tests/fixture/contract.json")).unwrap();
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
