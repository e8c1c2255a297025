//! Cookies: what is kept of `Set-Cookie`, and what forwarding them costs.

use serde_json::json;

use crate::stage::{Script, Stage, changed, fixture};

/// `AllViewer`: cookies reach the origin.
const ALL_VIEWER: &str = "216adef6-5c7f-47e4-b989-5492eafa07d3";

async fn forwarding() -> Stage {
    let template = changed("cookies", |config| {
        config["CacheBehaviors"][2]["OriginRequestPolicyId"] = json!(ALL_VIEWER);
    });
    Stage::start_with(|options| options.templates = vec![template, fixture("Edge")]).await
}

#[tokio::test]
async fn set_cookie_is_removed_where_cookies_are_not_forwarded() {
    let stage = Stage::start().await;
    let setting = Script::ok("x").header("set-cookie", "session=secret");
    stage.origin.answers("/open/c", setting.clone());
    stage.origin.answers("/elsewhere", setting);
    for target in ["/open/c", "/open/c", "/elsewhere"] {
        let seen = stage.get(target, &[]).await;
        assert!(
            !seen.headers.contains_key("set-cookie"),
            "{target}: {seen:?}"
        );
    }
}

#[tokio::test]
async fn set_cookie_is_cached_where_cookies_are_forwarded_unless_it_is_withheld() {
    let stage = forwarding().await;
    let setting = Script::ok("x")
        .header("set-cookie", "a=1")
        .header("set-cookie", "b=2");
    stage.origin.answers("/open/c", setting.clone());
    let withheld = setting.header("cache-control", "no-cache=\"Set-Cookie\", max-age=60");
    stage.origin.answers("/open/w", withheld);
    let count = async |target| {
        let seen = stage.get(target, &[]).await;
        (
            seen.cache().to_owned(),
            seen.headers.get_all("set-cookie").iter().count(),
        )
    };
    assert_eq!(count("/open/c").await, ("Miss".to_owned(), 2));
    assert_eq!(count("/open/c").await, ("Hit".to_owned(), 2));
    assert_eq!(count("/open/w").await, ("Miss".to_owned(), 2));
    assert_eq!(count("/open/w").await, ("Hit".to_owned(), 0));
}

#[tokio::test]
async fn requests_are_not_collapsed_where_cookies_are_forwarded() {
    let stage = forwarding().await;
    stage
        .origin
        .answers("/open/slow", Script::ok("x").slow(300));
    let all: Vec<_> = (0..4).map(|_| stage.get("/open/slow", &[])).collect();
    let seen = futures_util::future::join_all(all).await;
    assert!(seen.iter().all(|one| one.cache() == "Miss"), "{seen:?}");
    assert_eq!(stage.origin.asked().len(), 4);
    assert_eq!(stage.get("/open/slow", &[]).await.cache(), "Hit");
}

#[tokio::test]
async fn conditions_of_viewers_are_not_answered_where_cookies_are_forwarded() {
    let stage = forwarding().await;
    stage
        .origin
        .answers("/open/e", Script::ok("x").header("etag", "\"1\""));
    stage.get("/open/e", &[]).await;
    let seen = stage.get("/open/e", &[("if-none-match", "\"1\"")]).await;
    assert_eq!((seen.status, seen.cache()), (200, "Hit"));
}
