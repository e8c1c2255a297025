//! `CloudFront-*` request headers: what CloudFront knows of a viewer, where a policy asks for it. A viewer's own headers
//! of these names never count.
//!
//! <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/adding-cloudfront-headers.html>

use http::{HeaderMap, HeaderName, HeaderValue, Version};

use super::Visit;
use crate::model::{Behavior, HeaderForwarding, Pop};

const PREFIX: &str = "cloudfront-";

/// Removes what a viewer claims.
pub(super) fn remove_claims(headers: &mut HeaderMap) {
    let claims = headers
        .keys()
        .filter(|name| name.as_str().starts_with(PREFIX));
    for name in claims.cloned().collect::<Vec<_>>() {
        headers.remove(name);
    }
}

/// Adds what the behavior's policies ask for.
pub(super) fn add(visit: &mut Visit) {
    let asked: Vec<String> = asked_for(visit.behavior()).map(str::to_owned).collect();
    for name in asked {
        let value = value_of(visit, &name);
        let parsed = HeaderName::from_bytes(name.as_bytes());
        if let (Ok(name), Some(Ok(value))) =
            (parsed, value.map(|text| HeaderValue::from_str(&text)))
        {
            visit.request.headers.insert(name, value);
        }
    }
}

/// The names that the key or the origin request policy lists.
fn asked_for(behavior: &Behavior) -> impl Iterator<Item = &str> {
    let listed = match &behavior.origin_request.headers {
        HeaderForwarding::AllViewer { added } | HeaderForwarding::Only(added) => added.as_slice(),
        _ => &[],
    };
    let all = behavior.cache.headers.iter().chain(listed);
    all.map(String::as_str)
        .filter(|name| name.starts_with(PREFIX))
}

/// Nothing for what is not known of a viewer on this machine, such as a city.
fn value_of(visit: &Visit, name: &str) -> Option<String> {
    let agent = visit.request.header("user-agent").unwrap_or_default();
    let is = |words: &[&str]| words.iter().any(|word| agent.contains(word));
    let is_tablet = is(&["iPad", "Tablet"]);
    let is_tv = is(&["SmartTV", "SMART-TV", "GoogleTV", "AppleTV"]);
    let is_mobile = is(&["Mobi", "iPhone", "Android"]) && !is_tablet && !is_tv;
    let flag = |is: bool| Some(is.to_string());
    match name.strip_prefix(PREFIX)? {
        "is-mobile-viewer" => flag(is_mobile || is_tablet),
        "is-tablet-viewer" => flag(is_tablet),
        "is-smarttv-viewer" => flag(is_tv),
        "is-desktop-viewer" => flag(!is_mobile && !is_tablet && !is_tv),
        "is-android-viewer" => flag(is(&["Android"])),
        "is-ios-viewer" => flag(is(&["iPhone", "iPad", "iPod"])),
        "forwarded-proto" => Some(if visit.is_https { "https" } else { "http" }.to_owned()),
        "viewer-address" => Some(visit.client.to_string()),
        "viewer-country" => country(visit.pop).map(str::to_owned),
        "viewer-http-version" => Some(
            match visit.version {
                Version::HTTP_10 => "1.0",
                Version::HTTP_2 => "2.0",
                _ => "1.1",
            }
            .to_owned(),
        ),
        _ => None,
    }
}

/// A viewer is where its POP is.
fn country(pop: Pop) -> Option<&'static str> {
    Some(match &pop.name[..3] {
        "FRA" => "DE",
        "LHR" => "GB",
        "DUB" => "IE",
        "IAD" | "SFO" => "US",
        "NRT" => "JP",
        "SIN" => "SG",
        "SYD" => "AU",
        "GRU" => "BR",
        _ => return None,
    })
}
