//! Fields that cannot be read, and names of headers and tags.

use serde_json::json;

use super::Mistake;

pub(super) fn mistakes() -> Vec<Mistake> {
    vec![
        ("not-an-object", "/tenant", json!([])),
        ("not-a-list", "/cacheKey/cookies", json!("none")),
        ("not-a-text", "/tagHeader", json!(7)),
        ("not-a-flag", "/endpoints/0/required", json!("yes")),
        ("not-a-flag", "/version/tags", json!("yes")),
        ("missing", "/tenant", json!({})),
        ("empty", "/tagPrefix", json!("")),
        ("unknown-field", "/surplus", json!(true)),
        ("not-a-duration", "/endpoints/0/timeout", json!("soon")),
        ("not-a-duration", "/paths/0/maxTtl", json!("1w")),
        ("unknown-value", "/version/order", json!("size")),
        ("id-form", "/tenant/id/maxLength", json!(65)),
        ("id-form", "/tenant/id/pattern", json!("[a-z]+")),
        ("header-name", "/tagHeader", json!("Cache-Tag")),
        ("header-name", "/variants/0/from", json!("accept language")),
        ("header-not-writable", "/tagHeader", json!("x-cache")),
        (
            "header-not-writable",
            "/tenant/header",
            json!("x-amz-cf-id"),
        ),
        (
            "header-not-writable",
            "/tenant/responseHeader",
            json!("via"),
        ),
        ("header-taken", "/tenant/header", json!("authorization")),
        (
            "header-taken",
            "/variants/0/header",
            json!("accept-language"),
        ),
        ("header-twice", "/version/header", json!("cache-tag")),
        (
            "header-twice",
            "/version/header",
            json!("x-organization-id"),
        ),
        (
            "header-twice",
            "/variants/0/header",
            json!("x_device_class"),
        ),
        (
            "header-twice",
            "/tenant/responseHeader",
            json!("x-data-version"),
        ),
        (
            "previous-tag-header",
            "/previousTagHeader",
            json!("cache-tag"),
        ),
        ("version-header", "/version/header", json!("etag")),
        ("version-header", "/version/header", json!("last-modified")),
        ("prefix-characters", "/tagPrefix", json!("tenant: ")),
        ("prefix-characters", "/tagPrefix", json!("a,b:")),
        ("tag-too-long", "/tagPrefix", json!("t".repeat(120))),
        (
            "header-taken",
            "/tagHeader",
            json!("access-control-allow-origin"),
        ),
        ("header-taken", "/tagHeader", json!("x-warmfront-look")),
        ("header-taken", "/tenant/header", json!("x-forwarded-host")),
        (
            "header-taken",
            "/tenant/responseHeader",
            json!("content-type"),
        ),
        (
            "header-twice",
            "/previousTagHeader",
            json!("x-organization-id"),
        ),
        (
            "version-header",
            "/version/header",
            json!("content-language"),
        ),
    ]
}
