//! What one answer shows: who gave it, how old it is, which data version it has, and whose data it is.
//! Nothing is judged here.

use std::time::Duration;

use http::{HeaderMap, StatusCode};
use jiff::Timestamp;
use warmfront::contract::Contract;
use warmfront::message::XCache;

use crate::fetch::{Head, NamedTenant};

/// With this header and value a function at the edge says that nothing is cached.
const LOOK: (&str, &str) = ("x-warmfront-look", "missing");

/// Who gave the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The cache of the edge location.
    Cache,
    /// The origin, or a cache behind the edge location.
    Origin,
    /// A function at the edge: nothing was looked up, nothing stored.
    EdgeFunction,
}

/// One complete answer.
#[derive(Clone, Debug)]
pub struct Evidence {
    /// When the request was sent.
    pub sent_at: Timestamp,
    /// When the answer began to arrive.
    pub answered_at: Timestamp,
    /// HTTP status.
    pub status: StatusCode,
    /// Who gave the answer.
    pub source: Source,
    /// Whether a function at the edge says that nothing is cached, in place of asking the origin.
    pub not_cached: bool,
    /// `x-cache`.
    pub x_cache: Option<XCache>,
    /// `age`, in whole seconds.
    pub age: Option<u64>,
    /// `x-amz-cf-pop`.
    pub pop: Option<String>,
    /// The data version's header.
    pub version: Option<String>,
    /// The tenant that the header names.
    pub header_tenant: Option<String>,
    /// The tenant that the body names.
    pub body_tenant: NamedTenant,
    /// Whether `cache-control` lets a shared cache keep it.
    pub storable: bool,
    /// `retry-after`.
    pub retry_after: Option<Duration>,
}

impl Evidence {
    /// Reads the headers of an answer whose body was read to the end.
    #[must_use]
    pub fn of(
        head: &Head,
        body_tenant: NamedTenant,
        contract: &Contract,
        sent_at: Timestamp,
    ) -> Self {
        let headers = &head.headers;
        let named = |name: &Option<String>| name.as_ref().and_then(|name| text(headers, name));
        let answered_at = sent_at + head.waited;
        let x_cache = text(headers, "x-cache").map(|value| XCache::parse(&value));
        let age = text(headers, "age").and_then(|age| age.trim().parse().ok());
        Self {
            sent_at,
            answered_at,
            status: head.status,
            source: source(x_cache, age),
            not_cached: text(headers, LOOK.0).as_deref() == Some(LOOK.1),
            x_cache,
            age,
            pop: text(headers, "x-amz-cf-pop"),
            version: contract
                .version
                .as_ref()
                .and_then(|stamp| text(headers, &stamp.header)),
            header_tenant: named(&contract.tenant.response_header),
            body_tenant,
            storable: !text(headers, "cache-control").is_some_and(|value| forbids_storing(&value)),
            retry_after: text(headers, "retry-after")
                .and_then(|value| retry_after(&value, answered_at)),
        }
    }
}

/// `RefreshHit` means that the stored response had expired and the origin was asked: nobody is
/// served at once from it.
fn source(x_cache: Option<XCache>, age: Option<u64>) -> Source {
    match x_cache {
        Some(x_cache) if x_cache.is_edge_function() => Source::EdgeFunction,
        Some(XCache::Hit) => Source::Cache,
        // A response headers policy may strip it. Then an age tells that a cache answered.
        None if age.is_some() => Source::Cache,
        Some(_) | None => Source::Origin,
    }
}

/// Directives that keep CloudFront from caching at a minimum TTL of 0, which the contract's
/// behaviours have (Developer Guide, "Expiration").
fn forbids_storing(cache_control: &str) -> bool {
    cache_control
        .split(',')
        .map(|directive| directive.trim().to_ascii_lowercase())
        .any(|directive| matches!(directive.as_str(), "no-store" | "no-cache" | "private"))
}

/// Either form of `Retry-After` (RFC 9110, section 10.2.3).
fn retry_after(value: &str, now: Timestamp) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let at = jiff::fmt::rfc2822::DateTimeParser::new()
        .parse_timestamp(value)
        .ok()?;
    Some(Duration::try_from(at.duration_since(now)).unwrap_or_default())
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    let value = headers.get(name)?;
    Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
}

/// As much of somebody else's text as a row shows, in characters that take one byte of JSON each:
/// a row's length is bounded.
#[must_use]
pub fn shown(value: &str, longest: usize) -> String {
    let plain = |character| match character {
        '"' | '\\' => '?',
        ' '..='~' => character,
        _ => '?',
    };
    let mut shown: String = value.chars().map(plain).take(longest).collect();
    if value.chars().nth(longest).is_some() {
        shown.replace_range(longest - 3.., "...");
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_who_answered() {
        for (x_cache, age, expected) in [
            (Some("Hit from cloudfront"), Some(0), Source::Cache),
            (Some("Miss from cloudfront"), Some(3), Source::Origin),
            (Some("RefreshHit from cloudfront"), None, Source::Origin),
            (Some("Error from cloudfront"), None, Source::Origin),
            (
                Some("LambdaGeneratedResponse from cloudfront"),
                None,
                Source::EdgeFunction,
            ),
            (
                Some("FunctionGeneratedResponse from cloudfront"),
                None,
                Source::EdgeFunction,
            ),
            (None, Some(1), Source::Cache),
            (None, None, Source::Origin),
        ] {
            let parsed = x_cache.map(XCache::parse);
            assert_eq!(source(parsed, age), expected, "{x_cache:?}, age {age:?}");
        }
    }

    #[test]
    fn knows_what_keeps_an_answer_out_of_shared_caches() {
        for forbidding in ["private, max-age=60", "no-store", "max-age=0, No-Cache"] {
            assert!(forbids_storing(forbidding), "{forbidding}");
        }
        for storable in ["max-age=60", "public", "max-age=0, s-maxage=60", ""] {
            assert!(!forbids_storing(storable), "{storable}");
        }
    }

    #[test]
    fn reads_both_forms_of_retry_after() {
        let now: Timestamp = "2026-11-21T10:00:00Z".parse().unwrap();
        let seconds = |value| retry_after(value, now).map(|wait| wait.as_secs());
        assert_eq!(seconds("120"), Some(120));
        assert_eq!(seconds("Sat, 21 Nov 2026 10:01:00 GMT"), Some(60));
        assert_eq!(seconds("Sat, 21 Nov 2026 09:00:00 GMT"), Some(0));
        assert_eq!(seconds("soon"), None);
    }
}
