use serde_json::json;

use std::time::Duration;

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
        options.templates = vec![template, crate::stage::fixture("Edge")]
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
async fn tags_do_nothing_where_the_distribution_names_no_tag_header() {
    let template = changed("no-tags", |config| {
        config.as_object_mut().unwrap().remove("CacheTagConfig");
    });
    let stage = Stage::start_with(|options| {
        options.templates = vec![template, crate::stage::fixture("Edge")]
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
async fn a_distribution_tenant_of_the_template_owns_its_objects() {
    let template = crate::stage::with_resources(
        "tenants",
        &json!({"Tenant": {"Type": "AWS::CloudFront::DistributionTenant", "Properties": {
        "DistributionId": {"Ref": "Distribution"}, "Domains": ["a.example.com"], "Name": "a"}}}),
    );
    let stage = Stage::start_with(|options| {
        options.templates = vec![template, crate::stage::fixture("Edge")]
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
