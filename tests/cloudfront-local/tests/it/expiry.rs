//! What happens to a copy when it expires: confirmed, replaced, served on while the origin is asked or because it fails.

use crate::stage::{Script, Stage, changed, eventually, fixture};

fn aged(body: &str, directives: &str) -> Script {
    Script::ok(body).header("cache-control", directives)
}

#[tokio::test]
async fn headers_and_tags_of_a_304_replace_what_was_stored() {
    let stage = Stage::start().await;
    let tagged = |age: &str, tag: &str| {
        aged("x", age)
            .header("etag", "\"1\"")
            .header("cache-tag", tag)
            .header("x-note", tag)
    };
    stage
        .origin
        .answers("/open/e", tagged("s-maxage=60", "old"));
    stage.get("/open/e", &[]).await;
    stage.pass(61).await;
    stage
        .origin
        .answers("/open/e", tagged("max-age=600", "new"));
    let confirmed = stage.get("/open/e", &[]).await;
    assert_eq!(
        (confirmed.cache(), confirmed.header("x-note")),
        ("RefreshHit", "new")
    );
    stage.pass(500).await;
    assert_eq!(
        stage.get("/open/e", &[]).await.cache(),
        "Hit",
        "the old s-maxage is gone"
    );
    stage.purge("r1", &["#old"]).await;
    assert_eq!(stage.get("/open/e", &[]).await.cache(), "Hit");
    stage.purge("r2", &["#new"]).await;
    assert_eq!(stage.get("/open/e", &[]).await.cache(), "Miss");
}

#[tokio::test]
async fn tags_outlive_a_304_where_the_knob_says_so() {
    let stage = Stage::start().await;
    let off = serde_json::json!({"retagOn304": false});
    assert_eq!(stage.control("PATCH", "/profile", off).await.0, 200);
    let tagged = |tag: &str| {
        aged("x", "max-age=60")
            .header("etag", "\"1\"")
            .header("cache-tag", tag)
    };
    stage.origin.answers("/open/e", tagged("old"));
    stage.get("/open/e", &[]).await;
    stage.pass(61).await;
    stage.origin.answers("/open/e", tagged("new"));
    assert_eq!(stage.get("/open/e", &[]).await.cache(), "RefreshHit");
    stage.purge("r", &["#old"]).await;
    assert_eq!(stage.get("/open/e", &[]).await.cache(), "Miss");
}

#[tokio::test]
async fn an_expired_copy_is_served_for_any_5xx_and_the_origin_is_asked_again_after_the_error_ttl() {
    let stage = Stage::start().await;
    for (path, status, asked_again) in [
        ("/open/a", 505, 1),
        ("/open/b", 500, 1),
        ("/open/c", 503, 2),
    ] {
        stage.origin.answers(path, aged("old", "max-age=60"));
        stage.get(path, &[]).await;
        stage.pass(61).await;
        stage.origin.answers(path, Script::ok("").status(status));
        let before = stage.origin.asked().len();
        for _ in 0..2 {
            let seen = stage.get(path, &[]).await;
            assert_eq!((seen.status, seen.body.as_str()), (200, "old"), "{path}");
        }
        let asked = stage.origin.asked().len() - before;
        assert_eq!(
            asked, asked_again,
            "{path}: 10 s for most, none for 503 in the fixture"
        );
    }
}

#[tokio::test]
async fn stale_if_error_bounds_how_long_an_expired_copy_is_served() {
    let stage = Stage::start().await;
    stage
        .origin
        .answers("/open/s", aged("old", "max-age=60, stale-if-error=100"));
    stage
        .origin
        .answers("/open/n", aged("old", "max-age=60, stale-if-error=0"));
    stage.get("/open/s", &[]).await;
    stage.get("/open/n", &[]).await;
    for path in ["/open/s", "/open/n"] {
        stage.origin.answers(path, Script::ok("").status(500));
    }
    stage.pass(61).await;
    assert_eq!(stage.get("/open/s", &[]).await.status, 200);
    assert_eq!(stage.get("/open/n", &[]).await.status, 500);
    stage.pass(120).await;
    assert_eq!(stage.get("/open/s", &[]).await.status, 500);
}

#[tokio::test]
async fn an_expired_error_is_not_served_in_place_of_another() {
    let stage = Stage::start().await;
    stage
        .origin
        .answers("/open/x", Script::ok("gone").status(404));
    stage.get("/open/x", &[]).await;
    stage.pass(11).await;
    stage
        .origin
        .answers("/open/x", Script::ok("down").status(500));
    assert_eq!(stage.get("/open/x", &[]).await.status, 500);
}

#[tokio::test]
async fn stale_while_revalidate_answers_at_once_and_refreshes_behind() {
    let stage = Stage::start().await;
    stage.origin.answers(
        "/open/w",
        aged("old", "max-age=60, stale-while-revalidate=100"),
    );
    stage.get("/open/w", &[]).await;
    stage.pass(61).await;
    stage
        .origin
        .answers("/open/w", aged("new", "max-age=60").slow(300));
    for _ in 0..2 {
        let seen = stage.get("/open/w", &[]).await;
        assert_eq!((seen.cache(), seen.body.as_str()), ("Hit", "old"));
    }
    eventually("the refresh is stored", async || {
        stage.get("/open/w", &[]).await.body == "new"
    })
    .await;
    assert_eq!(stage.origin.asked().len(), 2, "one refresh for both");
    stage.pass(61).await;
    assert_eq!(
        stage.get("/open/w", &[]).await.cache(),
        "Miss",
        "the new answer does not allow it"
    );
}

#[tokio::test]
async fn a_viewer_is_told_by_date_that_its_copy_is_current() {
    let stage = Stage::start().await;
    let date = "Wed, 31 Dec 2025 23:59:59 GMT";
    stage
        .origin
        .answers("/open/d", Script::ok("x").header("last-modified", date));
    stage.get("/open/d", &[]).await;
    let since = |when: &'static str| [("if-modified-since", when)];
    assert_eq!(stage.get("/open/d", &since(date)).await.status, 304);
    assert_eq!(
        stage
            .get("/open/d", &since("Thu, 01 Jan 2026 00:00:00 GMT"))
            .await
            .status,
        304
    );
    assert_eq!(
        stage
            .get("/open/d", &since("Wed, 31 Dec 2025 23:59:58 GMT"))
            .await
            .status,
        200
    );
    let both = [("if-modified-since", date), ("if-none-match", "\"1\"")];
    assert_eq!(
        stage.get("/open/d", &both).await.status,
        200,
        "the tag counts first"
    );
    let asked = stage.origin.asked();
    assert!(
        asked
            .iter()
            .all(|asked| !asked.headers.contains_key("if-modified-since"))
    );
}

#[tokio::test]
async fn vary_star_asks_the_origin_each_time_and_without_conditions() {
    let stage = Stage::start().await;
    let varies = aged("x", "max-age=60")
        .header("etag", "\"1\"")
        .header("vary", "*");
    stage.origin.answers("/open/v", varies);
    for _ in 0..2 {
        assert_eq!(stage.get("/open/v", &[]).await.cache(), "Miss");
    }
    let asked = stage.origin.asked();
    assert_eq!(asked.len(), 2);
    assert!(!asked[1].headers.contains_key("if-none-match"));
}

#[tokio::test]
async fn of_vary_viewers_see_what_can_make_a_difference() {
    let template = changed("vary", |config| {
        config["CacheBehaviors"][2]
            .as_object_mut()
            .unwrap()
            .remove("OriginRequestPolicyId");
    });
    let stage = Stage::start_with(|options| {
        options.templates = vec![template, fixture("Edge")];
    })
    .await;
    let varies = Script::ok("x").header(
        "vary",
        "Accept-Encoding, X-Organization-Id, User-Agent, X-Other",
    );
    stage.origin.answers("/open/v", varies);
    let seen = stage.get("/open/v", &[]).await;
    assert_eq!(seen.header("vary"), "Accept-Encoding, X-Organization-Id");
    stage
        .origin
        .answers("/open/o", Script::ok("x").header("vary", "X-Other"));
    assert!(!stage.get("/open/o", &[]).await.headers.contains_key("vary"));
}

#[tokio::test]
async fn a_head_is_served_from_a_cached_get_with_its_age_and_headers() {
    let stage = Stage::start().await;
    stage
        .origin
        .answers("/open/h", Script::ok("12345").header("x-note", "kept"));
    stage.get("/open/h", &[]).await;
    stage.pass(3).await;
    let head = stage.send("HEAD", "/open/h", &[]).await;
    assert_eq!(
        (head.status, head.cache(), head.body.as_str()),
        (200, "Hit", "")
    );
    assert_eq!(
        (
            head.header("age"),
            head.header("x-note"),
            head.header("content-length")
        ),
        ("3", "kept", "5")
    );
    assert_eq!(stage.origin.asked().len(), 1);
}
