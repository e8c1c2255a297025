//! What a distribution asks for and nothing here does: told at start, never ignored in silence.

use serde_json::Value;

use super::app::App;
use super::stack::Stack;

/// Members that are modelled, or that change nothing on one machine (with the reason told in the README).
const MODELLED: [&str; 15] = [
    "Aliases",
    "CacheBehaviors",
    "CacheTagConfig",
    "Comment",
    "ConnectionMode",
    "CustomErrorResponses",
    "DefaultCacheBehavior",
    "DefaultRootObject",
    "Enabled",
    "HttpVersion",
    "IPV6Enabled",
    "OriginGroups",
    "Origins",
    "PriceClass",
    "ViewerCertificate",
];

const MODELLED_IN_BEHAVIOR: [&str; 17] = [
    "AllowedMethods",
    "CachePolicyId",
    "CachedMethods",
    "DefaultTTL",
    "ForwardedValues",
    "FunctionAssociations",
    "LambdaFunctionAssociations",
    "MaxTTL",
    "MinTTL",
    "OriginRequestPolicyId",
    "PathPattern",
    "ResponseHeadersPolicyId",
    "TargetOriginId",
    "TrustedKeyGroups",
    "TrustedSigners",
    "ViewerProtocolPolicy",
    "Compress",
];

const MODELLED_IN_ORIGIN: [&str; 11] = [
    "ConnectionAttempts",
    "ConnectionTimeout",
    "CustomOriginConfig",
    "DomainName",
    "Id",
    "OriginAccessControlId",
    "OriginCustomHeaders",
    "OriginPath",
    "OriginShield",
    "ResponseCompletionTimeout",
    "S3OriginConfig",
];

const MODELLED_IN_CUSTOM_ORIGIN: [&str; 6] = [
    "HTTPPort",
    "HTTPSPort",
    "OriginKeepaliveTimeout",
    "OriginProtocolPolicy",
    "OriginReadTimeout",
    "OriginSSLProtocols",
];

/// Notes what the configuration of a distribution asks for and nothing here does.
pub(super) fn list(app: &App, logical_id: &str, config: &Value) {
    let note = |at: String, value: &Value, modelled: &[&str]| {
        for (member, value) in value.as_object().into_iter().flatten() {
            if !modelled.contains(&member.as_str()) && !is_off(value) {
                app.tell(format!("{at}.{member} is not modelled"));
            }
        }
    };
    note(logical_id.to_owned(), config, &MODELLED);
    let default = std::iter::once((
        "default behavior".to_owned(),
        &config["DefaultCacheBehavior"],
    ));
    let others = config["CacheBehaviors"].as_array().into_iter().flatten();
    let others = others.map(|behavior| (format!("behavior {}", behavior["PathPattern"]), behavior));
    let behaviors: Vec<_> = default.chain(others).collect();
    for (name, behavior) in &behaviors {
        note(
            format!("{logical_id} {name}"),
            behavior,
            &MODELLED_IN_BEHAVIOR,
        );
    }
    let origins: Vec<&Value> = config["Origins"].as_array().into_iter().flatten().collect();
    for origin in &origins {
        note(
            format!("{logical_id} origin {}", origin["Id"]),
            origin,
            &MODELLED_IN_ORIGIN,
        );
    }
    for origin in &origins {
        let at = format!("{logical_id} origin {}", origin["Id"]);
        note(
            at,
            &origin["CustomOriginConfig"],
            &MODELLED_IN_CUSTOM_ORIGIN,
        );
    }
    if config["HttpVersion"]
        .as_str()
        .is_some_and(|version| version.contains('3'))
    {
        app.tell(format!("{logical_id}.HttpVersion: HTTP/3 is not served"));
    }
    if origins.iter().any(|origin| {
        origin["OriginAccessControlId"]
            .as_str()
            .is_some_and(|id| !id.is_empty())
    }) {
        app.tell(format!(
            "{logical_id}: OriginAccessControlId: requests to the origin are not signed"
        ));
    }
    let associations = behaviors
        .iter()
        .filter_map(|(_, behavior)| behavior["LambdaFunctionAssociations"].as_array());
    if associations
        .flatten()
        .any(|association| association["IncludeBody"] == true)
    {
        app.tell(format!(
            "{logical_id}: IncludeBody: edge functions do not see bodies"
        ));
    }
    if behaviors
        .iter()
        .any(|(_, behavior)| !is_off(&behavior["TrustedSigners"]))
    {
        app.tell(format!(
            "{logical_id}: TrustedSigners: keys of accounts are not known; what they signed is refused"
        ));
    }
    for (name, behavior) in &behaviors {
        if behavior.get("CachePolicyId").is_some() && behavior.get("ForwardedValues").is_some() {
            app.tell(format!(
                "{logical_id} {name}: ForwardedValues counts for nothing beside CachePolicyId"
            ));
        }
    }
    if app.skips_functions {
        for (name, behavior) in &behaviors {
            for kind in ["LambdaFunctionAssociations", "FunctionAssociations"] {
                for association in behavior[kind].as_array().into_iter().flatten() {
                    let event = association["EventType"].as_str().unwrap_or_default();
                    app.tell(format!(
                        "{logical_id} {name}: the {event} function is skipped, as asked"
                    ));
                }
            }
        }
    }
}

/// Notes what response headers policies ask for and nothing here does.
pub(super) fn list_policies(app: &App, stack: &Stack) {
    let policies = stack.resources_of("AWS::CloudFront::ResponseHeadersPolicy");
    let parts = policies.flat_map(|(logical_id, properties)| {
        let config = &properties["ResponseHeadersPolicyConfig"];
        let members = ["ServerTimingHeadersConfig"]
            .into_iter()
            .filter(|member| config.get(member).is_some());
        members.map(move |member| format!("{logical_id}.{member} is not modelled"))
    });
    for part in parts {
        app.tell(part);
    }
}

fn is_off(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => matches!(text.as_str(), "" | "none" | "false"),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.values().all(is_off),
        _ => false,
    }
}
