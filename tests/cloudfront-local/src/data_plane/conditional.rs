//! Conditional requests of viewers, answered out of the cache.

use http::header::{ETAG, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE, LAST_MODIFIED};
use http::{HeaderMap, Method};

use super::Visit;
use crate::model::Time;

/// Whether the viewer's own copy is this one: told by its entity tag, else by its date. Where cookies are forwarded,
/// conditional requests are not supported.
///
/// <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/Cookies.html>
pub(super) fn is_known(visit: &Visit, headers: &HeaderMap) -> bool {
    let is_read = matches!(visit.request.method, Method::GET | Method::HEAD);
    let behavior = visit.behavior();
    if !is_read || !behavior.cache.caches() || behavior.forwards_cookies() {
        return false;
    }
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(asked) = visit.request.header(IF_NONE_MATCH.as_str()) {
        let tag = text(ETAG).map(weak);
        return asked
            .split(',')
            .map(str::trim)
            .any(|one| one == "*" || tag == Some(weak(one)));
    }
    let since = visit.request.header(IF_MODIFIED_SINCE.as_str());
    let since = since.as_deref().and_then(Time::from_http_date);
    let changed = text(LAST_MODIFIED).and_then(Time::from_http_date);
    changed
        .zip(since)
        .is_some_and(|(changed, since)| changed <= since)
}

/// Whether the range that the viewer asks for is of the object with these headers (RFC 9110, section 13.1.5).
pub(super) fn is_same_for_range(visit: &Visit, headers: &HeaderMap) -> bool {
    let Some(asked) = visit.request.header(IF_RANGE.as_str()) else {
        return true;
    };
    let is = |name| {
        headers
            .get(name)
            .is_some_and(|value| value.as_bytes() == asked.as_bytes())
    };
    (asked.starts_with('"') && is(ETAG)) || (!asked.contains('"') && is(LAST_MODIFIED))
}

fn weak(tag: &str) -> &str {
    tag.trim_start_matches("W/")
}
