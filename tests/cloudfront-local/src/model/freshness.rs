//! How long an answer is kept: the policy's minimum, default and maximum against what the origin says.
//!
//! <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/Expiration.html>

use std::time::Duration;

use http::HeaderMap;
use http::header::VARY;

use super::directives::Directives;
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
    if varies_on_everything(headers) && policy.min_ttl.is_zero() {
        // Cached, and the origin is asked all the same: "Content negotiation" of the developer guide.
        return Lifetime::Stored(Duration::ZERO);
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

/// Whether the answer says `Vary: *`.
#[must_use]
pub fn varies_on_everything(headers: &HeaderMap) -> bool {
    let lines = headers.get_all(VARY).iter();
    lines
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(','))
        .any(|name| name.trim() == "*")
}

/// The headers that the origin forbids to store, by `no-cache="…"`.
#[must_use]
pub fn withheld(headers: &HeaderMap, now: Time) -> Vec<String> {
    Directives::read(headers, now).withheld
}

fn error_lifetime(
    policy: &CachePolicy,
    status: u16,
    directives: &Directives,
    error_ttl: Option<Duration>,
) -> Lifetime {
    /// Where the distribution does not say.
    const DEFAULT_ERROR_TTL: Duration = Duration::from_secs(10);
    // "CloudFront doesn't cache status code 416 responses": custom error pages of the developer guide.
    if status == 416 {
        return Lifetime::Unstored {
            refused_by_origin: true,
        };
    }
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
    fn an_age_that_an_answer_comes_with_is_spent_already() {
        let open = policy(0, 100, 1000);
        let cases = [
            ("40", stored(20)),
            ("", stored(60)),
            ("-1", stored(60)),
            ("x", stored(60)),
        ];
        for (age, expected) in cases {
            let sent = headers(&[("cache-control", "max-age=60"), ("age", age)]);
            assert_eq!(lifetime(&open, 200, &sent, None, NOW), expected, "{age:?}");
        }
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
    fn a_header_that_is_not_to_be_stored_does_not_keep_the_answer_out() {
        let sent = headers(&[("cache-control", "no-cache=\"Set-Cookie, X-A\", max-age=10")]);
        assert_eq!(
            lifetime(&policy(0, 100, 1000), 200, &sent, None, NOW),
            stored(10)
        );
        assert_eq!(withheld(&sent, NOW), ["set-cookie", "x-a"]);
    }

    #[test]
    fn what_varies_on_everything_is_asked_for_again_unless_there_is_a_minimum() {
        let sent = headers(&[("vary", "*"), ("cache-control", "max-age=60")]);
        let kept = |policy| lifetime(&policy, 200, &sent, None, NOW);
        assert_eq!(kept(policy(0, 100, 1000)), stored(0));
        assert_eq!(kept(policy(5, 100, 1000)), stored(60));
    }

    #[test]
    fn a_range_that_cannot_be_satisfied_is_never_kept() {
        let minute = Some(Duration::from_mins(1));
        let kept = lifetime(&policy(0, 100, 1000), 416, &headers(&[]), minute, NOW);
        assert!(matches!(kept, Lifetime::Unstored { .. }));
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
