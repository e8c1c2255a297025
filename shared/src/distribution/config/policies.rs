//! The policies that a behaviour names.

use serde_json::Value;

use super::Resources;
use crate::distribution::fields::{field, flag, headers, items, names, number, text, texts};
use crate::distribution::{
    CacheKey, Forwarding, Names, Policy, ResponseHeaders, managed_cache_policy,
    managed_origin_request_policy,
};

pub(super) fn cache(each: &Value, resources: &impl Resources) -> Policy<CacheKey> {
    let Some(id) = text(field(each, "CachePolicyId")) else {
        return Policy::Known(legacy_key(each));
    };
    if let Some(known) = managed_cache_policy(&id) {
        return Policy::Known(known);
    }
    let Some(policy) = resources.find("AWS::CloudFront::CachePolicy", &id) else {
        return Policy::Unknown(id);
    };
    let config = field(policy, "CachePolicyConfig");
    let parts = field(config, "ParametersInCacheKeyAndForwardedToOrigin");
    let (headers, query_names, cookies) = kinds(parts);
    let enabled = |name: &str| flag(field(parts, name)).unwrap_or(false);
    let mut encodings = Vec::new();
    if enabled("EnableAcceptEncodingBrotli") {
        encodings.push("br".to_owned());
    }
    if enabled("EnableAcceptEncodingGzip") {
        encodings.push("gzip".to_owned());
    }
    let min_ttl = number(field(config, "MinTTL")).unwrap_or(0);
    Policy::Known(CacheKey {
        headers,
        query_names,
        cookies,
        encodings,
        min_ttl,
        // CloudFront's own where the policy names none.
        default_ttl: number(field(config, "DefaultTTL")).unwrap_or(min_ttl.max(86_400)),
        max_ttl: number(field(config, "MaxTTL")).unwrap_or(min_ttl.max(31_536_000)),
    })
}

fn kinds(parts: &Value) -> (Names, Names, Names) {
    let kind = |config: &str, behavior: &str, list: &str, lower: bool| {
        let config = field(parts, config);
        let list = if lower {
            headers(field(config, list))
        } else {
            texts(field(config, list))
        };
        names(field(config, behavior), list)
    };
    (
        kind("HeadersConfig", "HeaderBehavior", "Headers", true),
        kind(
            "QueryStringsConfig",
            "QueryStringBehavior",
            "QueryStrings",
            false,
        ),
        kind("CookiesConfig", "CookieBehavior", "Cookies", false),
    )
}

/// The key that `ForwardedValues`, older than policies, amounts to: what it forwards is in the key.
fn legacy_key(each: &Value) -> CacheKey {
    let forwarded = field(each, "ForwardedValues");
    let listed = headers(field(forwarded, "Headers"));
    let query_keys = texts(field(forwarded, "QueryStringCacheKeys"));
    let cookies = field(forwarded, "Cookies");
    let all_query = flag(field(forwarded, "QueryString")).unwrap_or(false);
    CacheKey {
        headers: match listed.as_slice() {
            [] => Names::None,
            [all] if all == "*" => Names::All,
            _ => Names::Only(listed),
        },
        query_names: match (all_query, query_keys.is_empty()) {
            (false, _) => Names::None,
            (true, true) => Names::All,
            (true, false) => Names::Only(query_keys),
        },
        cookies: names(
            field(cookies, "Forward"),
            texts(field(cookies, "WhitelistedNames")),
        ),
        encodings: Vec::new(),
        min_ttl: number(field(each, "MinTTL")).unwrap_or(0),
        default_ttl: number(field(each, "DefaultTTL")).unwrap_or(86_400),
        max_ttl: number(field(each, "MaxTTL")).unwrap_or(31_536_000),
    }
}

pub(super) fn forwarding(each: &Value, resources: &impl Resources) -> Policy<Forwarding> {
    let Some(id) = text(field(each, "OriginRequestPolicyId")) else {
        return Policy::None;
    };
    if let Some(known) = managed_origin_request_policy(&id) {
        return Policy::Known(known);
    }
    match resources.find("AWS::CloudFront::OriginRequestPolicy", &id) {
        None => Policy::Unknown(id),
        Some(policy) => {
            let (headers, query_names, cookies) = kinds(field(policy, "OriginRequestPolicyConfig"));
            Policy::Known(Forwarding {
                headers,
                query_names,
                cookies,
            })
        }
    }
}

pub(super) fn response_headers(each: &Value, resources: &impl Resources) -> ResponseHeaders {
    let id = text(field(each, "ResponseHeadersPolicyId")).unwrap_or_default();
    let policy = resources.find("AWS::CloudFront::ResponseHeadersPolicy", &id);
    let config = policy.map_or(&Value::Null, |policy| {
        field(policy, "ResponseHeadersPolicyConfig")
    });
    let listed = |section: &str| {
        items(field(field(config, section), "Items"))
            .filter_map(|item| text(field(item, "Header")))
            .map(|name| name.to_ascii_lowercase())
            .collect()
    };
    ResponseHeaders {
        removed: listed("RemoveHeadersConfig"),
        set: listed("CustomHeadersConfig"),
    }
}
