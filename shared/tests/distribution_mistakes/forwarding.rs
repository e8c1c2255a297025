//! What the origin sees beside the key, and viewers of its answers.

use serde_json::json;

use super::{Mistake, headers, policy, tenant};

pub(super) fn mistakes() -> Vec<Mistake> {
    vec![
        (
            "forwarding-unknown",
            tenant("OriginRequestPolicyId"),
            json!("11111111-2222-3333-4444-555555555555"),
        ),
        (
            "query-forwarded",
            policy("ForwardToApi", "QueryStringsConfig/QueryStringBehavior"),
            json!("all"),
        ),
        (
            "query-forwarded",
            tenant("OriginRequestPolicyId"),
            json!("216adef6-5c7f-47e4-b989-5492eafa07d3"),
        ),
        (
            "cookies-forwarded",
            policy("ForwardToApi", "CookiesConfig/CookieBehavior"),
            json!("all"),
        ),
        (
            "header-forwarded",
            policy("ForwardToApi", "HeadersConfig/Headers"),
            json!(["accept-language", "user-agent"]),
        ),
        (
            "header-forwarded",
            policy("ForwardToApi", "HeadersConfig/Headers"),
            json!(["host"]),
        ),
        (
            "header-forwarded",
            policy("ForwardToApi", "HeadersConfig"),
            headers(&["x-feature"]),
        ),
        (
            "token-not-forwarded",
            tenant("OriginRequestPolicyId"),
            json!(null),
        ),
        (
            "token-not-forwarded",
            policy("ForwardUncached", "HeadersConfig/Headers/1"),
            json!("authorization"),
        ),
        (
            "tenant-not-forwarded",
            policy("ForwardUncached", "HeadersConfig/Headers/1"),
            json!("X-Organization-Id"),
        ),
        (
            "query-not-forwarded",
            policy("ForwardUncached", "QueryStringsConfig/QueryStringBehavior"),
            json!("none"),
        ),
        (
            "public-tenant-header",
            policy("ForwardAnonymous", "HeadersConfig/Headers"),
            json!(["host"]),
        ),
        (
            "tag-visible",
            tenant("ResponseHeadersPolicyId"),
            json!(null),
        ),
        (
            "header-hidden",
            policy("HideTags", "RemoveHeadersConfig/Items/1"),
            json!({"Header": "X-Data-Version"}),
        ),
        (
            "header-overwritten",
            policy("HideTags", "CustomHeadersConfig"),
            json!({"Items": [{"Header": "x-data-version", "Value": "1", "Override": true}]}),
        ),
        (
            "header-hidden",
            policy("HideTags", "RemoveHeadersConfig/Items/1"),
            json!({"Header": "Age"}),
        ),
        (
            "header-hidden",
            policy("HideTags", "RemoveHeadersConfig/Items/1"),
            json!({"Header": "X-Cache"}),
        ),
        (
            "browsers-told",
            policy("HideTags", "RemoveHeadersConfig/Items/1"),
            json!({"Header": "Cache-Control"}),
        ),
        (
            "browsers-told",
            policy("HideTags", "CustomHeadersConfig"),
            json!({"Items": [{"Header": "Cache-Control", "Value": "max-age=60", "Override": true}]}),
        ),
    ]
}
