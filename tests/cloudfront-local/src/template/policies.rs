//! Cache, origin request and response headers policies of a template.

use std::time::Duration;

use http::{HeaderName, HeaderValue};
use serde_json::Value;

use super::app::App;
use super::resolve::{Unresolved, plain_text};
use super::{TemplateError, managed, rules};
use crate::model::{
    CachePolicy, CorsConfig, HeaderForwarding, OriginRequestPolicy, ResponseHeadersPolicy,
    Selection,
};

pub(super) fn cache_policy(app: &App, at: &str, id: &str) -> Result<CachePolicy, TemplateError> {
    if let Some(managed) = managed::cache_policy(id) {
        return Ok(managed);
    }
    let config = find(app, "AWS::CloudFront::CachePolicy", "CachePolicyConfig", id)
        .ok_or_else(|| unknown(at, "CachePolicyId", id))?;
    let key = &config["ParametersInCacheKeyAndForwardedToOrigin"];
    let seconds = |name: &str| Duration::from_secs(whole(&config[name]).unwrap_or(0));
    Ok(CachePolicy {
        name: plain_text(&config["Name"]),
        min_ttl: seconds("MinTTL"),
        default_ttl: seconds("DefaultTTL"),
        max_ttl: seconds("MaxTTL"),
        headers: lower_names(&key["HeadersConfig"]["Headers"]),
        queries: selection(
            &key["QueryStringsConfig"],
            "QueryStringBehavior",
            "QueryStrings",
        ),
        cookies: selection(&key["CookiesConfig"], "CookieBehavior", "Cookies"),
        gzip: is_true(&key["EnableAcceptEncodingGzip"]),
        brotli: is_true(&key["EnableAcceptEncodingBrotli"]),
    })
}

/// The legacy way: `ForwardedValues` in the behavior itself.
pub(super) fn forwarded_values(behavior: &Value) -> (CachePolicy, OriginRequestPolicy) {
    let values = &behavior["ForwardedValues"];
    let seconds =
        |name: &str, default: u64| Duration::from_secs(whole(&behavior[name]).unwrap_or(default));
    let queries = match (
        is_true(&values["QueryString"]),
        names(&values["QueryStringCacheKeys"]),
    ) {
        (false, _) => Selection::None,
        (true, keys) if keys.is_empty() => Selection::All,
        (true, keys) => Selection::Only(keys),
    };
    let cookies = match values["Cookies"]["Forward"].as_str() {
        Some("all") => Selection::All,
        Some("whitelist") => Selection::Only(names(&values["Cookies"]["WhitelistedNames"])),
        _ => Selection::None,
    };
    let mut policy = CachePolicy {
        name: "ForwardedValues".to_owned(),
        min_ttl: seconds("MinTTL", 0),
        default_ttl: seconds("DefaultTTL", 86_400),
        max_ttl: seconds("MaxTTL", 31_536_000),
        headers: lower_names(&values["Headers"]),
        queries,
        cookies,
        gzip: is_true(&behavior["Compress"]),
        brotli: false,
    };
    let mut forwarded = OriginRequestPolicy::default();
    if is_true(&values["QueryString"]) {
        forwarded.queries = Selection::All;
    }
    if policy.headers.iter().any(|name| name == "*") {
        // All headers are forwarded, and then nothing is cached: header-caching of the developer guide.
        policy = CachePolicy {
            min_ttl: Duration::ZERO,
            max_ttl: Duration::ZERO,
            headers: Vec::new(),
            ..policy
        };
        forwarded.headers = HeaderForwarding::AllViewer { added: Vec::new() };
    } else {
        let removed = REMOVED_BY_DEFAULT.map(str::to_owned).to_vec();
        forwarded.headers = HeaderForwarding::AllExcept(removed);
    }
    (policy, forwarded)
}

/// Headers that are not forwarded where `ForwardedValues` does not list them; all others are.
/// <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/RequestAndResponseBehaviorCustomOrigin.html>
const REMOVED_BY_DEFAULT: [&str; 7] = [
    "accept",
    "accept-charset",
    "accept-language",
    "authorization",
    "host",
    "referer",
    "user-agent",
];

pub(super) fn origin_request_policy(
    app: &App,
    at: &str,
    id: &str,
) -> Result<OriginRequestPolicy, TemplateError> {
    if let Some(managed) = managed::origin_request_policy(id) {
        return Ok(managed);
    }
    let config = find(
        app,
        "AWS::CloudFront::OriginRequestPolicy",
        "OriginRequestPolicyConfig",
        id,
    )
    .ok_or_else(|| unknown(at, "OriginRequestPolicyId", id))?;
    let listed = lower_names(&config["HeadersConfig"]["Headers"]);
    let headers = match config["HeadersConfig"]["HeaderBehavior"].as_str() {
        Some("allViewer") => HeaderForwarding::AllViewer { added: Vec::new() },
        Some("allViewerAndWhitelistCloudFront") => HeaderForwarding::AllViewer { added: listed },
        Some("allExcept") => HeaderForwarding::AllExcept(listed),
        Some("whitelist") => HeaderForwarding::Only(listed),
        _ => HeaderForwarding::None,
    };
    Ok(OriginRequestPolicy {
        headers,
        queries: selection(
            &config["QueryStringsConfig"],
            "QueryStringBehavior",
            "QueryStrings",
        ),
        cookies: selection(&config["CookiesConfig"], "CookieBehavior", "Cookies"),
    })
}

pub(super) fn response_headers_policy(
    app: &App,
    at: &str,
    id: &str,
) -> Result<ResponseHeadersPolicy, TemplateError> {
    if let Some(managed) = managed::response_headers_policy(id) {
        return Ok(managed);
    }
    let config = find(
        app,
        "AWS::CloudFront::ResponseHeadersPolicy",
        "ResponseHeadersPolicyConfig",
        id,
    )
    .ok_or_else(|| unknown(at, "ResponseHeadersPolicyId", id))?;
    let mut policy = ResponseHeadersPolicy::default();
    for item in config["RemoveHeadersConfig"]["Items"]
        .as_array()
        .into_iter()
        .flatten()
    {
        policy.remove.push(header_name(at, &item["Header"])?);
    }
    for item in config["CustomHeadersConfig"]["Items"]
        .as_array()
        .into_iter()
        .flatten()
    {
        let name = header_name(at, &item["Header"])?;
        policy.set.push((
            name,
            header_value(at, &plain_text(&item["Value"]))?,
            is_true(&item["Override"]),
        ));
    }
    policy.cors = config.get("CorsConfig").map(cors);
    for (name, value, over) in security_headers(&config["SecurityHeadersConfig"]) {
        policy.set.push((
            HeaderName::from_static(name),
            header_value(at, &value)?,
            over,
        ));
    }
    Ok(policy)
}

fn cors(config: &Value) -> CorsConfig {
    let listed = |member: &str| names(&config[member]);
    CorsConfig {
        allow_credentials: is_true(&config["AccessControlAllowCredentials"]),
        allow_headers: listed("AccessControlAllowHeaders"),
        allow_methods: listed("AccessControlAllowMethods"),
        allow_origins: listed("AccessControlAllowOrigins"),
        expose_headers: listed("AccessControlExposeHeaders"),
        max_age: whole(&config["AccessControlMaxAgeSec"]),
        overrides: is_true(&config["OriginOverride"]),
    }
}

fn security_headers(config: &Value) -> Vec<(&'static str, String, bool)> {
    let mut found = Vec::new();
    let mut add = |part: &str, name: &'static str, value: &dyn Fn(&Value) -> String| {
        if let Some(member) = config.get(part) {
            found.push((name, value(member), is_true(&member["Override"])));
        }
    };
    add("ContentTypeOptions", "x-content-type-options", &|_| {
        "nosniff".to_owned()
    });
    add("FrameOptions", "x-frame-options", &|m| {
        plain_text(&m["FrameOption"])
    });
    add("ReferrerPolicy", "referrer-policy", &|m| {
        plain_text(&m["ReferrerPolicy"])
    });
    add("ContentSecurityPolicy", "content-security-policy", &|m| {
        plain_text(&m["ContentSecurityPolicy"])
    });
    add(
        "StrictTransportSecurity",
        "strict-transport-security",
        &|m| {
            let mut text = format!("max-age={}", plain_text(&m["AccessControlMaxAgeSec"]));
            for (member, word) in [
                ("IncludeSubdomains", "; includeSubDomains"),
                ("Preload", "; preload"),
            ] {
                if is_true(&m[member]) {
                    text.push_str(word);
                }
            }
            text
        },
    );
    add("XSSProtection", "x-xss-protection", &|m| match (
        is_true(&m["Protection"]),
        is_true(&m["ModeBlock"]),
    ) {
        (false, _) => "0".to_owned(),
        (true, false) => "1".to_owned(),
        (true, true) => "1; mode=block".to_owned(),
    });
    found
}

/// The config of the policy that was given for `id`, or the resolved one of that whose `Ref` it is.
fn find(app: &App, kind: &str, member: &str, id: &str) -> Option<Value> {
    let config = match app.policies.get(id) {
        Some(given) => unwrapped(given, member),
        None => app.stacks.iter().find_map(|stack| {
            let (logical_id, properties) = stack
                .resources_of(kind)
                .find(|(logical_id, _)| format!("{}/{logical_id}", stack.name) == id)?;
            let mut unknown = |at: &str, reason: &Unresolved| {
                if at.ends_with(".Name") || at.ends_with(".Comment") {
                    app.tell(format!("{at} is left out: {}", reason.0));
                } else {
                    app.refuse(at, &reason.0);
                }
            };
            let config = &properties[member];
            let mut config = stack.resolve_with(app, logical_id, config, &mut unknown);
            if config.get("Name").is_none() && properties[member].get("Name").is_some() {
                config["Name"] = Value::from(logical_id);
            }
            Some(config)
        }),
    }?;
    rules::policy::check(app, id, member, &config);
    Some(config)
}

/// The config of a policy as a template has it, or as the API gives it.
fn unwrapped(given: &Value, member: &str) -> Option<Value> {
    let kind = member.strip_suffix("Config").unwrap_or(member);
    let inner = [&given[kind], &given["Properties"], given]
        .into_iter()
        .find_map(|outer| outer.get(member));
    let is_bare = given.get("Name").is_some();
    inner.or(is_bare.then_some(given)).cloned()
}

fn unknown(at: &str, member: &str, id: &str) -> TemplateError {
    TemplateError::invalid(
        format!("{at}.{member}"),
        format!(
            "{id:?} is neither a policy of the given templates nor a managed one that is known here: give the template that has it, \
             or what `aws cloudfront get-…-policy` prints, with --policy {id}=FILE"
        ),
    )
}

fn selection(config: &Value, behavior: &str, members: &str) -> Selection {
    match config[behavior].as_str() {
        Some("all") => Selection::All,
        Some("whitelist") => Selection::Only(names(&config[members])),
        Some("allExcept") => Selection::AllExcept(names(&config[members])),
        _ => Selection::None,
    }
}

/// A list of names, which the response of the API wraps in `Items` and a template does not.
pub(super) fn names(value: &Value) -> Vec<String> {
    let items = value.get("Items").unwrap_or(value);
    items
        .as_array()
        .into_iter()
        .flatten()
        .map(plain_text)
        .collect()
}

fn lower_names(value: &Value) -> Vec<String> {
    names(value)
        .iter()
        .map(|name| name.to_ascii_lowercase())
        .collect()
}

fn header_name(at: &str, value: &Value) -> Result<HeaderName, TemplateError> {
    let text = plain_text(value);
    HeaderName::from_bytes(text.as_bytes())
        .map_err(|_| TemplateError::invalid(at, format!("{text:?} is no header name")))
}

fn header_value(at: &str, text: &str) -> Result<HeaderValue, TemplateError> {
    HeaderValue::from_str(text)
        .map_err(|_| TemplateError::invalid(at, format!("{text:?} is no header value")))
}

pub(super) fn is_true(value: &Value) -> bool {
    value == true || value == "true"
}

pub(super) fn whole(value: &Value) -> Option<u64> {
    plain_text(value).parse().ok()
}
