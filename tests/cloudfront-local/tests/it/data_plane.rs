use serde_json::json;

use crate::stage::{Script, Stage, changed};

#[tokio::test]
async fn a_second_request_hits_and_a_purge_by_tag_makes_the_next_one_miss() {
    let stage = Stage::start().await;
    stage.origin.answers("/api/cost", Script::ok("one"));
    let first = stage.get_as("acme", "/api/cost?organization=acme").await;
    assert_eq!(
        (first.status, first.cache(), first.body.as_str()),
        (200, "Miss", "one"),
        "{first:?}"
    );
    let second = stage.get_as("acme", "/api/cost?organization=acme").await;
    assert_eq!((second.cache(), second.header("age")), ("Hit", "0"));
    stage.get_as("beta", "/api/cost?organization=beta").await;
    stage.origin.answers("/api/cost", Script::ok("two"));
    stage.purge("r1", &["#Tenant:ACME"]).await;
    let third = stage.get_as("acme", "/api/cost?organization=acme").await;
    assert_eq!((third.cache(), third.body.as_str()), ("Miss", "two"));
    let other = stage.get_as("beta", "/api/cost?organization=beta").await;
    assert_eq!(
        (other.cache(), other.body.as_str()),
        ("Hit", "one"),
        "another tenant stays cached"
    );
}

#[tokio::test]
async fn tags_are_seen_in_the_cache_and_not_by_viewers() {
    let stage = Stage::start().await;
    let seen = stage.get_as("acme", "/api/cost").await;
    assert_eq!(
        seen.header("cache-tag"),
        "",
        "the response headers policy removes it"
    );
    assert_eq!(seen.header("x-frame-note"), "kept");
    let (_, copies) = stage
        .control("GET", "/cache?tag=TENANT:acme&place=FRA56-P4", json!(null))
        .await;
    assert_eq!(copies[0]["tags"], json!(["tenant:acme", "seen:get"]));
    assert_eq!(
        copies[0]["key"]["headers"],
        json!([["x-organization-id", "acme"]])
    );
}

#[tokio::test]
async fn the_origin_gets_what_the_policies_forward_and_nothing_else() {
    let stage = Stage::start().await;
    stage
        .get(
            "/open/x?organization=a&other=1",
            &[
                ("x-own", "1"),
                ("authorization", "t"),
                ("accept-encoding", "gzip, deflate, br"),
            ],
        )
        .await;
    let asked = &stage.origin.asked()[0];
    assert_eq!(asked.target, "/open/x?organization=a&other=1");
    let header = |name: &str| asked.headers.get(name).map(|value| value.to_str().unwrap());
    assert_eq!(header("host"), Some("api.example.com"));
    assert_eq!(header("x-own"), Some("1"));
    assert_eq!(
        header("authorization"),
        Some("t"),
        "an all-viewer policy forwards it"
    );
    assert_eq!(header("accept-encoding"), Some("br,gzip"));
    assert_eq!(header("x-origin-verify"), Some("secret"));
    assert_eq!(header("x-forwarded-for"), Some("127.0.0.1"));
    assert!(header("via").is_some_and(|via| via.contains("(CloudFront)")));
}

#[tokio::test]
async fn an_edge_function_that_answers_throws_or_hangs_is_told_apart() {
    let stage = Stage::start().await;
    let refused = stage.get("/api/cost", &[]).await;
    assert_eq!(
        (refused.status, refused.header("x-cache")),
        (401, "LambdaGeneratedResponse from cloudfront")
    );
    assert_eq!(stage.get_as("boom", "/api/cost").await.status, 502);
    assert_eq!(stage.get_as("hang", "/api/cost").await.status, 503);
    assert_eq!(stage.origin.asked().len(), 0);
    let runs = stage.history(json!({"plane": "edge"}));
    assert_eq!(runs[0].logs, ["authorizing /api/cost"]);
    assert_eq!(runs[1].error.as_deref(), Some("boom"));
    assert!(
        runs[2]
            .error
            .as_deref()
            .is_some_and(|error| error.contains("longer than"))
    );
}

#[tokio::test]
async fn what_the_template_asks_for_and_is_not_done_is_told() {
    let stage = Stage::start().await;
    let told = stage.cloudfront.ready().not_modelled.join("\n");
    assert!(
        told.contains("Distribution.Logging is not modelled"),
        "{told}"
    );
    assert!(told.contains("HTTP/3"), "{told}");
}

#[tokio::test]
async fn head_and_get_share_an_entry_and_options_do_not() {
    let stage = Stage::start().await;
    let url = format!("{}/open/h", stage.cloudfront.ready().distributions[0].url);
    let head = stage.client.head(&url).send().await.unwrap();
    assert_eq!(
        (
            head.headers()["x-cache"].to_str().unwrap(),
            head.headers()["content-length"].to_str().unwrap()
        ),
        ("Miss from cloudfront", "7")
    );
    assert_eq!(stage.get("/open/h", &[]).await.cache(), "Hit");
    let options = stage
        .client
        .request(reqwest::Method::OPTIONS, &url)
        .send()
        .await
        .unwrap();
    assert_eq!(options.headers()["x-cache"], "Miss from cloudfront");
    let delete = stage.client.delete(&url).send().await.unwrap();
    assert_eq!(delete.status(), 403, "the behavior does not allow it");
}

#[tokio::test]
async fn a_viewer_that_knows_the_object_is_told_so() {
    let stage = Stage::start().await;
    stage
        .origin
        .answers("/open/e", Script::ok("x").header("etag", "\"1\""));
    stage.get("/open/e", &[]).await;
    let known = stage
        .get("/open/e", &[("if-none-match", "\"0\", W/\"1\"")])
        .await;
    assert_eq!(
        (known.status, known.cache(), known.body.as_str()),
        (304, "Hit", "")
    );
    assert_eq!(
        stage
            .get("/open/e", &[("if-none-match", "\"2\"")])
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn authorization_is_stripped_from_get_and_forwarded_with_post() {
    let policy = "acba4595-bd28-49b8-b9fe-13317c0390fa";
    let template = changed("authorization", |config| {
        config["DefaultCacheBehavior"]["OriginRequestPolicyId"] = json!(policy);
        config["CacheBehaviors"] = json!([]);
    });
    let stage = Stage::start_with(|options| options.templates = vec![template]).await;
    let token = [("authorization", "t")];
    stage.get("/x", &token).await;
    let url = format!("{}/x", stage.cloudfront.ready().distributions[0].url);
    stage
        .client
        .post(url)
        .header("authorization", "t")
        .body("b")
        .send()
        .await
        .unwrap();
    let seen: Vec<bool> = stage
        .origin
        .asked()
        .iter()
        .map(|asked| asked.headers.contains_key("authorization"))
        .collect();
    assert_eq!(seen, [false, true]);
}

#[tokio::test]
async fn a_domain_that_looks_like_a_city_is_no_pop() {
    let stage = Stage::start().await;
    let seen = stage.get("/open/x", &[("host", "a.nrt.example.com")]).await;
    assert_eq!(seen.header("x-amz-cf-pop"), "FRA56-P4");
}
