//! How long an answer is kept: the policy's minimum, default and maximum against what the origin says.
//!
//! <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/Expiration.html>

use std::time::Duration;

use http::HeaderMap;
use http::header::{CACHE_CONTROL, EXPIRES};

use super::policy::CachePolicy;
use super::time::Time;

/// Errors that are cached whatever the origin says.
/// <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/HTTPStatusCodes.html>
const CACHED_ERRORS: [u16; 7] = [404, 414, 500, 501, 502, 503, 504];
/// Errors that are cached only when the origin gives an age.
const ERRORS_CACHED_ON_REQUEST: [u16; 5] = [400, 403, 405, 412, 415];

/// What becomes of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lifetime {
    /// Not kept. Whether requests may still be collapsed onto it.
    Unstored {
        /// The origin said private, no-store, no-cache or an age of 0, and the minimum is 0.
        refused_by_origin: bool,
    },
    /// Kept, and fresh for this long; zero means that each request asks the origin again.
    Stored(Duration),
}

/// Decides on an answer. `error_ttl` is the error-caching minimum TTL that applies to its status.
#[must_use]
pub fn lifetime(
    policy: &CachePolicy,
    status: u16,
    headers: &HeaderMap,
    error_ttl: Option<Duration>,
    now: Time,
) -> Lifetime {
    if !policy.caches() {
        return Lifetime::Unstored {
            refused_by_origin: false,
        };
    }
    let directives = Directives::read(headers, now);
    if status >= 400 {
        return error_lifetime(policy, status, &directives, error_ttl);
    }
    if directives.forbids_storing() && policy.min_ttl.is_zero() {
        return Lifetime::Unstored {
            refused_by_origin: true,
        };
    }
    let asked = if directives.forbids_storing() || directives.no_cache {
        Some(Duration::ZERO)
    } else {
        directives.age
    };
    let ttl = asked
        .unwrap_or(policy.default_ttl)
        .clamp(policy.min_ttl, policy.max_ttl.max(policy.min_ttl));
    let has_validator = headers.contains_key(http::header::ETAG)
        || headers.contains_key(http::header::LAST_MODIFIED);
    if ttl.is_zero() && !has_validator {
        return Lifetime::Unstored {
            refused_by_origin: asked.is_some(),
        };
    }
    Lifetime::Stored(ttl)
}

fn error_lifetime(
    policy: &CachePolicy,
    status: u16,
    directives: &Directives,
    error_ttl: Option<Duration>,
) -> Lifetime {
    /// Where the distribution does not say.
    const DEFAULT_ERROR_TTL: Duration = Duration::from_secs(10);
    let asked = directives.age.filter(|age| !age.is_zero());
    let kept = CACHED_ERRORS.contains(&status)
        || error_ttl.is_some()
        || (ERRORS_CACHED_ON_REQUEST.contains(&status) && asked.is_some());
    let shortest = error_ttl.unwrap_or(DEFAULT_ERROR_TTL);
    let ttl = asked
        .map_or(shortest, |age| age.min(policy.max_ttl))
        .max(shortest);
    if kept && !ttl.is_zero() {
        Lifetime::Stored(ttl)
    } else {
        Lifetime::Unstored {
            refused_by_origin: true,
        }
    }
}

/// What `Cache-Control` and `Expires` say.
struct Directives {
    no_cache: bool,
    no_store: bool,
    private: bool,
    age: Option<Duration>,
}

impl Directives {
    fn read(headers: &HeaderMap, now: Time) -> Self {
        let mut max_age = None;
        let mut shared_age = None;
        let (mut no_cache, mut no_store, mut private) = (false, false, false);
        let lines = headers.get_all(CACHE_CONTROL).iter();
        for part in lines
            .filter_map(|value| value.to_str().ok())
            .flat_map(|line| line.split(','))
        {
            let (name, value) = part.trim().split_once('=').unwrap_or((part.trim(), ""));
            let seconds = || {
                value
                    .trim_matches('"')
                    .parse()
                    .ok()
                    .map(Duration::from_secs)
            };
            match name.to_ascii_lowercase().as_str() {
                "no-cache" => no_cache = true,
                "no-store" => no_store = true,
                "private" => private = true,
                "max-age" => max_age = seconds(),
                "s-maxage" => shared_age = seconds(),
                _ => {}
            }
        }
        let expires = headers
            .get(EXPIRES)
            .and_then(|value| value.to_str().ok())
            .map(|text| Time::from_http_date(text).map_or(Duration::ZERO, |at| at.since(now)));
        Self {
            no_cache,
            no_store,
            private,
            age: shared_age.or(max_age).or(expires),
        }
    }

    fn forbids_storing(&self) -> bool {
        self.no_store || self.private
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    const NOW: Time = Time::from_millis(1_700_000_000_000);

    fn policy(min: u64, default: u64, max: u64) -> CachePolicy {
        CachePolicy {
            min_ttl: Duration::from_secs(min),
            default_ttl: Duration::from_secs(default),
            max_ttl: Duration::from_secs(max),
            ..CachePolicy::default()
        }
    }

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in pairs {
            map.append(*name, HeaderValue::from_static(value));
        }
        map
    }

    fn stored(seconds: u64) -> Lifetime {
        Lifetime::Stored(Duration::from_secs(seconds))
    }

    type Case<'a> = (
        &'a CachePolicy,
        &'a [(&'static str, &'static str)],
        Lifetime,
    );

    #[test]
    fn successes_follow_the_documented_table() {
        let refused = Lifetime::Unstored {
            refused_by_origin: true,
        };
        let open = policy(0, 100, 1000);
        let floor = policy(50, 100, 1000);
        let cases: [Case<'_>; 12] = [
            (&open, &[], stored(100)),
            (&open, &[("cache-control", "max-age=10")], stored(10)),
            (
                &open,
                &[("cache-control", "max-age=10, s-maxage=20")],
                stored(20),
            ),
            (&open, &[("cache-control", "max-age=5000")], stored(1000)),
            (&open, &[("cache-control", "private")], refused),
            (&open, &[("cache-control", "no-cache")], refused),
            (&open, &[("cache-control", "max-age=0")], refused),
            (
                &open,
                &[("cache-control", "max-age=0"), ("etag", "\"1\"")],
                stored(0),
            ),
            (&open, &[("expires", "0")], refused),
            (&floor, &[("cache-control", "max-age=10")], stored(50)),
            (&floor, &[("cache-control", "no-store")], stored(50)),
            (&floor, &[("cache-control", "private")], stored(50)),
        ];
        for (policy, sent, expected) in cases {
            assert_eq!(
                lifetime(policy, 200, &headers(sent), None, NOW),
                expected,
                "{sent:?}"
            );
        }
    }

    #[test]
    fn expires_counts_when_no_age_is_given() {
        let sent = headers(&[("expires", "Tue, 14 Nov 2023 22:14:20 GMT")]);
        assert_eq!(
            lifetime(&policy(0, 100, 1000), 200, &sent, None, NOW),
            stored(60)
        );
    }

    #[test]
    fn errors_follow_the_error_caching_minimum() {
        let open = policy(0, 100, 1000);
        let ten = Some(Duration::from_secs(3));
        assert_eq!(lifetime(&open, 503, &headers(&[]), None, NOW), stored(10));
        assert_eq!(lifetime(&open, 503, &headers(&[]), ten, NOW), stored(3));
        assert!(matches!(
            lifetime(&open, 503, &headers(&[]), Some(Duration::ZERO), NOW),
            Lifetime::Unstored { .. }
        ));
        for status in [401, 403, 429] {
            assert!(matches!(
                lifetime(&open, status, &headers(&[]), None, NOW),
                Lifetime::Unstored { .. }
            ));
        }
        let aged = headers(&[("cache-control", "max-age=60")]);
        assert_eq!(lifetime(&open, 403, &aged, None, NOW), stored(60));
    }

    #[test]
    fn caching_disabled_stores_nothing() {
        let aged = headers(&[("cache-control", "max-age=60")]);
        assert_eq!(
            lifetime(&policy(0, 0, 0), 200, &aged, None, NOW),
            Lifetime::Unstored {
                refused_by_origin: false
            }
        );
    }
}
