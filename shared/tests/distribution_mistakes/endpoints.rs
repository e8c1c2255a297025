//! The contract's paths, endpoints and probe.

use serde_json::json;

use super::{Mistake, config, tenant};

pub(super) fn mistakes() -> Vec<Mistake> {
    vec![
        ("path-unserved", tenant("PathPattern"), json!("/app/*")),
        ("endpoint-default", tenant("PathPattern"), json!("/app/*")),
        (
            "endpoint-uncached",
            tenant("CachePolicyId"),
            json!("4135ea2d-6df8-44a3-9df3-4b5a84be39ad"),
        ),
        ("endpoint-bucket", tenant("TargetOriginId"), json!("good")),
        (
            "read-timeout",
            config("Origins/0/CustomOriginConfig/OriginReadTimeout"),
            json!(60),
        ),
        (
            "read-timeout",
            config("Origins/0/CustomOriginConfig/OriginReadTimeout"),
            json!(null),
        ),
        (
            "completion-timeout",
            config("Origins/0/ResponseCompletionTimeout"),
            json!(60),
        ),
        (
            "probe-cached",
            config("CacheBehaviors/0/PathPattern"),
            json!("/other"),
        ),
    ]
}
