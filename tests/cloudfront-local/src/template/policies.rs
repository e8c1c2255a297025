//! Cache, origin request and response headers policies of a template.

mod response_headers;

use std::time::Duration;

use serde_json::Value;

use super::app::App;
use super::resolve::{Unresolved, plain_text};
use super::{TemplateError, managed, rules};
use crate::model::{CachePolicy, HeaderForwarding, OriginRequestPolicy, Selection};
pub(super) use response_headers::response_headers_policy;

pub(super) fn cache_policy(app: &App, at: &str, id: &str) -> Result<CachePolicy, TemplateError> {
    if let Some(managed) = managed::cache_policy(id) {
        return Ok(managed);
    }
    let config = find(app, "AWS::CloudFront::CachePolicy", "CachePolicyConfig", id)
        .ok_or_else(|| unknown(at, "CachePolicyId", id))?;
    let key = &config["ParametersInCacheKeyAndForwardedToOrigin"];
    let (min_ttl, default_ttl, max_ttl) = ttls(&config);
    Ok(CachePolicy {
        name: plain_text(&config["Name"]),
        min_ttl,
        default_ttl,
        max_ttl,
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

/// `MinTTL`, `DefaultTTL` and `MaxTTL`, with a day and a year where nothing is said.
/// <https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_CachePolicyConfig.html>
pub(super) fn ttls(config: &Value) -> (Duration, Duration, Duration) {
    let seconds =
        |name: &str, default: Duration| whole(&config[name]).map_or(default, Duration::from_secs);
    let least = seconds("MinTTL", Duration::ZERO);
    let default = seconds("DefaultTTL", Duration::from_hours(24).max(least));
    let most = seconds("MaxTTL", Duration::from_hours(365 * 24).max(default));
    (least, default, most)
}

/// The legacy way: `ForwardedValues` in the behavior itself.
pub(super) fn forwarded_values(behavior: &Value) -> (CachePolicy, OriginRequestPolicy) {
    let values = &behavior["ForwardedValues"];
    let (min_ttl, default_ttl, max_ttl) = ttls(behavior);
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
        min_ttl,
        default_ttl,
        max_ttl,
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
        spares_s3: false,
    })
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

pub(super) fn is_true(value: &Value) -> bool {
    value == true || value == "true"
}

pub(super) fn whole(value: &Value) -> Option<u64> {
    plain_text(value).parse().ok()
}
