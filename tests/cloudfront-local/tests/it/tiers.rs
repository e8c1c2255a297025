//! Collapsing, places, purges on their way.

use std::time::Duration;

use serde_json::json;

use crate::stage::{Script, Stage, changed};

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
async fn tags_do_nothing_where_the_distribution_names_no_tag_header() {
    let template = changed("no-tags", |config| {
        config.as_object_mut().unwrap().remove("CacheTagConfig");
    });
    let stage = Stage::start_with(|options| {
        options.templates = vec![template, crate::stage::fixture("Edge")];
    })
    .await;
    stage.get_as("acme", "/api/cost").await;
    stage.purge("r", &["#tenant:acme"]).await;
    assert_eq!(
        stage.get_as("acme", "/api/cost").await.cache(),
        "Hit",
        "completed, and nothing was purged"
    );
}

#[tokio::test]
async fn a_purge_removes_every_variant_and_items_are_joined_by_or() {
    let stage = Stage::start().await;
    stage
        .origin
        .answers("/open/t", Script::ok("x").header("cache-tag", "red, green"));
    stage
        .origin
        .answers("/open/u", Script::ok("x").header("cache-tag", "blue"));
    stage.origin.answers("/open/v", Script::ok("x"));
    let all = [
        ("/open/t", "gzip"),
        ("/open/t", "br"),
        ("/open/u", "gzip"),
        ("/open/v?window=1", "gzip"),
        ("/open/w", "gzip"),
    ];
    for (target, encoding) in all {
        stage.get(target, &[("accept-encoding", encoding)]).await;
    }
    stage.purge("r", &["#GREEN", "#blue", "/open/v*"]).await;
    let mut seen = Vec::new();
    for (target, encoding) in all {
        seen.push(
            stage
                .get(target, &[("accept-encoding", encoding)])
                .await
                .cache()
                .to_owned(),
        );
    }
    assert_eq!(seen, ["Miss", "Miss", "Miss", "Miss", "Hit"]);
}

#[tokio::test]
async fn a_purge_reaches_the_shield_before_the_pops() {
    let stage = Stage::start_with(|options| options.propagation_ms = Some(30_000)).await;
    stage.control("POST", "/clock/stop", json!(null)).await;
    let tokyo = [("x-cloudfront-local-pop", "NRT")];
    stage.get("/open/p", &[]).await;
    stage.get("/open/p", &tokyo).await;
    stage.invalidate("r", &["/open/p"]).await;
    let places = async || {
        let (_, copies) = stage.control("GET", "/cache", json!(null)).await;
        let names = copies
            .as_array()
            .unwrap()
            .iter()
            .map(|copy| copy["place"].as_str().unwrap().to_owned());
        names.collect::<Vec<_>>()
    };
    assert_eq!(
        places().await,
        ["FRA56-P4", "NRT57-P1", "ap-northeast-1", "eu-central-1"]
    );
    stage
        .control("POST", "/clock/advance", json!({"ms": 10_000}))
        .await;
    assert_eq!(
        places().await,
        ["FRA56-P4", "NRT57-P1", "ap-northeast-1"],
        "the shield first"
    );
    stage
        .control("POST", "/clock/advance", json!({"ms": 10_000}))
        .await;
    assert_eq!(places().await, ["FRA56-P4", "NRT57-P1"], "then the regions");
    assert_eq!(
        stage.get("/open/p", &tokyo).await.cache(),
        "Hit",
        "a POP still serves it"
    );
    stage
        .control("POST", "/clock/advance", json!({"ms": 10_000}))
        .await;
    assert!(places().await.is_empty(), "then the POPs");
}

/// Starts a slow fetch, purges while it is under way, and gives the cached state afterwards.
async fn purge_during_a_fetch(stage: &Stage) -> (String, String) {
    stage.origin.answers("/open/l", Script::ok("old").slow(600));
    let (first, collapsed) = tokio::join!(stage.get("/open/l", &[]), async {
        crate::stage::eventually("the origin is asked", async || {
            stage.origin.asked().len() == 1
        })
        .await;
        stage.origin.answers("/open/l", Script::ok("new"));
        stage.purge("r", &["/open/l"]).await;
        stage.get("/open/l", &[]).await
    });
    assert_eq!(
        first.body, "old",
        "who asked before the purge gets what was fetched"
    );
    (collapsed.body, stage.get("/open/l", &[]).await.body)
}

#[tokio::test]
async fn a_fill_that_a_purge_overtook_is_not_stored_in_calm() {
    let stage = Stage::start_with(|options| options.completion_ms = Some(0)).await;
    assert_eq!(
        purge_during_a_fetch(&stage).await,
        ("new".to_owned(), "new".to_owned())
    );
}

#[tokio::test]
async fn a_fill_that_a_purge_overtook_lands_after_it_where_late_fills_are_on() {
    let stage = Stage::start_with(|options| options.completion_ms = Some(0)).await;
    stage
        .control(
            "PATCH",
            "/profile",
            json!({"lateFill": 1.0, "lateCollapse": 1.0}),
        )
        .await;
    assert_eq!(
        purge_during_a_fetch(&stage).await,
        ("old".to_owned(), "old".to_owned())
    );
    let (_, copies) = stage
        .control("GET", "/cache?path=/open/l&place=FRA56-P4", json!(null))
        .await;
    assert_eq!(copies[0]["late"], true);
}

#[tokio::test]
async fn a_fetch_goes_on_when_the_viewer_that_began_it_leaves() {
    let stage = Stage::start().await;
    stage.origin.answers("/open/w", Script::ok("x").slow(300));
    let left = tokio::time::timeout(Duration::from_millis(100), stage.get("/open/w", &[])).await;
    assert!(left.is_err());
    crate::stage::eventually("the object is cached", async || {
        stage
            .control("GET", "/cache?path=/open/w", json!(null))
            .await
            .1
            != json!([])
    })
    .await;
    assert_eq!(
        (
            stage.get("/open/w", &[]).await.cache(),
            stage.origin.asked().len()
        ),
        ("Hit", 1)
    );
}

#[tokio::test]
async fn a_pop_that_is_down_answers_503_and_others_answer() {
    let stage = Stage::start().await;
    stage
        .control("POST", "/pops/FRA56-P4/down", json!(null))
        .await;
    assert_eq!(stage.get("/open/x", &[]).await.status, 503);
    assert_eq!(
        stage
            .get("/open/x", &[("x-cloudfront-local-pop", "LHR")])
            .await
            .status,
        200
    );
    stage
        .control("POST", "/pops/FRA56-P4/up", json!(null))
        .await;
    assert_eq!(stage.get("/open/x", &[]).await.status, 200);
}

#[tokio::test]
async fn a_distribution_tenant_of_the_template_owns_its_objects() {
    let template = crate::stage::with_resources(
        "tenants",
        &json!({"Tenant": {"Type": "AWS::CloudFront::DistributionTenant", "Properties": {
        "DistributionId": {"Ref": "Distribution"}, "Domains": ["a.example.com"], "Name": "a"}}}),
    );
    let stage = Stage::start_with(|options| {
        options.templates = vec![template, crate::stage::fixture("Edge")];
    })
    .await;
    let (_, tenants) = stage.control("GET", "/tenants", json!(null)).await;
    let id = tenants[0]["id"].as_str().unwrap();
    assert!(id.starts_with("dt_"));
    let host = [("host", "a.example.com")];
    stage.get("/open/x", &host).await;
    assert_eq!(
        stage.get("/open/x", &[]).await.cache(),
        "Miss",
        "another owner, another object"
    );
    let (_, copies) = stage
        .control("GET", &format!("/cache?distribution={id}"), json!(null))
        .await;
    assert!(!copies.as_array().unwrap().is_empty());
    stage.purge("r", &["/open/x"]).await;
    assert_eq!(
        stage.get("/open/x", &host).await.cache(),
        "Miss",
        "the distribution's purge reaches its tenants"
    );
}
