//! The policies that AWS manages, with the settings that the developer guide tells.

use serde_json::{Value, json};

use crate::stage::{Script, Stage, changed, fixture};

const CACHE: [&str; 7] = [
    "2e54312d-136d-493c-8eb9-b001f22f67d2",
    "4135ea2d-6df8-44a3-9df3-4b5a84be39ad",
    "658327ea-f89d-4fab-a63d-7e88639e58f6",
    "b2884449-e4de-46a7-ac36-70bc7f1ddd6d",
    "08627262-05a9-4f76-9ded-b50ca2e3a84f",
    "83da9c7e-98b4-4e11-a168-04f0df8e2c65",
    "4cc15a8a-d715-48a4-82b8-cc0b614638fe",
];
const MEDIA_PACKAGE: &str = CACHE[4];
const DISABLED: &str = CACHE[1];
const FORWARD: [&str; 8] = [
    "216adef6-5c7f-47e4-b989-5492eafa07d3",
    "33f36d7e-f396-46d9-90e0-52428a34d9dc",
    "b689b0a8-53d0-40ab-baf2-68738e2966ac",
    "59781a5b-3903-41f3-afcb-af62929ccde1",
    "88a5eaf4-2fd4-4709-b370-b4c650ea3fcf",
    "775133bc-15f2-49f9-abea-afb2e0bf67d2",
    "bf0718e1-ba1e-49d1-88b1-f726733018ae",
    "acba4595-bd28-49b8-b9fe-13317c0390fa",
];
const ALL_VIEWER_AND_CLOUDFRONT: &str = FORWARD[1];
const MEDIA_TAILOR: &str = FORWARD[5];
const HOST_ONLY: &str = FORWARD[6];
const HEADERS: [&str; 5] = [
    "60669652-455b-4ae9-85a4-c4c02393f86c",
    "5cc3b908-e619-4b99-88e5-2cf7f45965bd",
    "67f7725c-6f97-4210-82d7-5512b31e9d03",
    "e61eb60c-9c35-4d20-a928-2b84e02af89c",
    "eaab4381-ed33-4a86-88ca-d9558dc6cd63",
];

/// `/open/*` with these policies.
async fn stage(name: &str, policies: Value) -> Stage {
    let path = changed(name, |config| {
        let behavior = &mut config["CacheBehaviors"][2];
        for (member, id) in policies.as_object().unwrap() {
            behavior[member] = id.clone();
        }
    });
    Stage::start_with(|options| options.templates = vec![path, fixture("Edge")]).await
}

#[tokio::test]
async fn every_managed_policy_is_known() {
    for (index, cache) in CACHE.iter().enumerate() {
        let policies = json!({"CachePolicyId": cache, "OriginRequestPolicyId": FORWARD[index],
            "ResponseHeadersPolicyId": HEADERS[index % 5]});
        let stage = stage(&format!("managed-{index}"), policies).await;
        let seen = stage.get("/open/a", &[]).await;
        assert_eq!(seen.status, 200, "{cache}");
    }
    let last = json!({"OriginRequestPolicyId": FORWARD[7]});
    let stage = stage("managed-last", last).await;
    assert_eq!(stage.get("/open/a", &[]).await.status, 200);
}

#[tokio::test]
async fn the_key_of_a_media_package_has_four_parameters() {
    let stage = stage("media-package", json!({"CachePolicyId": MEDIA_PACKAGE})).await;
    stage.get("/open/a?m=1&start=2&utm=3", &[]).await;
    let other = stage.get("/open/a?m=1&start=2&utm=4", &[]).await;
    assert_eq!(other.cache(), "Hit");
    let other = stage.get("/open/a?m=1&start=3", &[]).await;
    assert_eq!(other.cache(), "Miss");
    let other = stage
        .get("/open/a?m=1&start=2", &[("origin", "https://a")])
        .await;
    assert_eq!(other.cache(), "Miss", "Origin is in the key");
}

#[tokio::test]
async fn origin_request_policies_forward_what_they_name() {
    let viewer = [
        ("host", "www.example.com"),
        ("origin", "https://a"),
        ("x-own", "1"),
        ("cookie", "a=1"),
        ("user-agent", "Mozilla/5.0 (iPhone)"),
    ];
    let cases = [
        (HOST_ONLY, vec!["host"], "/open/a"),
        (MEDIA_TAILOR, vec!["origin", "user-agent"], "/open/a?q=1"),
        (
            ALL_VIEWER_AND_CLOUDFRONT,
            vec!["host", "origin", "x-own", "cookie", "user-agent"],
            "/open/a?q=1",
        ),
    ];
    for (policy, forwarded, target) in cases {
        let policies = json!({"CachePolicyId": DISABLED, "OriginRequestPolicyId": policy});
        let stage = stage(&format!("forward-{policy}"), policies).await;
        stage.get("/open/a?q=1", &viewer).await;
        let asked = &stage.origin.asked()[0];
        assert_eq!(asked.target, target);
        for (name, value) in viewer {
            let is_forwarded = asked.headers.get(name).is_some_and(|found| found == value);
            assert_eq!(is_forwarded, forwarded.contains(&name), "{policy}: {name}");
        }
        let added = asked.headers.get("cloudfront-is-mobile-viewer");
        let expected = policy == ALL_VIEWER_AND_CLOUDFRONT;
        assert_eq!(added.is_some(), expected, "{policy}");
    }
}

#[tokio::test]
async fn managed_cors_headers_are_for_requests_with_an_origin() {
    let policies = json!({"ResponseHeadersPolicyId": HEADERS[4]});
    let stage = stage("cors-managed", policies).await;
    let plain = stage.get("/open/a", &[]).await;
    assert_eq!(plain.header("access-control-allow-origin"), "");
    assert_eq!(plain.header("x-frame-options"), "SAMEORIGIN");
    let origin = ("origin", "https://a.example.com");
    let simple = stage.get("/open/a", &[origin]).await;
    assert_eq!(simple.header("access-control-allow-origin"), "*");
    assert_eq!(simple.header("access-control-allow-methods"), "");
    let preflight = [origin, ("access-control-request-method", "PUT")];
    let asked = stage.send("OPTIONS", "/open/a", &preflight).await;
    assert_eq!(
        asked.header("access-control-allow-methods"),
        "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT"
    );
    assert!(!asked.headers.contains_key("access-control-allow-headers"));
}

#[tokio::test]
async fn one_cors_header_of_the_origin_keeps_out_those_of_the_policy() {
    let policies = json!({"ResponseHeadersPolicyId": HEADERS[1]});
    let stage = stage("cors-of-the-origin", policies).await;
    let own = Script::ok("a").header("access-control-max-age", "5");
    stage.origin.answers("/open/a", own);
    let seen = stage.get("/open/a", &[("origin", "https://a")]).await;
    assert_eq!(seen.header("access-control-max-age"), "5");
    assert_eq!(seen.header("access-control-allow-origin"), "");
}

#[tokio::test]
async fn a_bucket_is_not_sent_what_changes_the_headers_of_its_answer() {
    let path = changed("spared-bucket", |config| {
        let origin = config["Origins"][0].as_object_mut().unwrap();
        origin.remove("CustomOriginConfig");
        origin.insert("S3OriginConfig".to_owned(), json!({}));
        config["DefaultCacheBehavior"]["OriginRequestPolicyId"] = json!(FORWARD[2]);
    });
    let stage = Stage::start_with(|options| options.templates = vec![path, fixture("Edge")]).await;
    let target = "/b?a=1&response-content-type=text/html&b";
    stage.get(target, &[]).await;
    assert_eq!(stage.origin.asked()[0].target, "/b?a=1&b");
}
