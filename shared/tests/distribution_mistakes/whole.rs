//! The distribution as a whole.

use serde_json::json;

use super::{Mistake, config};

pub(super) fn mistakes() -> Vec<Mistake> {
    vec![
        ("disabled", config("Enabled"), json!(false)),
        ("staging", config("Staging"), json!(true)),
        ("tag-config-missing", config("CacheTagConfig"), json!(null)),
        (
            "tag-config-differs",
            config("CacheTagConfig/HeaderName"),
            json!("x-tags"),
        ),
        (
            "plain-origin",
            config("Origins/0/CustomOriginConfig/OriginProtocolPolicy"),
            json!("http-only"),
        ),
        (
            "error-page",
            config("CustomErrorResponses"),
            json!([{"ErrorCode": 403, "ResponseCode": 200, "ResponsePagePath": "/index.html"}]),
        ),
        (
            "error-page",
            config("CustomErrorResponses"),
            json!([{"ErrorCode": 503, "ResponseCode": 404, "ResponsePagePath": "/busy.html"}]),
        ),
        (
            "error-kept",
            config("CustomErrorResponses"),
            json!([{"ErrorCode": 404, "ErrorCachingMinTTL": 60}]),
        ),
        (
            "error-kept",
            config("CustomErrorResponses"),
            json!([{"ErrorCode": 403, "ErrorCachingMinTTL": 86_400}]),
        ),
        (
            "error-ttl",
            config("CustomErrorResponses"),
            json!([{"ErrorCode": 503, "ErrorCachingMinTTL": 60}]),
        ),
        (
            "custom-header",
            config("Origins/0/OriginCustomHeaders"),
            json!([{"HeaderName": "X-Organization-Id", "HeaderValue": "acme"}]),
        ),
    ]
}
