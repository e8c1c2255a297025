//! Every rule of the distribution with the mistake that breaks it.
#![expect(clippy::unwrap_used, reason = "in a test, a panic is the report")]

mod mistake;

use std::collections::BTreeSet;

use mistake::set;
use serde_json::{Value, json};
use warmfront::contract::Contract;
use warmfront::distribution::{Distribution, cloudformation};
use warmfront::rule::{self, Problem};
use warmfront::rulebook::{Expected, check_distribution};

const CONFIG: &str = "/Resources/Distribution/Properties/DistributionConfig";

fn contract() -> Value {
    serde_json::from_str(include_str!("fixture/contract.json")).unwrap()
}

fn template() -> Value {
    serde_json::from_str(include_str!("fixture/template.json")).unwrap()
}

fn read(template: Value) -> Distribution {
    cloudformation::distributions(&[template])
        .unwrap()
        .remove(0)
}

fn expected() -> Expected {
    Expected {
        public_paths: vec!["/login".to_owned()],
        ..Expected::default()
    }
}

fn problems(contract: &Value, template: &Value) -> Vec<Problem> {
    let contract = Contract::parse(&contract.to_string()).unwrap();
    check_distribution(&read(template.clone()), &contract, &expected())
}

fn names(problems: &[Problem]) -> Vec<String> {
    problems.iter().map(|problem| problem.rule.name()).collect()
}

/// The rule, where in the distribution's configuration (with `//`, in the template) the mistake is
/// made, and what is written there.
fn mistakes() -> Vec<(&'static str, String, Value)> {
    let policy = |name: &str, pointer: &str| {
        let section = match name {
            "Key" => "CachePolicyConfig",
            "HideTags" => "ResponseHeadersPolicyConfig",
            _ => "OriginRequestPolicyConfig",
        };
        format!("//Resources/{name}/Properties/{section}/{pointer}")
    };
    let key = |pointer: &str| {
        policy(
            "Key",
            &format!("ParametersInCacheKeyAndForwardedToOrigin/{pointer}"),
        )
    };
    let tenant = |name: &str| format!("CacheBehaviors/2/{name}");
    let function = |name: &str| format!("//Resources/Authorizer/Properties/{name}");
    let version = |name: &str| format!("//Resources/AuthorizerVersion/Properties/{name}");
    let config = str::to_owned;
    let headers = |names: &[&str]| json!({"HeaderBehavior": "whitelist", "Headers": names});
    let all = ["x-organization-id", "x-locale-bucket", "x-device-class"];
    let export = json!({
        "PathPattern": "/reports/*", "TargetOriginId": "api", "ViewerProtocolPolicy": "https-only",
        "CachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6",
        "ResponseHeadersPolicyId": {"Ref": "HideTags"},
    });
    vec![
        ("disabled", config("Enabled"), json!(false)),
        ("staging", config("Staging"), json!(true)),
        ("tag-config-missing", config("CacheTagConfig"), json!(null)),
        (
            "tag-config-differs",
            config("CacheTagConfig/HeaderName"),
            json!("x-tags"),
        ),
        (
            "authorizer-missing",
            tenant("LambdaFunctionAssociations/0/EventType"),
            json!("origin-request"),
        ),
        (
            "authorizer-missing",
            config("CacheBehaviors/3"),
            export.clone(),
        ),
        (
            "token-unverified",
            tenant("LambdaFunctionAssociations"),
            json!([]),
        ),
        (
            "way-round",
            config("DefaultCacheBehavior/LambdaFunctionAssociations"),
            json!([]),
        ),
        (
            "tagger-missing",
            tenant("LambdaFunctionAssociations/1"),
            json!(null),
        ),
        (
            "tagger-missing",
            tenant("LambdaFunctionAssociations/1/LambdaFunctionARN"),
            json!({"Ref": "AuthorizerVersion"}),
        ),
        (
            "viewer-side-twice",
            tenant("FunctionAssociations"),
            json!([{"EventType": "viewer-response"}]),
        ),
        (
            "cache-policy-unknown",
            tenant("CachePolicyId"),
            json!("11111111-2222-3333-4444-555555555555"),
        ),
        (
            "forwarding-unknown",
            tenant("OriginRequestPolicyId"),
            json!("11111111-2222-3333-4444-555555555555"),
        ),
        ("key-lacks-tenant", key("HeadersConfig"), headers(&all[1..])),
        (
            "key-lacks-tenant",
            config("DefaultCacheBehavior/CachePolicyId"),
            json!("658327ea-f89d-4fab-a63d-7e88639e58f6"),
        ),
        ("key-lacks-tenant", config("CacheBehaviors/3"), export),
        ("key-lacks-header", key("HeadersConfig"), headers(&all[..2])),
        (
            "key-lacks-query",
            key("QueryStringsConfig/QueryStrings/2"),
            json!(null),
        ),
        (
            "key-has-authorization",
            key("HeadersConfig/Headers/3"),
            json!("Authorization"),
        ),
        (
            "key-has-more",
            key("HeadersConfig/Headers/3"),
            json!("accept"),
        ),
        (
            "key-has-more",
            key("QueryStringsConfig"),
            json!({"QueryStringBehavior": "all"}),
        ),
        (
            "key-has-more",
            key("CookiesConfig"),
            json!({"CookieBehavior": "all"}),
        ),
        (
            "key-encodings",
            key("EnableAcceptEncodingBrotli"),
            json!(false),
        ),
        ("not-compressed", tenant("Compress"), json!(false)),
        ("min-ttl", policy("Key", "MinTTL"), json!(60)),
        ("ttl-differs", policy("Key", "MaxTTL"), json!(3600)),
        (
            "options-cached",
            tenant("CachedMethods"),
            json!(["GET", "HEAD", "OPTIONS"]),
        ),
        ("methods", tenant("AllowedMethods"), json!(["HEAD"])),
        (
            "query-forwarded",
            policy("ForwardToApi", "QueryStringsConfig/QueryStringBehavior"),
            json!("all"),
        ),
        (
            "query-forwarded",
            tenant("OriginRequestPolicyId"),
            json!("216adef6-5c7f-47e4-b989-5492eafa07d3"),
        ),
        (
            "cookies-forwarded",
            policy("ForwardToApi", "CookiesConfig/CookieBehavior"),
            json!("all"),
        ),
        (
            "header-forwarded",
            policy("ForwardToApi", "HeadersConfig/Headers"),
            json!(["accept-language", "user-agent"]),
        ),
        (
            "header-forwarded",
            policy("ForwardToApi", "HeadersConfig/Headers"),
            json!(["host"]),
        ),
        (
            "header-forwarded",
            policy("ForwardToApi", "HeadersConfig"),
            headers(&["x-feature"]),
        ),
        (
            "token-not-forwarded",
            tenant("OriginRequestPolicyId"),
            json!(null),
        ),
        (
            "token-not-forwarded",
            policy("ForwardUncached", "HeadersConfig/Headers/1"),
            json!("authorization"),
        ),
        (
            "tenant-not-forwarded",
            policy("ForwardUncached", "HeadersConfig/Headers/1"),
            json!("X-Organization-Id"),
        ),
        (
            "query-not-forwarded",
            policy("ForwardUncached", "QueryStringsConfig/QueryStringBehavior"),
            json!("none"),
        ),
        (
            "public-tenant-header",
            policy("ForwardAnonymous", "HeadersConfig/Headers"),
            json!(["host"]),
        ),
        (
            "tag-visible",
            tenant("ResponseHeadersPolicyId"),
            json!(null),
        ),
        (
            "header-hidden",
            policy("HideTags", "RemoveHeadersConfig/Items/1"),
            json!({"Header": "X-Data-Version"}),
        ),
        (
            "header-overwritten",
            policy("HideTags", "CustomHeadersConfig"),
            json!({"Items": [{"Header": "x-data-version", "Value": "1", "Override": true}]}),
        ),
        (
            "plain-viewers",
            tenant("ViewerProtocolPolicy"),
            json!("allow-all"),
        ),
        (
            "plain-origin",
            config("Origins/0/CustomOriginConfig/OriginProtocolPolicy"),
            json!("http-only"),
        ),
        (
            "error-page",
            config("CustomErrorResponses"),
            json!([{"ErrorCode": 403, "ResponseCode": 200, "ResponsePagePath": "/index.html"}]),
        ),
        (
            "error-page",
            config("CustomErrorResponses"),
            json!([{"ErrorCode": 503, "ResponseCode": 404, "ResponsePagePath": "/busy.html"}]),
        ),
        (
            "header-hidden",
            policy("HideTags", "RemoveHeadersConfig/Items/1"),
            json!({"Header": "Age"}),
        ),
        (
            "header-hidden",
            policy("HideTags", "RemoveHeadersConfig/Items/1"),
            json!({"Header": "X-Cache"}),
        ),
        (
            "browsers-told",
            policy("HideTags", "RemoveHeadersConfig/Items/1"),
            json!({"Header": "Cache-Control"}),
        ),
        (
            "browsers-told",
            policy("HideTags", "CustomHeadersConfig"),
            json!({"Items": [{"Header": "Cache-Control", "Value": "max-age=60", "Override": true}]}),
        ),
        (
            "error-kept",
            config("CustomErrorResponses"),
            json!([{"ErrorCode": 404, "ErrorCachingMinTTL": 60}]),
        ),
        (
            "error-kept",
            config("CustomErrorResponses"),
            json!([{"ErrorCode": 403, "ErrorCachingMinTTL": 86_400}]),
        ),
        (
            "error-ttl",
            config("CustomErrorResponses"),
            json!([{"ErrorCode": 503, "ErrorCachingMinTTL": 60}]),
        ),
        ("signed", tenant("TrustedKeyGroups"), json!(["k"])),
        (
            "custom-header",
            config("Origins/0/OriginCustomHeaders"),
            json!([{"HeaderName": "X-Organization-Id", "HeaderValue": "acme"}]),
        ),
        ("path-unserved", tenant("PathPattern"), json!("/app/*")),
        ("endpoint-default", tenant("PathPattern"), json!("/app/*")),
        (
            "endpoint-uncached",
            tenant("CachePolicyId"),
            json!("4135ea2d-6df8-44a3-9df3-4b5a84be39ad"),
        ),
        ("endpoint-bucket", tenant("TargetOriginId"), json!("good")),
        (
            "read-timeout",
            config("Origins/0/CustomOriginConfig/OriginReadTimeout"),
            json!(60),
        ),
        (
            "read-timeout",
            config("Origins/0/CustomOriginConfig/OriginReadTimeout"),
            json!(null),
        ),
        (
            "completion-timeout",
            config("Origins/0/ResponseCompletionTimeout"),
            json!(60),
        ),
        (
            "probe-cached",
            config("CacheBehaviors/0/PathPattern"),
            json!("/other"),
        ),
        ("edge-memory", function("MemorySize"), json!(256)),
        ("edge-timeout", function("Timeout"), json!(30)),
        (
            "edge-unsupported",
            function("Environment"),
            json!({"Variables": {"A": "b"}}),
        ),
        (
            "edge-unsupported",
            function("Layers"),
            json!(["arn:aws:lambda:us-east-1:1:layer:x:1"]),
        ),
        (
            "edge-unsupported",
            function("TracingConfig"),
            json!({"Mode": "Active"}),
        ),
        (
            "edge-unsupported",
            function("SnapStart"),
            json!({"ApplyOn": "PublishedVersions"}),
        ),
        (
            "edge-unsupported",
            function("ReservedConcurrentExecutions"),
            json!(10),
        ),
        (
            "edge-unsupported",
            version("ProvisionedConcurrencyConfig"),
            json!({"ProvisionedConcurrentExecutions": 1}),
        ),
        (
            "edge-unsupported",
            function("EphemeralStorage"),
            json!({"Size": 1024}),
        ),
        (
            "token-unverified",
            config("CacheBehaviors/1/CachePolicyId"),
            json!("658327ea-f89d-4fab-a63d-7e88639e58f6"),
        ),
        (
            "edge-unpublished",
            tenant("LambdaFunctionAssociations/0/LambdaFunctionARN"),
            json!({"Fn::GetAtt": ["Authorizer", "Arn"]}),
        ),
        (
            "edge-architecture",
            function("Architectures/0"),
            json!("arm64"),
        ),
        (
            "edge-runtime",
            function("Runtime"),
            json!("provided.al2023"),
        ),
    ]
}

fn broken(pointer: &str, value: Value) -> Value {
    let mut document = template();
    let pointer = match pointer.strip_prefix('/') {
        Some(whole) => whole.to_owned(),
        None => format!("{CONFIG}/{pointer}"),
    };
    set(&mut document, &pointer, value);
    document
}

/// Mistakes that take more than one place.
fn larger_mistakes() -> Vec<(&'static str, Value, Value)> {
    let changed = |mut document: Value, changes: &[(&str, Value)]| {
        for (pointer, value) in changes {
            set(&mut document, pointer, value.clone());
        }
        document
    };
    let at = |pointer: &str| format!("{CONFIG}/{pointer}");
    let group = json!({"Items": [{
        "Id": "group", "FailoverCriteria": {"StatusCodes": {"Items": [404, 503]}},
        "Members": {"Items": [{"OriginId": "api"}, {"OriginId": "good"}]},
    }]});
    let failing = changed(
        template(),
        &[
            (&at("OriginGroups"), group),
            (&at("CacheBehaviors/2/TargetOriginId"), json!("group")),
            (
                "/Resources/GoodPolicy/Properties/PolicyDocument/Statement/0/Action",
                json!("s3:GetObject"),
            ),
        ],
    );
    let many: Value = (0..76)
        .map(|i| {
            changed(
                template().pointer(&at("CacheBehaviors/0")).unwrap().clone(),
                &[("/PathPattern", json!(format!("/api/version/{i}")))],
            )
        })
        .collect();
    let own = template().pointer(&at("CacheBehaviors/2")).unwrap().clone();
    let elsewhere = changed(
        template(),
        &[
            (&at("CacheBehaviors/2/PathPattern"), json!("/api/cost/*")),
            (&at("CacheBehaviors/3"), own),
        ],
    );
    let mut policies = template();
    for i in 0..21 {
        let policy = policies["Resources"]["Key"].clone();
        policies["Resources"][format!("Key{i}")] = policy;
    }
    let mut shadowed = template();
    shadowed
        .pointer_mut(&at("CacheBehaviors"))
        .unwrap()
        .as_array_mut()
        .unwrap()
        .swap(0, 2);
    let mut cookie = contract();
    set(&mut cookie, "/cacheKey/cookies", json!(["theme"]));
    set(
        &mut cookie,
        "/cacheKey/sent",
        json!({"cookies": {"theme": "dark"}}),
    );
    let public = changed(
        template(),
        &[(&at("CacheBehaviors/1/PathPattern"), json!("/login"))],
    );
    let mut login = contract();
    set(
        &mut login,
        "/endpoints/5",
        json!({"path": "/login", "timeout": "10s"}),
    );
    set(
        &mut login,
        "/paths/1",
        json!({"pattern": "/login", "defaultTtl": "1d", "maxTtl": "7d"}),
    );
    vec![
        ("failover-code", contract(), failing.clone()),
        ("failover-methods", contract(), failing.clone()),
        ("failover-bucket", contract(), failing),
        (
            "too-many-behaviors",
            contract(),
            changed(template(), &[(&at("CacheBehaviors"), many)]),
        ),
        ("too-many-policies", contract(), policies),
        ("behavior-shadowed", contract(), shadowed),
        ("endpoint-elsewhere", contract(), elsewhere),
        ("key-lacks-cookie", cookie, template()),
        ("endpoint-public", login, public),
    ]
}

#[test]
fn the_distribution_of_the_tests_is_sound() {
    assert_eq!(
        names(&problems(&contract(), &template())),
        Vec::<String>::new()
    );
}

#[test]
fn each_mistake_breaks_its_rule() {
    for (rule, pointer, value) in mistakes() {
        let found = problems(&contract(), &broken(&pointer, value.clone()));
        for problem in &found {
            let text = problem.to_string();
            assert!((0..5).all(|i| !text.contains(&format!("{{{i}"))), "{text}");
        }
        let found = names(&found);
        assert!(
            found.iter().any(|each| each == rule),
            "{pointer} = {value} breaks {found:?}, not {rule}"
        );
    }
    for (rule, contract, template) in larger_mistakes() {
        let found = names(&problems(&contract, &template));
        assert!(
            found.iter().any(|each| each == rule),
            "{rule} is not broken: {found:?}"
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
                .map(|(rule, ..)| rule.to_owned()),
        )
        .collect();
    let known: BTreeSet<String> = rule::distribution::ALL
        .iter()
        .map(|rule| rule.name())
        .collect();
    assert_eq!(
        known.difference(&made).collect::<Vec<_>>(),
        Vec::<&String>::new()
    );
    assert_eq!(
        made.difference(&known).collect::<Vec<_>>(),
        Vec::<&String>::new()
    );
}
