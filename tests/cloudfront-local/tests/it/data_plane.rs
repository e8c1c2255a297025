use serde_json::json;

use crate::stage::{Script, Stage};

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
async fn requests_at_the_same_time_are_collapsed_onto_one_fetch() {
    let stage = Stage::start().await;
    stage
        .origin
        .answers("/open/slow", Script::ok("x").slow(300));
    let all: Vec<_> = (0..8).map(|_| stage.get("/open/slow", &[])).collect();
    let seen = futures_util::future::join_all(all).await;
    let misses = seen.iter().filter(|one| one.cache() == "Miss").count();
    assert_eq!((misses, stage.origin.asked().len()), (1, 1));
}

#[tokio::test]
async fn an_answer_that_the_origin_forbids_to_cache_is_not_shared() {
    let stage = Stage::start().await;
    stage.origin.answers(
        "/open/slow",
        Script::ok("x").slow(200).header("cache-control", "private"),
    );
    let all: Vec<_> = (0..4).map(|_| stage.get("/open/slow", &[])).collect();
    let seen = futures_util::future::join_all(all).await;
    assert!(seen.iter().all(|one| one.cache() == "Miss"));
    assert_eq!(stage.origin.asked().len(), 4);
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
async fn errors_are_cached_as_long_as_the_distribution_says() {
    let stage = Stage::start().await;
    stage
        .origin
        .answers("/open/gone", Script::ok("").status(404));
    stage
        .origin
        .answers("/open/down", Script::ok("").status(503));
    for _ in 0..2 {
        assert_eq!(stage.get("/open/gone", &[]).await.cache(), "Error");
        assert_eq!(stage.get("/open/down", &[]).await.status, 503);
    }
    let asked: Vec<String> = stage
        .origin
        .asked()
        .into_iter()
        .map(|asked| asked.target)
        .collect();
    assert_eq!(
        asked,
        ["/open/gone", "/open/down", "/open/down"],
        "404 for 10 s, 503 for none"
    );
}

#[tokio::test]
async fn a_slow_origin_is_asked_as_often_as_its_attempts_allow_and_then_times_out() {
    let stage = Stage::start().await;
    stage
        .origin
        .answers("/api/version", Script::ok("x").slow(2500));
    let seen = stage.get("/api/version", &[]).await;
    assert_eq!((seen.status, stage.origin.asked().len()), (504, 2));
}

#[tokio::test]
async fn an_expired_copy_is_confirmed_by_its_etag() {
    let stage = Stage::start().await;
    stage.origin.answers(
        "/open/e",
        Script::ok("x")
            .header("etag", "\"1\"")
            .header("cache-control", "max-age=60"),
    );
    stage.get("/open/e", &[]).await;
    stage
        .control("POST", "/clock/advance", json!({"ms": 61_000}))
        .await;
    let seen = stage.get("/open/e", &[]).await;
    assert_eq!(
        (seen.status, seen.cache(), seen.body.as_str()),
        (200, "RefreshHit", "x")
    );
    assert_eq!(stage.get("/open/e", &[]).await.cache(), "Hit");
}

#[tokio::test]
async fn an_expired_copy_is_served_on_when_the_origin_fails() {
    let stage = Stage::start().await;
    stage.origin.answers(
        "/open/s",
        Script::ok("old").header("cache-control", "max-age=60"),
    );
    stage.get("/open/s", &[]).await;
    stage
        .control("POST", "/clock/advance", json!({"ms": 61_000}))
        .await;
    stage.origin.answers("/open/s", Script::ok("").status(500));
    let seen = stage.get("/open/s", &[]).await;
    assert_eq!((seen.status, seen.body.as_str()), (200, "old"));
}

#[tokio::test]
async fn pops_have_caches_of_their_own_behind_one_shield() {
    let stage = Stage::start().await;
    let frankfurt = stage.get("/open/p", &[]).await;
    assert_eq!(
        (frankfurt.cache(), frankfurt.header("x-amz-cf-pop")),
        ("Miss", "FRA56-P4")
    );
    let tokyo = stage
        .get("/open/p", &[("x-cloudfront-local-pop", "NRT")])
        .await;
    assert_eq!(
        (
            tokyo.cache(),
            tokyo.header("x-amz-cf-pop"),
            tokyo.header("age")
        ),
        ("Miss", "NRT57-P1", "0")
    );
    let by_host = stage
        .get("/open/p", &[("host", "d1.NRT57-P1.cloudfront.net")])
        .await;
    assert_eq!(by_host.cache(), "Hit");
    assert_eq!(stage.origin.asked().len(), 1, "the shield answered Tokyo");
}

#[tokio::test]
async fn scripted_faults_strike_the_data_plane_where_they_match() {
    let stage = Stage::start().await;
    stage.fault(json!({"operation": "ViewerRequest", "when": {"path": "organization=a"}, "effect": {"kind": "error", "status": 502}}));
    stage.fault(json!({"operation": "OriginFetch", "when": {"path": "/open/o"}, "effect": {"kind": "error", "status": 500}}));
    assert_eq!(stage.get("/open/v?organization=b", &[]).await.status, 200);
    assert_eq!(stage.get("/open/v?organization=a", &[]).await.status, 502);
    assert_eq!(stage.get("/open/v?organization=a", &[]).await.status, 200);
    assert_eq!(stage.get("/open/o", &[]).await.status, 500);
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
