//! Questions and their answers, as the CDK app puts and gets them.
#![expect(clippy::unwrap_used, reason = "in a test, a panic is the report")]

use serde_json::{Value, json};

const CONTRACT: &str = include_str!("../../../shared/tests/fixture/contract.json");
const TEMPLATE: &str = include_str!("../../../shared/tests/fixture/template.json");

fn template() -> Value {
    serde_json::from_str(TEMPLATE).unwrap()
}

fn ask(question: &Value) -> Value {
    serde_json::from_str(&rulebook::answer(&question.to_string())).unwrap()
}

fn rules(answer: &Value) -> Vec<&str> {
    let problems = answer["problems"].as_array().unwrap();
    problems
        .iter()
        .map(|each| each["rule"].as_str().unwrap())
        .collect()
}

fn distribution(templates: &Value, more: &Value) -> Value {
    let mut question = json!({
        "ask": "distribution", "contract": CONTRACT, "templates": templates,
        "distribution": "Distribution", "publicPaths": ["/login"],
    });
    for (name, value) in more.as_object().unwrap() {
        question[name] = value.clone();
    }
    ask(&question)
}

#[test]
fn a_contract_is_valid_or_has_problems() {
    let contract = |text: &str| ask(&json!({"ask": "contract", "contract": text}));
    assert_eq!(contract(CONTRACT), json!({"problems": []}));
    assert!(rules(&contract("{}")).contains(&"missing"));
}

#[test]
fn a_distribution_is_held_against_a_contract_that_is_valid() {
    let templates = json!([template()]);
    assert_eq!(
        distribution(&templates, &json!({})),
        json!({"problems": []})
    );
    let wrong = distribution(&templates, &json!({"contract": "{}"}));
    assert!(rules(&wrong).contains(&"missing"));
}

#[test]
fn where_functions_are_named_only_those_count() {
    let named = |tagger: &str, authorizer: &str| {
        let more = json!({"taggers": [{"Ref": tagger}], "authorizers": [{"Ref": authorizer}]});
        distribution(&json!([template()]), &more)
    };
    assert_eq!(
        named("TaggerVersion", "AuthorizerVersion"),
        json!({"problems": []})
    );
    assert!(rules(&named("AnotherVersion", "AuthorizerVersion")).contains(&"tagger-missing"));
    assert!(rules(&named("TaggerVersion", "AnotherVersion")).contains(&"authorizer-missing"));
}

#[test]
fn templates_may_call_their_resources_alike() {
    let mut other = template();
    other["Resources"]["Key"]["Properties"]["CachePolicyConfig"]["MinTTL"] = json!(60);
    let both = json!([template(), other]);
    assert_eq!(distribution(&both, &json!({})), json!({"problems": []}));
    let swapped = json!([both[1], both[0]]);
    assert_eq!(rules(&distribution(&swapped, &json!({}))), ["min-ttl"]);
}

#[test]
fn what_another_template_exports_is_found_there() {
    let mut own = template();
    let mut other = json!({"Resources": {}, "Outputs": {"Out": {
        "Value": {"Ref": "Key"}, "Export": {"Name": "Other:Key"},
    }}});
    other["Resources"]["Key"] = own["Resources"]["Key"].take();
    own["Resources"].as_object_mut().unwrap().remove("Key");
    own["Resources"]["Distribution"]["Properties"]["DistributionConfig"]["CacheBehaviors"][2]["CachePolicyId"] =
        json!({"Fn::ImportValue": "Other:Key"});
    assert_eq!(
        distribution(&json!([own, other]), &json!({})),
        json!({"problems": []})
    );
    assert_eq!(
        rules(&distribution(&json!([own]), &json!({}))),
        ["cache-policy-unknown"]
    );
}

#[test]
fn the_pipeline_beside_a_distribution_says_how_long_errors_are_cached() {
    let pipeline = |ttl: &str, distribution: Value| {
        json!({"Resources": {"Prewarm": {"Type": "AWS::Lambda::Function", "Properties": {
            "Environment": {"Variables": {"ERROR_CACHING_TTL": ttl, "DISTRIBUTION_ID": distribution}},
        }}}})
    };
    let imported = |ttl| pipeline(ttl, json!({"Fn::ImportValue": "elsewhere"}));
    let of = |pipelines: &[Value], more: &Value| {
        let templates: Vec<_> = [template()]
            .into_iter()
            .chain(pipelines.iter().cloned())
            .collect();
        distribution(&json!(templates), more)["problems"]
            .as_array()
            .unwrap()
            .len()
    };
    assert_eq!(
        of(&[imported("60s")], &json!({})),
        4,
        "500, 502, 503 and 504"
    );
    assert_eq!(
        of(&[imported("60s"), imported("10s")], &json!({})),
        0,
        "either may be meant"
    );
    assert_eq!(
        of(&[pipeline("60s", json!("E2ANOTHER"))], &json!({})),
        0,
        "of another one"
    );
    assert_eq!(of(&[], &json!({"errorCachingTtl": 60})), 4);
    assert_eq!(of(&[imported("10s")], &json!({"errorCachingTtl": 60})), 0);
}

#[test]
fn the_cache_keys_are_in_the_order_of_the_behaviours() {
    let question =
        json!({"ask": "cacheKeys", "templates": [template()], "distribution": "Distribution"});
    let answer = ask(&question);
    let keys = answer["keys"].as_array().unwrap();
    let patterns: Vec<_> = keys
        .iter()
        .map(|each| each["pattern"].as_str().unwrap())
        .collect();
    assert_eq!(patterns, ["/api/version", "/login", "/api/*", "*"]);
    assert_eq!(
        keys[2],
        json!({
            "pattern": "/api/*", "cached": true,
            "headers": ["x-device-class", "x-locale-bucket", "x-organization-id"],
            "queryNames": ["organization", "organization_id", "window"],
            "cookies": [], "encodings": ["br", "gzip"],
        })
    );
    assert_eq!(keys[3]["cached"], false);
}

#[test]
fn what_cannot_be_looked_at_is_said() {
    let elsewhere = json!({"ask": "cacheKeys", "templates": [template()], "distribution": "Other"});
    for (question, why) in [
        (elsewhere, "no distribution \"Other\""),
        (
            json!({"ask": "cacheKeys", "templates": [{}], "distribution": "Other"}),
            "there is no",
        ),
        (json!({"ask": "the oracle"}), "the question cannot be read"),
    ] {
        let answer = ask(&question);
        assert!(
            answer["unreadable"].as_str().unwrap().contains(why),
            "{answer}"
        );
    }
}
