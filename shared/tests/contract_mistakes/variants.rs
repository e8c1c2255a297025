//! Variants.

use serde_json::json;

use super::Mistake;

pub(super) fn mistakes() -> Vec<Mistake> {
    let claim = |from: &str| json!({"header": "x-role", "from": from, "default": "a", "values": [{"value": "a", "matches": ["a"]}]});
    vec![
        (
            "variant-tenant",
            "/variants/0/from",
            json!("x-organization-id"),
        ),
        ("variant-default", "/variants/0/default", json!("fr")),
        ("variant-no-values", "/variants/0/values", json!([])),
        (
            "variant-not-warmed",
            "/variants/1/values/1/prewarm",
            json!(false),
        ),
        ("variant-twice", "/variants/0/values/1/value", json!("en")),
        (
            "variant-twice",
            "/variants/1/header",
            json!("x-locale-bucket"),
        ),
        (
            "variant-match-twice",
            "/variants/0/values/1/matches/0",
            json!("EN"),
        ),
        (
            "variant-unreachable",
            "/variants/0/values/1/matches",
            json!([]),
        ),
        (
            "variant-characters",
            "/variants/0/values/1/value",
            json!("dé"),
        ),
        (
            "variant-characters",
            "/variants/0/values/1/send",
            json!(" de"),
        ),
        (
            "variant-language",
            "/variants/0/values/0/matches/0",
            json!("en_US"),
        ),
        (
            "variant-language",
            "/variants/0/values/0/matches/0",
            json!("international"),
        ),
        (
            "variant-language",
            "/variants/0/values/0/matches/0",
            json!("1"),
        ),
        (
            "variant-source-absent",
            "/variants/0/from",
            json!("cloudfront-viewer-country"),
        ),
        (
            "variant-source-absent",
            "/variants/0/from",
            json!("x-forwarded-for"),
        ),
        (
            "variant-source-shared",
            "/variants/1/from",
            json!("accept-language"),
        ),
        (
            "variant-send-missing",
            "/variants/0/values/0",
            json!({"value": "en", "matches": ["en"]}),
        ),
        (
            "variant-send-needless",
            "/variants/0/from",
            json!("claim:custom:role"),
        ),
        ("variant-claim", "/variants/2", claim("claim:sub")),
        (
            "variant-claim",
            "/variants/2",
            claim("claim:custom:organization"),
        ),
        ("variant-claim", "/variants/2", claim("claim:")),
    ]
}
