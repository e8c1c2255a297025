//! The cache key and the TTLs.

use serde_json::json;

use super::{HEADERS, Mistake, config, export, headers, key, policy, tenant};

pub(super) fn mistakes() -> Vec<Mistake> {
    vec![
        (
            "cache-policy-unknown",
            tenant("CachePolicyId"),
            json!("11111111-2222-3333-4444-555555555555"),
        ),
        (
            "key-lacks-tenant",
            key("HeadersConfig"),
            headers(&HEADERS[1..]),
        ),
        (
            "key-lacks-tenant",
            config("DefaultCacheBehavior/CachePolicyId"),
            json!("658327ea-f89d-4fab-a63d-7e88639e58f6"),
        ),
        ("key-lacks-tenant", config("CacheBehaviors/3"), export()),
        (
            "key-lacks-header",
            key("HeadersConfig"),
            headers(&HEADERS[..2]),
        ),
        (
            "key-lacks-query",
            key("QueryStringsConfig/QueryStrings/2"),
            json!(null),
        ),
        (
            "key-has-authorization",
            key("HeadersConfig/Headers/3"),
            json!("Authorization"),
        ),
        (
            "key-has-more",
            key("HeadersConfig/Headers/3"),
            json!("accept"),
        ),
        (
            "key-has-more",
            key("QueryStringsConfig"),
            json!({"QueryStringBehavior": "all"}),
        ),
        (
            "key-has-more",
            key("CookiesConfig"),
            json!({"CookieBehavior": "all"}),
        ),
        (
            "key-encodings",
            key("EnableAcceptEncodingBrotli"),
            json!(false),
        ),
        ("not-compressed", tenant("Compress"), json!(false)),
        ("min-ttl", policy("Key", "MinTTL"), json!(60)),
        ("ttl-differs", policy("Key", "MaxTTL"), json!(3600)),
        (
            "options-cached",
            tenant("CachedMethods"),
            json!(["GET", "HEAD", "OPTIONS"]),
        ),
        ("methods", tenant("AllowedMethods"), json!(["HEAD"])),
    ]
}
