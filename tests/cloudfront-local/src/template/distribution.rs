//! `AWS::CloudFront::Distribution`.

use std::collections::BTreeMap;
use std::time::Duration;

use http::Method;
use serde_json::Value;

use super::app::App;
use super::policies::{self, is_true, whole};
use super::resolve::{Unresolved, plain_text};
use super::stack::Stack;
use super::{TemplateError, origins, rules, signers, unmodelled};
use crate::model::{
    Behavior, Distribution, EdgeEvent, EdgeFunctionId, ErrorPage, OriginRequestPolicy, PathPattern,
    Tenant,
};

/// Members that change nothing on one machine: what cannot be known there is left out and told.
const WITHOUT_EFFECT: [&str; 14] = [
    "Aliases",
    "AnycastIpListId",
    "Comment",
    "ContinuousDeploymentPolicyId",
    "FieldLevelEncryptionId",
    "HeaderValue",
    "Logging",
    "OriginAccessControlId",
    "PriceClass",
    "RealtimeLogConfigArn",
    "S3OriginConfig",
    "ViewerCertificate",
    "ViewerMtlsConfig",
    "WebACLId",
];

pub(super) fn read(app: &App, stack: &Stack, logical_id: &str) -> Distribution {
    let resource = stack.resource(logical_id).unwrap_or(&Value::Null);
    let properties = &resource["Properties"];
    let identity = Distribution {
        id: stack.distribution_id(logical_id),
        logical_id: logical_id.to_owned(),
        domain_name: stack.domain_name(logical_id),
        resource_tags: resource_tags(&stack.resolve(app, &properties["Tags"])),
        ..Distribution::default()
    };
    let mut is_known = true;
    let mut unknown = |at: &str, reason: &Unresolved| {
        let mut members = at.split(['.', '[']).skip(1);
        if app.skips_functions && members.clone().any(|name| name.ends_with("Associations")) {
            // Told with its event, as what is skipped.
        } else if members.any(|name| WITHOUT_EFFECT.contains(&name)) {
            app.tell(format!("{at} is left out: {}", reason.0));
        } else {
            is_known = false;
            app.refuse(at, &reason.0);
        }
    };
    let config = &properties["DistributionConfig"];
    let mut config = stack.resolve_with(app, logical_id, config, &mut unknown);
    drop_valueless_headers(&mut config);
    unmodelled::list(app, logical_id, &config);
    if is_known {
        from_config(app, identity, config)
    } else {
        identity
    }
}

/// A header whose value is known only to AWS is not sent.
fn drop_valueless_headers(config: &mut Value) {
    let origins = config.get_mut("Origins").and_then(Value::as_array_mut);
    for origin in origins.into_iter().flatten() {
        if let Some(headers) = origin
            .get_mut("OriginCustomHeaders")
            .and_then(Value::as_array_mut)
        {
            headers.retain(|header| header.get("HeaderValue").is_some());
        }
    }
}

/// What `identity` becomes with a resolved configuration.
pub(super) fn from_config(app: &App, identity: Distribution, config: Value) -> Distribution {
    let logical_id = identity.logical_id.clone();
    rules::check(app, &logical_id, &config);
    let mut behaviors = Vec::new();
    for behavior in list(&config["CacheBehaviors"]) {
        let pattern = plain_text(&behavior["PathPattern"]);
        let at = format!("{logical_id} behavior {pattern}");
        let read = read_behavior(app, &at, PathPattern::new(&pattern), behavior);
        behaviors.extend(app.keep(read));
    }
    let at = format!("{logical_id} default behavior");
    let default = &config["DefaultCacheBehavior"];
    behaviors.extend(app.keep(read_behavior(app, &at, PathPattern::any(), default)));
    Distribution {
        tag_header: config["CacheTagConfig"]["HeaderName"]
            .as_str()
            .map(str::to_ascii_lowercase),
        behaviors,
        origins: list(&config["Origins"]).map(origins::read).collect(),
        origin_groups: list(&config["OriginGroups"]["Items"])
            .map(origins::read_group)
            .collect(),
        error_ttl: list(&config["CustomErrorResponses"])
            .filter_map(error_ttl)
            .collect(),
        error_pages: list(&config["CustomErrorResponses"])
            .filter_map(error_page)
            .collect(),
        default_root_object: config["DefaultRootObject"]
            .as_str()
            .filter(|name| !name.is_empty())
            .map(str::to_owned),
        tenant_only: config["ConnectionMode"] == "tenant-only",
        enabled: config.get("Enabled").is_none_or(is_true),
        config,
        ..identity
    }
}

/// `AWS::CloudFront::DistributionTenant`.
pub(super) fn read_tenant(app: &App, stack: &Stack, logical_id: &str) -> Tenant {
    let resource = stack.resource(logical_id).unwrap_or(&Value::Null);
    let mut unknown = |at: &str, reason: &Unresolved| app.refuse(at, &reason.0);
    let properties = stack.resolve_with(app, logical_id, &resource["Properties"], &mut unknown);
    for name in ["Parameters", "Customizations"] {
        if properties.get(name).is_some() {
            app.tell(format!("{logical_id}.{name} is not modelled"));
        }
    }
    let domain = |one: &Value| plain_text(one.get("Domain").unwrap_or(one));
    let name = properties.get("Name").map(plain_text);
    Tenant {
        id: stack.tenant_id(logical_id),
        distribution: plain_text(&properties["DistributionId"]),
        domains: list(&properties["Domains"]).map(domain).collect(),
        name: name.unwrap_or_else(|| logical_id.to_owned()),
        resource_tags: resource_tags(&properties["Tags"]),
    }
}

fn resource_tags(tags: &Value) -> BTreeMap<String, String> {
    list(tags)
        .map(|tag| (plain_text(&tag["Key"]), plain_text(&tag["Value"])))
        .collect()
}

fn read_behavior(
    app: &App,
    at: &str,
    pattern: PathPattern,
    behavior: &Value,
) -> Result<Behavior, TemplateError> {
    let policy_id = |name: &str| behavior[name].as_str();
    let (cache, mut origin_request) = match policy_id("CachePolicyId") {
        Some(id) => (
            policies::cache_policy(app, at, id)?,
            OriginRequestPolicy::default(),
        ),
        None => policies::forwarded_values(behavior),
    };
    if let Some(id) = policy_id("OriginRequestPolicyId") {
        origin_request = policies::origin_request_policy(app, at, id)?;
    }
    let response_headers = policy_id("ResponseHeadersPolicyId")
        .map(|id| policies::response_headers_policy(app, at, id))
        .transpose()?;
    let functions = if app.skips_functions {
        BTreeMap::new()
    } else {
        read_functions(at, behavior)?
    };
    let signers = signers::trusted(app, at, behavior)?;
    Ok(Behavior {
        pattern,
        target: plain_text(&behavior["TargetOriginId"]),
        allowed_methods: methods(&behavior["AllowedMethods"]),
        cached_methods: methods(&behavior["CachedMethods"]),
        viewer_protocol: behavior["ViewerProtocolPolicy"]
            .as_str()
            .unwrap_or("allow-all")
            .to_owned(),
        cache,
        origin_request,
        response_headers,
        functions,
        compress: is_true(&behavior["Compress"]),
        signers,
    })
}

fn read_functions(
    at: &str,
    behavior: &Value,
) -> Result<BTreeMap<EdgeEvent, EdgeFunctionId>, TemplateError> {
    let mut functions = BTreeMap::new();
    let kinds = [
        ("LambdaFunctionAssociations", "LambdaFunctionARN"),
        ("FunctionAssociations", "FunctionARN"),
    ];
    for (kind, member) in kinds {
        for association in list(&behavior[kind]) {
            let event = association["EventType"].as_str().and_then(EdgeEvent::named);
            let (Some(event), Some(arn)) = (event, association[member].as_str()) else {
                return Err(TemplateError::invalid(
                    at,
                    format!("cannot read the function association {association}"),
                ));
            };
            functions.insert(event, EdgeFunctionId(arn.to_owned()));
        }
    }
    // https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/edge-functions-restrictions.html
    let on_viewer_side = |kind: &str| {
        list(&behavior[kind]).any(|one| {
            one["EventType"]
                .as_str()
                .is_some_and(|event| event.starts_with("viewer-"))
        })
    };
    if on_viewer_side("LambdaFunctionAssociations") && on_viewer_side("FunctionAssociations") {
        let problem = "a CloudFront function and a Lambda@Edge function on viewer events of one behavior; \
                       CloudFront takes one kind or the other";
        return Err(TemplateError::invalid(at, problem));
    }
    Ok(functions)
}

fn error_ttl(response: &Value) -> Option<(u16, Duration)> {
    let status = u16::try_from(whole(&response["ErrorCode"])?).ok()?;
    Some((
        status,
        Duration::from_secs(whole(&response["ErrorCachingMinTTL"]).unwrap_or(10)),
    ))
}

fn error_page(response: &Value) -> Option<(u16, ErrorPage)> {
    let status = |member: &str| u16::try_from(whole(&response[member])?).ok();
    let path = response["ResponsePagePath"].as_str();
    let page = ErrorPage {
        path: path.filter(|path| !path.is_empty())?.to_owned(),
        status: status("ResponseCode"),
    };
    Some((status("ErrorCode")?, page))
}

fn methods(value: &Value) -> Vec<Method> {
    let named: Vec<Method> = list(value)
        .filter_map(|name| plain_text(name).parse().ok())
        .collect();
    if named.is_empty() {
        vec![Method::GET, Method::HEAD]
    } else {
        named
    }
}

pub(super) fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}
