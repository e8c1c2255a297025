//! Writes distributions as the API shows them, out of the resolved configuration of the template.

use serde_json::{Map, Value};

use super::xml::{document, element, parent};
use crate::model::Distribution;

/// `DistributionConfig`.
pub(super) fn distribution_config(distribution: &Distribution) -> String {
    document("DistributionConfig", &config(distribution))
}

/// `Distribution`.
pub(super) fn distribution(distribution: &Distribution, in_progress: usize) -> String {
    let body = identity(distribution)
        + &element("InProgressInvalidationBatches", &in_progress.to_string())
        + &element("DomainName", &distribution.domain_name)
        + &parent("DistributionConfig", &config(distribution));
    document("Distribution", &body)
}

/// `DistributionList`.
pub(super) fn distribution_list<'a>(all: impl Iterator<Item = &'a Distribution>) -> String {
    let summaries: Vec<String> = all
        .map(|one| {
            let body = identity(one)
                + &element("DomainName", &one.domain_name)
                + &members(&one.config, SUMMARY);
            parent("DistributionSummary", &body)
        })
        .collect();
    let body = element("Marker", "")
        + &element("MaxItems", "100")
        + &element("IsTruncated", "false")
        + &element("Quantity", &summaries.len().to_string())
        + &parent("Items", &summaries.concat());
    document("DistributionList", &body)
}

fn identity(distribution: &Distribution) -> String {
    element("Id", &distribution.id)
        + &element(
            "ARN",
            &format!(
                "arn:aws:cloudfront::000000000000:distribution/{}",
                distribution.id
            ),
        )
        + &element("Status", "Deployed")
        + &element("LastModifiedTime", "2026-01-01T00:00:00.000Z")
}

fn config(distribution: &Distribution) -> String {
    element("CallerReference", &distribution.logical_id) + &members(&distribution.config, CONFIG)
}

/// Members of `DistributionConfig`, in the order of the API's schema.
const CONFIG: &[&str] = &[
    "Aliases",
    "DefaultRootObject",
    "Origins",
    "OriginGroups",
    "DefaultCacheBehavior",
    "CacheBehaviors",
    "CustomErrorResponses",
    "Comment",
    "PriceClass",
    "Enabled",
    "WebACLId",
    "HttpVersion",
    "IPV6Enabled",
    "CacheTagConfig",
];
/// Members of `DistributionSummary` that the API requires.
const SUMMARY: &[&str] = &[
    "Aliases",
    "Origins",
    "DefaultCacheBehavior",
    "CacheBehaviors",
    "CustomErrorResponses",
    "Comment",
    "PriceClass",
    "Enabled",
    "WebACLId",
    "HttpVersion",
    "IPV6Enabled",
];

/// Where a template has a plain list, the API has `Quantity` and `Items`; this is what each item is called.
fn item_name(list: &str) -> Option<&'static str> {
    Some(match list {
        "Aliases" => "CNAME",
        "Origins" => "Origin",
        "CacheBehaviors" => "CacheBehavior",
        "CustomErrorResponses" => "CustomErrorResponse",
        "AllowedMethods" | "CachedMethods" => "Method",
        "LambdaFunctionAssociations" => "LambdaFunctionAssociation",
        "FunctionAssociations" => "FunctionAssociation",
        "OriginCustomHeaders" | "CustomHeaders" => "OriginCustomHeader",
        "OriginSSLProtocols" => "SslProtocol",
        "StatusCodes" => "StatusCode",
        "Members" => "OriginGroupMember",
        "OriginGroups" => "OriginGroup",
        _ => return None,
    })
}

/// Where the API spells a member in another way than a template.
fn api_name(member: &str) -> &str {
    match member {
        "IPV6Enabled" => "IsIPV6Enabled",
        "OriginCustomHeaders" => "CustomHeaders",
        "OriginSSLProtocols" => "OriginSslProtocols",
        other => other,
    }
}

fn members(config: &Value, wanted: &[&str]) -> String {
    wanted
        .iter()
        .map(|name| member(name, config.get(*name).unwrap_or(&default_of(name))))
        .collect()
}

/// What the API shows where a template says nothing.
fn default_of(name: &str) -> Value {
    match name {
        "Aliases" | "CacheBehaviors" | "CustomErrorResponses" => Value::Array(Vec::new()),
        "Enabled" | "IPV6Enabled" => Value::Bool(true),
        "PriceClass" => Value::from("PriceClass_All"),
        "HttpVersion" => Value::from("http2"),
        "Comment" | "DefaultRootObject" | "WebACLId" => Value::from(""),
        _ => Value::Null,
    }
}

fn member(name: &str, value: &Value) -> String {
    let shown = api_name(name);
    match value {
        Value::Null => String::new(),
        Value::Array(items) => parent(shown, &list(name, items)),
        Value::Object(object) if object.contains_key("Items") => {
            let items = object["Items"].as_array().map_or(&[][..], Vec::as_slice);
            parent(shown, &list(name, items))
        }
        Value::Object(object) => parent(shown, &object_members(name, object)),
        Value::String(text) => element(shown, text),
        other => element(shown, &other.to_string()),
    }
}

fn object_members(name: &str, object: &Map<String, Value>) -> String {
    let mut body = String::new();
    for (key, value) in object {
        // The API nests the cached methods inside the allowed ones.
        if key == "CachedMethods" {
            continue;
        }
        if key == "AllowedMethods" {
            let cached = object
                .get("CachedMethods")
                .map_or_else(String::new, |cached| member("CachedMethods", cached));
            let items = value.as_array().map_or(&[][..], Vec::as_slice);
            body += &parent("AllowedMethods", &(list("AllowedMethods", items) + &cached));
            continue;
        }
        body += &member(key, value);
    }
    let is_behavior = matches!(name, "DefaultCacheBehavior" | "CacheBehavior");
    if is_behavior && !object.contains_key("ViewerProtocolPolicy") {
        body += &element("ViewerProtocolPolicy", "allow-all");
    }
    body
}

fn list(name: &str, items: &[Value]) -> String {
    let each = item_name(name).unwrap_or("Item");
    let inner: String = items.iter().map(|item| member(each, item)).collect();
    let quantity = element("Quantity", &items.len().to_string());
    if items.is_empty() {
        quantity
    } else {
        quantity + &parent("Items", &inner)
    }
}
