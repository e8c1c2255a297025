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
    let tell = |text: String| app.tell(format!("{logical_id}{text}"));
    let behaviors: Vec<(String, &Value)> = behaviors(config).collect();
    let origins = || list_of(&config["Origins"]);
    members(&tell, "", config, &MODELLED);
    for (name, behavior) in &behaviors {
        members(&tell, name, behavior, &MODELLED_IN_BEHAVIOR);
        list_behavior(app, &tell, name, behavior);
    }
    for origin in origins() {
        let name = format!(" origin {}", origin["Id"]);
        let custom = &origin["CustomOriginConfig"];
        members(&tell, &name, origin, &MODELLED_IN_ORIGIN);
        members(&tell, &name, custom, &MODELLED_IN_CUSTOM_ORIGIN);
    }
    let version = config["HttpVersion"].as_str();
    if version.is_some_and(|version| version.contains('3')) {
        tell(".HttpVersion: HTTP/3 is not served".to_owned());
    }
    let is_signed = |origin: &Value| !is_off(&origin["OriginAccessControlId"]);
    if origins().any(is_signed) {
        tell(": OriginAccessControlId: requests to the origin are not signed".to_owned());
    }
    let has = |holds: &dyn Fn(&Value) -> bool| behaviors.iter().any(|(_, one)| holds(one));
    let sees_body = |behavior: &Value| {
        list_of(&behavior["LambdaFunctionAssociations"]).any(|one| one["IncludeBody"] == true)
    };
    if has(&sees_body) {
        tell(": IncludeBody: edge functions do not see bodies".to_owned());
    }
    if has(&|behavior| !is_off(&behavior["TrustedSigners"])) {
        tell(
            ": TrustedSigners: keys of accounts are not known; what they signed is refused"
                .to_owned(),
        );
    }
}

/// The default behavior and the others, by what they are called in a note.
fn behaviors(config: &Value) -> impl Iterator<Item = (String, &Value)> {
    let default = (
        " default behavior".to_owned(),
        &config["DefaultCacheBehavior"],
    );
    let others = list_of(&config["CacheBehaviors"])
        .map(|behavior| (format!(" behavior {}", behavior["PathPattern"]), behavior));
    std::iter::once(default).chain(others)
}

fn list_of(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// Notes members that are not modelled and not switched off.
fn members(tell: &dyn Fn(String), at: &str, value: &Value, modelled: &[&str]) {
    for (member, value) in value.as_object().into_iter().flatten() {
        if !modelled.contains(&member.as_str()) && !is_off(value) {
            tell(format!("{at}.{member} is not modelled"));
        }
    }
}

fn list_behavior(app: &App, tell: &dyn Fn(String), name: &str, behavior: &Value) {
    if behavior.get("CachePolicyId").is_some() && behavior.get("ForwardedValues").is_some() {
        tell(format!(
            "{name}: ForwardedValues counts for nothing beside CachePolicyId"
        ));
    }
    let kinds = ["LambdaFunctionAssociations", "FunctionAssociations"];
    for kind in kinds.into_iter().filter(|_| app.skips_functions) {
        for association in list_of(&behavior[kind]) {
            let event = association["EventType"].as_str().unwrap_or_default();
            tell(format!("{name}: the {event} function is skipped, as asked"));
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
