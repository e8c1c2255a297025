//! A distribution's configuration in CloudFormation's spelling, whichever tool it came from.

mod edge;
mod policies;

use serde_json::Value;

use super::fields::{field, flag, items, number, text, texts};
use super::{Behavior, CustomOrigin, Distribution, ErrorResponse, Origin};

/// Resources that a configuration names, in CloudFormation's spelling.
pub(super) trait Resources {
    /// The properties of the resource of this type that `reference` leads to.
    fn find(&self, kind: &str, reference: &str) -> Option<&Value>;
    /// The Lambda function behind a version's reference, and whether that names a version.
    fn function(&self, reference: &str) -> Option<(&Value, bool)>;
    /// Whether that function's version, or an alias of it, has provisioned concurrency.
    fn is_provisioned(&self, reference: &str) -> bool;
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
        is_staging: flag(field(config, "Staging")).unwrap_or(false),
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
    // The group's order: its first member is asked first.
    let origins = members.iter().filter_map(|member| {
        items(field(config, "Origins"))
            .find(|origin| text(field(origin, "Id")).as_ref() == Some(member))
            .map(|found| origin(found, resources))
    });
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
        cache: policies::cache(each, resources),
        forwarding: policies::forwarding(each, resources),
        response_headers: policies::response_headers(each, resources),
        edge: edge::functions(each, resources),
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
