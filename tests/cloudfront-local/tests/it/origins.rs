//! Origins that are slow, fail or are damaged on purpose.

use serde_json::json;

use std::time::Duration;

use crate::stage::{Script, Stage, changed};

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
async fn a_second_origin_answers_where_the_first_fails_as_the_group_says() {
    let template = changed("group", |config| {
        let mut second = config["Origins"][0].clone();
        second["Id"] = json!("Second");
        second["OriginPath"] = json!("/second");
        config["Origins"].as_array_mut().unwrap().push(second);
        config["OriginGroups"] = json!({"Quantity": 1, "Items": [{
            "Id": "Group",
            "FailoverCriteria": {"StatusCodes": {"Quantity": 1, "Items": [503]}},
            "Members": {"Quantity": 2, "Items": [{"OriginId": "DistributionOrigin1"}, {"OriginId": "Second"}]},
        }]});
        config["CacheBehaviors"][2]["TargetOriginId"] = json!("Group");
    });
    let stage = Stage::start_with(|options| {
        options.templates = vec![template, crate::stage::fixture("Edge")];
    })
    .await;
    stage
        .origin
        .answers("/open/down", Script::ok("").status(503));
    stage
        .origin
        .answers("/second/open/down", Script::ok("last known good"));
    stage
        .origin
        .answers("/open/gone", Script::ok("").status(404));
    assert_eq!(stage.get("/open/down", &[]).await.body, "last known good");
    assert_eq!(stage.get("/open/gone", &[]).await.status, 404);
    assert_eq!(stage.origin.asked().len(), 3);
}

#[tokio::test]
async fn damaged_answers_are_damaged_as_scripted() {
    let stage = Stage::start().await;
    let body = "0123456789".repeat(100);
    let url = format!("{}/open/d", stage.cloudfront.ready().distributions[0].url);
    stage.origin.answers("/open/d", Script::ok(&body));
    let fault = |effect: serde_json::Value| {
        stage.fault(json!({"operation": "ViewerRequest", "effect": effect}))
    };
    fault(json!({"kind": "resetMidBody"}));
    let cut = stage.client.get(&url).send().await.unwrap();
    assert!(cut.bytes().await.is_err());
    fault(json!({"kind": "truncatedBody"}));
    assert_eq!(stage.get("/open/d", &[]).await.body.len(), 500);
    for effect in [
        json!({"kind": "slowHeaders", "ms": 300}),
        json!({"kind": "slowBody", "ms": 300}),
    ] {
        fault(effect);
        let begun = std::time::Instant::now();
        assert_eq!(stage.get("/open/d", &[]).await.body, body);
        assert!(begun.elapsed() >= Duration::from_millis(290));
    }
    fault(json!({"kind": "lostResponse"}));
    assert!(stage.client.get(&url).send().await.is_err());
    fault(json!({"kind": "hang"}));
    assert!(
        tokio::time::timeout(Duration::from_millis(300), stage.client.get(&url).send())
            .await
            .is_err()
    );
    assert_eq!(stage.get("/open/d", &[]).await.body, body);
}

#[tokio::test]
async fn an_origin_that_cannot_be_reached_is_tried_as_often_as_its_attempts_allow() {
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap();
    let stage = Stage::start_with(|options| {
        options.origins = vec![format!("api.example.com=http://{closed}").parse().unwrap()];
    })
    .await;
    let seen = stage.get("/open/x", &[]).await;
    assert_eq!(
        (seen.status, seen.cache(), seen.header("server")),
        (502, "Error", "CloudFront")
    );
    let tries = stage.history(json!({"plane": "origin"}));
    assert_eq!(tries.len(), 2);
    assert!(tries.iter().all(|one| {
        one.error
            .as_deref()
            .is_some_and(|error| error.contains("could not connect"))
    }));
}
