//! A distribution's configuration in CloudFormation's spelling, whichever tool it came from.

use std::collections::BTreeMap;

use serde_json::Value;

use super::fields::{field, flag, headers, items, names, number, text, texts};
use super::{
    Behavior, CacheKey, CustomOrigin, Distribution, EdgeFunction, EdgeSettings, ErrorResponse,
    Forwarding, Names, Origin, Policy, ResponseHeaders, managed_cache_policy,
    managed_origin_request_policy,
};

/// Resources that a configuration names, in CloudFormation's spelling.
pub(super) trait Resources {
    /// The properties of the resource of this type that `reference` leads to.
    fn find(&self, kind: &str, reference: &str) -> Option<&Value>;
    /// The Lambda function behind a version's reference, and whether that names a version.
    fn function(&self, reference: &str) -> Option<(&Value, bool)>;
    /// Whether the policy of the bucket behind an origin's host lets CloudFront list it.
    fn may_list(&self, host: &str) -> Option<bool>;
}

pub(super) fn read(name: &str, config: &Value, resources: &impl Resources) -> Distribution {
    let behavior = |each: &Value, is_default| behavior(each, is_default, config, resources);
    let mut behaviors: Vec<_> = items(field(config, "CacheBehaviors"))
        .map(|each| behavior(each, false))
        .collect();
    behaviors.push(behavior(field(config, "DefaultCacheBehavior"), true));
    Distribution {
        name: name.to_owned(),
        enabled: flag(field(config, "Enabled")).unwrap_or(true),
        tag_header: text(field(field(config, "CacheTagConfig"), "HeaderName")),
        behaviors,
        error_responses: items(field(config, "CustomErrorResponses"))
            .map(|each| ErrorResponse {
                code: status(field(each, "ErrorCode")).unwrap_or(0),
                response_code: status(field(each, "ResponseCode")),
                ttl: number(field(each, "ErrorCachingMinTTL")),
            })
            .collect(),
        reckoned_error_ttls: Vec::new(),
        cache_policies: 0,
    }
}

fn status(value: &Value) -> Option<u16> {
    number(value).and_then(|code| code.try_into().ok())
}

fn behavior(
    each: &Value,
    is_default: bool,
    config: &Value,
    resources: &impl Resources,
) -> Behavior {
    let target = text(field(each, "TargetOriginId")).unwrap_or_default();
    let group = items(field(field(config, "OriginGroups"), "Items"))
        .find(|group| text(field(group, "Id")).as_deref() == Some(&target));
    let members: Vec<String> = match group {
        None => vec![target],
        Some(group) => items(field(field(group, "Members"), "Items"))
            .filter_map(|member| text(field(member, "OriginId")))
            .collect(),
    };
    let origins = items(field(config, "Origins"))
        .filter(|origin| text(field(origin, "Id")).is_some_and(|id| members.contains(&id)))
        .map(|each| origin(each, resources));
    let codes = group.map_or(&Value::Null, |group| {
        field(
            field(field(group, "FailoverCriteria"), "StatusCodes"),
            "Items",
        )
    });
    let methods = |name: &str| {
        let given = texts(field(each, name));
        if given.is_empty() {
            vec!["GET".to_owned(), "HEAD".to_owned()]
        } else {
            given
        }
    };
    let signers = ["TrustedKeyGroups", "TrustedSigners"];
    Behavior {
        pattern: if is_default {
            "*".to_owned()
        } else {
            text(field(each, "PathPattern")).unwrap_or_default()
        },
        is_default,
        cache: cache(each, resources),
        forwarding: forwarding(each, resources),
        response_headers: response_headers(each, resources),
        edge: edge(each, resources),
        cloudfront_functions: items(field(each, "FunctionAssociations"))
            .filter_map(|item| text(field(item, "EventType")))
            .collect(),
        origins: origins.collect(),
        has_origin_group: group.is_some(),
        failover_codes: items(codes).filter_map(status).collect(),
        viewer_protocol: text(field(each, "ViewerProtocolPolicy")).unwrap_or_default(),
        allowed_methods: methods("AllowedMethods"),
        cached_methods: methods("CachedMethods"),
        compress: flag(field(each, "Compress")).unwrap_or(false),
        is_signed: signers
            .iter()
            .any(|name| items(field(each, name)).next().is_some()),
    }
}

fn origin(each: &Value, resources: &impl Resources) -> Origin {
    let host = text(field(each, "DomainName")).unwrap_or_default();
    let custom = field(each, "CustomOriginConfig");
    Origin {
        custom: custom.is_object().then(|| CustomOrigin {
            // Without the setting CloudFront waits 30 s.
            read_timeout: number(field(custom, "OriginReadTimeout")).unwrap_or(30),
            protocol: text(field(custom, "OriginProtocolPolicy")).unwrap_or_default(),
        }),
        completion_timeout: number(field(each, "ResponseCompletionTimeout")).filter(|&s| s > 0),
        custom_headers: items(field(each, "OriginCustomHeaders"))
            .filter_map(|header| text(field(header, "HeaderName")))
            .map(|name| name.to_ascii_lowercase())
            .collect(),
        may_list: resources.may_list(&host),
        domain_name: host,
    }
}

fn cache(each: &Value, resources: &impl Resources) -> Policy<CacheKey> {
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

fn forwarding(each: &Value, resources: &impl Resources) -> Policy<Forwarding> {
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

fn response_headers(each: &Value, resources: &impl Resources) -> ResponseHeaders {
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

fn edge(each: &Value, resources: &impl Resources) -> BTreeMap<String, EdgeFunction> {
    items(field(each, "LambdaFunctionAssociations"))
        .filter_map(|item| {
            let reference = text(field(item, "LambdaFunctionARN"))?;
            let found = resources.function(&reference);
            let mut settings = found.map(|(properties, _)| edge_settings(properties));
            let is_version =
                found.map_or_else(|| names_version(&reference), |(_, version)| version);
            if !is_version {
                let unpublished = ("version".to_owned(), reference.clone());
                settings
                    .get_or_insert_default()
                    .unsupported
                    .push(unpublished);
            }
            let role = found.and_then(|(properties, _)| role(properties));
            Some((
                text(field(item, "EventType"))?,
                EdgeFunction {
                    reference,
                    role,
                    settings,
                },
            ))
        })
        .collect()
}

/// Whether an ARN ends in a version's number, where it is an ARN that can be read.
fn names_version(reference: &str) -> bool {
    let Some((_, name)) = reference.split_once(":function:") else {
        return true;
    };
    match name.split_once(':') {
        None => reference.contains('{'),
        Some((_, version)) => version.contains('{') || version.parse::<u64>().is_ok(),
    }
}

fn role(properties: &Value) -> Option<String> {
    let tags = field(properties, "Tags");
    text(field(tags, "warmfront:role")).or_else(|| {
        items(tags)
            .find(|tag| field(tag, "Key") == "warmfront:role")
            .and_then(|tag| text(field(tag, "Value")))
    })
}

fn edge_settings(properties: &Value) -> EdgeSettings {
    let mut unsupported = Vec::new();
    let mut note = |name: &str, value: String| unsupported.push((name.to_owned(), value));
    let architectures = texts(field(properties, "Architectures"));
    if architectures.iter().any(|each| each != "x86_64") {
        note("architecture", architectures.join(", "));
    }
    if items(field(properties, "Layers")).next().is_some() {
        note("layers", texts(field(properties, "Layers")).join(", "));
    }
    let tracing = [
        field(field(properties, "TracingConfig"), "Mode"),
        field(properties, "Tracing"),
    ];
    if tracing.iter().any(|mode| *mode == "Active") {
        note("tracing", "Active".to_owned());
    }
    let variables = field(field(properties, "Environment"), "Variables");
    if let Some(variables) = variables
        .as_object()
        .filter(|variables| !variables.is_empty())
    {
        note(
            "environment variables",
            variables.keys().cloned().collect::<Vec<_>>().join(", "),
        );
    }
    for (name, what) in [
        ("VpcConfig", "a VPC"),
        ("DeadLetterConfig", "a dead-letter queue"),
        ("FileSystemConfigs", "a file system"),
        ("ImageConfig", "a container image"),
        ("KmsKeyArn", "a key of its own"),
    ] {
        let value = field(properties, name);
        let is_set = match value {
            Value::Null => false,
            Value::Array(list) => !list.is_empty(),
            Value::Object(object) => !object.is_empty(),
            _ => true,
        };
        if is_set {
            note(what, name.to_owned());
        }
    }
    if field(properties, "PackageType") == "Image" {
        note("a container image", "PackageType".to_owned());
    }
    if let Some(runtime) = text(field(properties, "Runtime"))
        && !runtime.starts_with("nodejs")
        && !runtime.starts_with("python")
    {
        note("runtime", runtime);
    }
    EdgeSettings {
        memory: number(field(properties, "MemorySize")).unwrap_or(128),
        timeout: number(field(properties, "Timeout")).unwrap_or(3),
        unsupported,
    }
}
