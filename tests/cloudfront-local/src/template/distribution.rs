//! `AWS::CloudFront::Distribution`.

use std::collections::BTreeMap;
use std::time::Duration;

use http::Method;
use serde_json::Value;

use super::app::App;
use super::policies::{self, is_true, whole};
use super::resolve::{Stack, plain_text};
use super::{TemplateError, signers, unmodelled};
use crate::model::{
    Behavior, CustomOrigin, Distribution, EdgeEvent, EdgeFunctionId, ErrorPage, Origin,
    OriginGroup, OriginRequestPolicy, PathPattern, Tenant,
};

/// A distribution, and what of it is not done.
pub(super) struct Read {
    pub(super) distribution: Distribution,
    pub(super) not_modelled: Vec<String>,
}

pub(super) fn read(app: &App, stack: &Stack, logical_id: &str) -> Result<Read, TemplateError> {
    let resource = stack.resource(logical_id).unwrap_or(&Value::Null);
    let config = stack.resolve(app, &resource["Properties"]["DistributionConfig"]);
    let mut behaviors = Vec::new();
    for (index, behavior) in list(&config["CacheBehaviors"]).enumerate() {
        let at = format!("{logical_id}.CacheBehaviors[{index}]");
        let pattern = behavior["PathPattern"]
            .as_str()
            .ok_or_else(|| TemplateError::invalid(&at, "PathPattern is missing"))?;
        behaviors.push(read_behavior(
            app,
            &at,
            PathPattern::new(pattern),
            behavior,
        )?);
    }
    let at = format!("{logical_id}.DefaultCacheBehavior");
    behaviors.push(read_behavior(
        app,
        &at,
        PathPattern::any(),
        &config["DefaultCacheBehavior"],
    )?);
    let distribution = Distribution {
        id: format!("E{}", stack.physical_id(logical_id, 13)),
        logical_id: logical_id.to_owned(),
        domain_name: stack.domain_name(logical_id),
        tag_header: config["CacheTagConfig"]["HeaderName"]
            .as_str()
            .map(str::to_ascii_lowercase),
        behaviors,
        origins: list(&config["Origins"]).map(read_origin).collect(),
        origin_groups: list(&config["OriginGroups"]["Items"])
            .map(read_group)
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
    };
    for behavior in &distribution.behaviors {
        if distribution.origins_of(&behavior.target).is_empty() {
            let at = format!("{logical_id} behavior {}", behavior.pattern.as_written());
            return Err(TemplateError::invalid(
                at,
                format!("there is no origin or origin group {:?}", behavior.target),
            ));
        }
    }
    let not_modelled = unmodelled::list(logical_id, &distribution.config);
    Ok(Read {
        distribution,
        not_modelled,
    })
}

/// `AWS::CloudFront::DistributionTenant`.
pub(super) fn read_tenant(app: &App, stack: &Stack, logical_id: &str) -> (Tenant, Vec<String>) {
    let resource = stack.resource(logical_id).unwrap_or(&Value::Null);
    let properties = stack.resolve(app, &resource["Properties"]);
    let domain = |one: &Value| plain_text(one.get("Domain").unwrap_or(one));
    let tenant = Tenant {
        id: stack.tenant_id(logical_id),
        distribution: plain_text(&properties["DistributionId"]),
        domains: list(&properties["Domains"]).map(domain).collect(),
    };
    let unread = ["Parameters", "Customizations"]
        .into_iter()
        .filter(|name| properties.get(name).is_some());
    (
        tenant,
        unread
            .map(|name| format!("{logical_id}.{name} is not modelled"))
            .collect(),
    )
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
    let functions = read_functions(at, behavior)?;
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

fn read_origin(origin: &Value) -> Origin {
    let seconds =
        |value: &Value, default: u64| Duration::from_secs(whole(value).unwrap_or(default));
    let port = |value: &Value, default: u16| {
        whole(value)
            .and_then(|n| u16::try_from(n).ok())
            .unwrap_or(default)
    };
    let custom = origin.get("CustomOriginConfig").map(|custom| CustomOrigin {
        read_timeout: seconds(&custom["OriginReadTimeout"], 30),
        keepalive_timeout: seconds(&custom["OriginKeepaliveTimeout"], 5),
        protocol: custom["OriginProtocolPolicy"]
            .as_str()
            .unwrap_or("https-only")
            .to_owned(),
        http_port: port(&custom["HTTPPort"], 80),
        https_port: port(&custom["HTTPSPort"], 443),
    });
    let shield = &origin["OriginShield"];
    let headers = list(&origin["OriginCustomHeaders"]);
    Origin {
        id: plain_text(&origin["Id"]),
        domain_name: plain_text(&origin["DomainName"]),
        path: origin["OriginPath"].as_str().unwrap_or_default().to_owned(),
        custom_headers: headers
            .map(|header| {
                (
                    plain_text(&header["HeaderName"]),
                    plain_text(&header["HeaderValue"]),
                )
            })
            .collect(),
        connection_attempts: whole(&origin["ConnectionAttempts"])
            .and_then(|n| u32::try_from(n).ok())
            .unwrap_or(3),
        connection_timeout: seconds(&origin["ConnectionTimeout"], 10),
        completion_timeout: whole(&origin["ResponseCompletionTimeout"]).map(Duration::from_secs),
        shield: is_true(&shield["Enabled"]).then(|| {
            shield["OriginShieldRegion"]
                .as_str()
                .unwrap_or("us-east-1")
                .to_owned()
        }),
        custom,
    }
}

fn read_group(group: &Value) -> OriginGroup {
    let statuses = list(&group["FailoverCriteria"]["StatusCodes"]["Items"]);
    OriginGroup {
        id: plain_text(&group["Id"]),
        failover_statuses: statuses
            .filter_map(|status| plain_text(status).parse().ok())
            .collect(),
        members: list(&group["Members"]["Items"])
            .map(|member| plain_text(&member["OriginId"]))
            .collect(),
    }
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

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}
