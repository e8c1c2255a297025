//! Templates as people write them, each started and asked.

use std::path::PathBuf;

use serde_json::json;

use crate::stage::{Script, Stage};

async fn sample(name: &str, change: impl FnOnce(&mut cloudfront_local::Options)) -> Stage {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/yaml/samples")
        .join(format!("{name}.yaml"));
    Stage::start_with(|options| {
        options.templates = vec![path];
        options.parameters.clear();
        change(options);
    })
    .await
}

/// Asks twice: the answer comes from the origin, then out of the cache where it is kept.
async fn is_served(stage: &Stage, target: &str, headers: &[(&str, &str)], second: &str) {
    let first = stage.get(target, headers).await;
    assert_eq!((first.status, first.cache()), (200, "Miss"), "{first:?}");
    let again = stage.get(target, headers).await;
    assert_eq!((again.status, again.cache()), (200, second), "{again:?}");
}

#[tokio::test]
async fn a_bucket_is_asked_for_the_root_object() {
    let stage = sample("bucket", |_| {}).await;
    is_served(&stage, "/", &[], "Hit").await;
    let asked = &stage.origin.asked()[0];
    assert_eq!(asked.target, "/index.html");
    assert_eq!(asked.headers["host"], "my-files.s3.us-east-1.amazonaws.com");
}

#[tokio::test]
async fn a_single_page_app_has_its_page_for_every_path() {
    let stage = sample("single-page-app", |_| {}).await;
    stage
        .origin
        .answers("/live/deep/link", Script::ok("gone").status(403));
    stage.origin.answers("/live/index.html", Script::ok("app"));
    let seen = stage.get("/deep/link", &[]).await;
    assert_eq!((seen.status, seen.body.as_str()), (200, "app"));
    assert_eq!(seen.header("x-frame-options"), "DENY");
    let hsts = "max-age=63072000; includeSubDomains; preload";
    assert_eq!(seen.header("strict-transport-security"), hsts);
}

#[tokio::test]
async fn a_balancer_behind_legacy_settings_is_told_the_host() {
    let stage = sample("balancer", |_| {}).await;
    is_served(&stage, "/a?x=1", &[("host", "www.example.com")], "Miss").await;
    let asked = &stage.origin.asked()[0];
    assert_eq!(asked.headers["host"], "www.example.com");
    assert_eq!(asked.headers["cloudfront-forwarded-proto"], "https");
    assert_eq!(asked.headers["x-origin-verify"], "changed-later");
    is_served(&stage, "/a.css?x=1", &[], "Hit").await;
}

#[tokio::test]
async fn an_http_api_has_a_host_name_of_its_parts() {
    let stage = sample("http-api", |_| {}).await;
    is_served(&stage, "/api/a", &[("authorization", "t")], "Miss").await;
    let asked = &stage.origin.asked()[0];
    let host = asked.headers["host"].to_str().unwrap();
    assert!(
        host.ends_with(".execute-api.us-east-1.amazonaws.com"),
        "{host}"
    );
    assert_eq!(asked.headers["authorization"], "t");
    let kept = Script::ok("a").header("cache-control", "max-age=60");
    stage.origin.answers("/a", kept);
    is_served(&stage, "/a", &[], "Hit").await;
}

#[tokio::test]
async fn a_function_of_sam_runs_in_front_of_a_function_url() {
    let stage = sample("function-url", |_| {}).await;
    let seen = stage.get("/a", &[]).await;
    assert_eq!((seen.status, seen.header("x-edge")), (200, "sam"));
    let host = stage.origin.asked()[0].headers["host"].clone();
    let host = host.to_str().unwrap();
    assert!(host.ends_with(".lambda-url.us-east-1.on.aws"), "{host}");
}

#[tokio::test]
async fn a_function_rewrites_by_its_key_value_store() {
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("rewrites.json");
    let pairs = json!({"data": [{"key": "/old", "value": "/new/"}]});
    std::fs::write(&file, pairs.to_string()).unwrap();
    let given = format!("rewrites={}", file.display());
    let stage = sample("rewrite", |options| {
        options.key_values = vec![given.parse().unwrap()];
    })
    .await;
    is_served(&stage, "/old", &[], "Hit").await;
    is_served(&stage, "/latest/", &[], "Miss").await;
    let asked = stage.origin.asked();
    assert_eq!(asked[0].target, "/new/index.html");
    assert_eq!(asked[1].target, "/latest/index.html");
}

#[tokio::test]
async fn the_second_bucket_answers_where_the_first_has_nothing() {
    let stage = sample("failover", |_| {}).await;
    stage.origin.answers("/a", Script::ok("none").status(404));
    let seen = stage.get("/a", &[]).await;
    assert_eq!(seen.status, 404);
    let hosts: Vec<_> = stage.origin.asked();
    let hosts: Vec<_> = hosts.iter().map(|one| &one.headers["host"]).collect();
    assert_eq!(
        hosts,
        [
            "first-files.s3.us-east-1.amazonaws.com",
            "second-files.s3.us-west-2.amazonaws.com"
        ]
    );
}

#[tokio::test]
async fn tenants_have_objects_of_their_own() {
    let stage = sample("tenants", |_| {}).await;
    is_served(&stage, "/a", &[("host", "acme.example.com")], "Hit").await;
    is_served(&stage, "/a", &[("host", "beta.example.com")], "Hit").await;
    let nobody = stage.get("/a", &[("host", "www.example.com")]).await;
    assert_eq!(nobody.status, 403);
}

#[tokio::test]
async fn a_private_path_is_closed_and_the_rest_is_open() {
    let stage = sample("private", |_| {}).await;
    is_served(&stage, "/a", &[], "Hit").await;
    assert_eq!(stage.get("/private/a", &[]).await.status, 403);
    let from = [("origin", "https://app.example.com")];
    let seen = stage.get("/a", &from).await;
    assert_eq!(
        seen.header("access-control-allow-origin"),
        "https://app.example.com"
    );
}
