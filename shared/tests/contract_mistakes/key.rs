//! The cache key, and how a tenant is named.

use serde_json::{Value, json};

use super::Mistake;

pub(super) fn mistakes() -> Vec<Mistake> {
    [headers_and_cookies(), names(), tenant()].concat()
}

fn headers_and_cookies() -> Vec<Mistake> {
    vec![
        ("key-lacks", "/tenant/queryNames/0", json!("org")),
        ("key-lacks", "/cacheKey/headers/0", json!("x-other")),
        ("key-lacks", "/cacheKey/headers/1", json!("x-other")),
        ("key-header-refused", "/cacheKey/headers/3", json!("host")),
        ("key-header-refused", "/cacheKey/headers/3", json!("cookie")),
        (
            "key-header-refused",
            "/cacheKey/headers/3",
            json!("accept-encoding"),
        ),
        (
            "key-authorization",
            "/cacheKey/headers/3",
            json!("authorization"),
        ),
        (
            "key-header-too-many-values",
            "/cacheKey/headers/3",
            json!("user-agent"),
        ),
        (
            "key-header-too-many-values",
            "/cacheKey/headers/3",
            json!("x-request-id"),
        ),
        (
            "key-header-from-cloudfront",
            "/cacheKey/headers/3",
            json!("cloudfront-viewer-country"),
        ),
        (
            "key-cookie-session",
            "/cacheKey/cookies",
            json!(["JSESSIONID"]),
        ),
        (
            "key-cookie-session",
            "/cacheKey/cookies",
            json!(["connect.sid"]),
        ),
        ("not-sent", "/cacheKey/cookies", json!(["theme"])),
        ("not-sent", "/cacheKey/headers/3", json!("origin")),
        (
            "sent-needlessly",
            "/cacheKey/sent",
            json!({"headers": {"x-locale-bucket": "de"}}),
        ),
        (
            "sent-needlessly",
            "/cacheKey/sent",
            json!({"cookies": {"theme": "dark"}}),
        ),
        (
            "sent-characters",
            "/cacheKey/sent",
            json!({"headers": {"origin": " https://a"}}),
        ),
        ("unknown-encoding", "/cacheKey/encodings/0", json!("zstd")),
        ("warmed-not-in-key", "/cacheKey/warmed", json!(["deflate"])),
        ("no-warmed", "/cacheKey/warmed", json!([])),
        (
            "key-header-too-many-values",
            "/cacheKey/headers/3",
            json!("x-session-id"),
        ),
        (
            "key-header-too-many-values",
            "/cacheKey/headers/3",
            json!("x-api-key"),
        ),
        ("key-cookie-session", "/cacheKey/cookies", json!(["_gid"])),
        (
            "key-cookie-session",
            "/cacheKey/cookies",
            json!(["user_id"]),
        ),
    ]
}

fn names() -> Vec<Mistake> {
    let many = |of: &str, n: usize| (0..n).map(|i| json!(format!("{of}{i}"))).collect::<Value>();
    vec![
        ("key-query-buster", "/cacheKey/queryNames/3", json!("_")),
        (
            "key-query-buster",
            "/cacheKey/queryNames/3",
            json!("utm_source"),
        ),
        (
            "key-name-characters",
            "/cacheKey/queryNames/3",
            json!("a b"),
        ),
        ("key-too-long", "/cacheKey/queryNames", many("q", 11)),
        ("key-name-alike", "/cacheKey/queryNames/3", json!("Window")),
        ("key-name-twice", "/cacheKey/queryNames/3", json!("window")),
        ("key-name-twice", "/cacheKey/encodings/1", json!("br")),
        ("key-name-characters", "/cacheKey/queryNames/3", json!("*")),
        ("key-query-buster", "/cacheKey/queryNames/3", json!("ts")),
    ]
}

fn tenant() -> Vec<Mistake> {
    vec![
        ("groups-equal", "/tenant/prewarmGroup", json!("superadmin")),
        (
            "group-characters",
            "/tenant/superadminGroup",
            json!("super admin"),
        ),
        (
            "claim-characters",
            "/tenant/claim",
            json!("custom: organization"),
        ),
        ("claim-characters", "/tenant/claim", json!("custom:")),
        ("claim-no-tenant", "/tenant/claim", json!("cognito:groups")),
        ("claim-no-tenant", "/tenant/claim", json!("jti")),
        (
            "claim-characters",
            "/tenant/claim",
            json!("claim:custom:organization"),
        ),
    ]
}
