//! Edge functions, and who gets past them.

use serde_json::json;

use super::{Mistake, config, export, function, tenant, version};

pub(super) fn mistakes() -> Vec<Mistake> {
    vec![
        (
            "authorizer-missing",
            tenant("LambdaFunctionAssociations/0/EventType"),
            json!("origin-request"),
        ),
        ("authorizer-missing", config("CacheBehaviors/3"), export()),
        (
            "token-unverified",
            tenant("LambdaFunctionAssociations"),
            json!([]),
        ),
        (
            "way-round",
            config("DefaultCacheBehavior/LambdaFunctionAssociations"),
            json!([]),
        ),
        (
            "tagger-missing",
            tenant("LambdaFunctionAssociations/1"),
            json!(null),
        ),
        (
            "tagger-missing",
            tenant("LambdaFunctionAssociations/1/LambdaFunctionARN"),
            json!({"Ref": "AuthorizerVersion"}),
        ),
        (
            "viewer-side-twice",
            tenant("FunctionAssociations"),
            json!([{"EventType": "viewer-response"}]),
        ),
        (
            "plain-viewers",
            tenant("ViewerProtocolPolicy"),
            json!("allow-all"),
        ),
        ("signed", tenant("TrustedKeyGroups"), json!(["k"])),
        ("edge-memory", function("MemorySize"), json!(256)),
        ("edge-timeout", function("Timeout"), json!(30)),
        (
            "edge-unsupported",
            function("Environment"),
            json!({"Variables": {"A": "b"}}),
        ),
        (
            "edge-unsupported",
            function("Layers"),
            json!(["arn:aws:lambda:us-east-1:1:layer:x:1"]),
        ),
        (
            "edge-unsupported",
            function("TracingConfig"),
            json!({"Mode": "Active"}),
        ),
        (
            "edge-unsupported",
            function("SnapStart"),
            json!({"ApplyOn": "PublishedVersions"}),
        ),
        (
            "edge-unsupported",
            function("ReservedConcurrentExecutions"),
            json!(10),
        ),
        (
            "edge-unsupported",
            version("ProvisionedConcurrencyConfig"),
            json!({"ProvisionedConcurrentExecutions": 1}),
        ),
        (
            "edge-unsupported",
            function("EphemeralStorage"),
            json!({"Size": 1024}),
        ),
        (
            "token-unverified",
            config("CacheBehaviors/1/CachePolicyId"),
            json!("658327ea-f89d-4fab-a63d-7e88639e58f6"),
        ),
        (
            "edge-unpublished",
            tenant("LambdaFunctionAssociations/0/LambdaFunctionARN"),
            json!({"Fn::GetAtt": ["Authorizer", "Arn"]}),
        ),
        (
            "edge-architecture",
            function("Architectures/0"),
            json!("arm64"),
        ),
        (
            "edge-runtime",
            function("Runtime"),
            json!("provided.al2023"),
        ),
    ]
}
