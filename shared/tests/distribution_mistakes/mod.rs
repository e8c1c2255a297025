//! Mistakes in a distribution, each with the rule that it breaks, by what they are about.

mod edge;
mod endpoints;
mod forwarding;
mod key;
mod whole;

use serde_json::{Value, json};

use crate::mistake::set;

/// Where the configuration is in the template.
const CONFIG: &str = "/Resources/Distribution/Properties/DistributionConfig";

/// The contract of the tests.
pub(crate) fn contract() -> Value {
    serde_json::from_str(include_str!("../fixture/contract.json")).unwrap()
}

/// A template with a distribution that fits it.
pub(crate) fn template() -> Value {
    serde_json::from_str(include_str!("../fixture/template.json")).unwrap()
}

/// The rule, where in the distribution's configuration (with `//`, in the template) the mistake is
/// made, and what is written there.
pub(crate) type Mistake = (&'static str, String, Value);

/// Mistakes in one place.
pub(crate) fn mistakes() -> Vec<Mistake> {
    [
        whole::mistakes(),
        edge::mistakes(),
        key::mistakes(),
        forwarding::mistakes(),
        endpoints::mistakes(),
    ]
    .concat()
}

/// The headers of the tests' key.
const HEADERS: [&str; 3] = ["x-organization-id", "x-locale-bucket", "x-device-class"];

fn config(pointer: &str) -> String {
    pointer.to_owned()
}

/// In the behaviour of the contract's path.
fn tenant(name: &str) -> String {
    format!("CacheBehaviors/2/{name}")
}

fn policy(name: &str, pointer: &str) -> String {
    let section = match name {
        "Key" => "CachePolicyConfig",
        "HideTags" => "ResponseHeadersPolicyConfig",
        _ => "OriginRequestPolicyConfig",
    };
    format!("//Resources/{name}/Properties/{section}/{pointer}")
}

fn key(pointer: &str) -> String {
    policy(
        "Key",
        &format!("ParametersInCacheKeyAndForwardedToOrigin/{pointer}"),
    )
}

fn function(name: &str) -> String {
    format!("//Resources/Authorizer/Properties/{name}")
}

fn version(name: &str) -> String {
    format!("//Resources/AuthorizerVersion/Properties/{name}")
}

fn headers(names: &[&str]) -> Value {
    json!({"HeaderBehavior": "whitelist", "Headers": names})
}

/// A behaviour by AWS's own policies.
fn export() -> Value {
    json!({
        "PathPattern": "/reports/*", "TargetOriginId": "api", "ViewerProtocolPolicy": "https-only",
        "CachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6",
        "ResponseHeadersPolicyId": {"Ref": "HideTags"},
    })
}

/// The template with a mistake in it.
pub(crate) fn broken(pointer: &str, value: Value) -> Value {
    let mut document = template();
    let pointer = match pointer.strip_prefix('/') {
        Some(whole) => whole.to_owned(),
        None => format!("{CONFIG}/{pointer}"),
    };
    set(&mut document, &pointer, value);
    document
}

/// Mistakes that take more than one place.
pub(crate) fn larger() -> Vec<(&'static str, Value, Value)> {
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
    let bucket_first = changed(
        failing.clone(),
        &[(
            &at("OriginGroups/Items/0/Members/Items"),
            json!([{"OriginId": "good"}, {"OriginId": "api"}]),
        )],
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
        ("endpoint-bucket", contract(), bucket_first),
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
