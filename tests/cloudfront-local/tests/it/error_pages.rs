//! Custom error pages, and what browsers of other origins are told.

use serde_json::json;

use crate::stage::{Script, Stage, changed, fixture, with_resources};

async fn stage() -> Stage {
    let template = changed("error-pages", |config| {
        config["CustomErrorResponses"] = json!([
            {"ErrorCode": 404, "ErrorCachingMinTTL": 60, "ResponsePagePath": "/open/lost.html", "ResponseCode": 200},
            {"ErrorCode": 500, "ErrorCachingMinTTL": 60, "ResponsePagePath": "/open/broken.html", "ResponseCode": 500},
        ]);
    });
    Stage::start_with(|options| options.templates = vec![template, fixture("Edge")]).await
}

#[tokio::test]
async fn the_page_takes_the_place_of_the_error_with_the_status_that_is_asked_for() {
    let stage = stage().await;
    stage
        .origin
        .answers("/open/gone", Script::ok("plain").status(404));
    stage
        .origin
        .answers("/open/down", Script::ok("plain").status(500));
    stage
        .origin
        .answers("/open/lost.html", Script::ok("lost").header("x-page", "1"));
    stage
        .origin
        .answers("/open/broken.html", Script::ok("broken"));
    for _ in 0..2 {
        let gone = stage.get("/open/gone", &[]).await;
        assert_eq!(
            (
                gone.status,
                gone.body.as_str(),
                gone.header("x-page"),
                gone.cache()
            ),
            (200, "lost", "1", "Error")
        );
        let down = stage.get("/open/down", &[]).await;
        assert_eq!((down.status, down.body.as_str()), (500, "broken"));
    }
    assert_eq!(stage.origin.asked().len(), 4, "error and page are cached");
}

#[tokio::test]
async fn a_page_that_cannot_be_had_is_answered_with_the_status_of_the_attempt() {
    let stage = stage().await;
    stage
        .origin
        .answers("/open/down", Script::ok("plain").status(500));
    stage
        .origin
        .answers("/open/broken.html", Script::ok("").status(403));
    assert_eq!(stage.get("/open/down", &[]).await.status, 403);
}

#[tokio::test]
async fn errors_of_edge_functions_keep_their_own_body() {
    let stage = stage().await;
    stage.origin.answers("/open/lost.html", Script::ok("lost"));
    let refused = stage.get("/api/cost", &[]).await;
    assert_eq!((refused.status, refused.body.as_str()), (401, "{}"));
}

/// A policy for `https://*.example.com` on `/open/*`.
async fn cors(overrides: bool) -> Stage {
    let policy = json!({"Cors": {"Type": "AWS::CloudFront::ResponseHeadersPolicy", "Properties": {
    "ResponseHeadersPolicyConfig": {"Name": "cors", "CorsConfig": {
        "AccessControlAllowCredentials": true,
        "AccessControlAllowHeaders": {"Items": ["x-a", "x-b"]},
        "AccessControlAllowMethods": {"Items": ["GET", "PUT"]},
        "AccessControlAllowOrigins": {"Items": ["https://*.example.com"]},
        "AccessControlExposeHeaders": {"Items": ["x-c"]},
        "AccessControlMaxAgeSec": 60,
        "OriginOverride": overrides,
    }}}}});
    let path = with_resources(&format!("cors-{overrides}"), &policy);
    let mut body: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    let config = &mut body["Resources"]["Distribution"]["Properties"]["DistributionConfig"];
    config["CacheBehaviors"][2]["ResponseHeadersPolicyId"] = json!({"Ref": "Cors"});
    std::fs::write(&path, body.to_string()).unwrap();
    Stage::start_with(|options| options.templates = vec![path, fixture("Edge")]).await
}

#[tokio::test]
async fn cors_headers_are_for_requests_of_the_named_origins() {
    let stage = cors(true).await;
    let ours = ("origin", "https://app.example.com");
    let seen = stage.get("/open/x", &[ours]).await;
    let told = |name: &str| seen.header(&format!("access-control-{name}")).to_owned();
    assert_eq!(told("allow-origin"), "https://app.example.com");
    assert_eq!(told("allow-credentials"), "true");
    assert_eq!(told("expose-headers"), "x-c");
    assert_eq!(told("allow-methods"), "", "only for a preflight request");
    for headers in [vec![], vec![("origin", "https://example.org")]] {
        let seen = stage.get("/open/x", &headers).await;
        assert!(!seen.headers.contains_key("access-control-allow-origin"));
    }
    let preflight = [ours, ("access-control-request-method", "PUT")];
    let seen = stage.send("OPTIONS", "/open/x", &preflight).await;
    let told = ["allow-methods", "allow-headers", "max-age"]
        .map(|name| seen.header(&format!("access-control-{name}")).to_owned());
    assert_eq!(told, ["GET, PUT", "x-a, x-b", "60"]);
}

#[tokio::test]
async fn the_origins_cors_headers_stay_unless_they_are_overridden() {
    for (overrides, expected) in [(true, "https://app.example.com"), (false, "https://own")] {
        let stage = cors(overrides).await;
        let own = Script::ok("x").header("access-control-allow-origin", "https://own");
        stage.origin.answers("/open/x", own);
        let seen = stage
            .get("/open/x", &[("origin", "https://app.example.com")])
            .await;
        assert_eq!(seen.header("access-control-allow-origin"), expected);
    }
}
