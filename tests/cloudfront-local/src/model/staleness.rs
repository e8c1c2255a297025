//! For how long an expired copy may still be served.
//!
//! <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/Expiration.html>

use std::time::Duration;

use http::HeaderMap;

use super::directives::Directives;
use super::policy::CachePolicy;
use super::time::Time;

/// For how long a copy may be served after it has expired.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Staleness {
    /// While the origin is asked in the background.
    pub while_revalidated: Duration,
    /// When the origin fails; no limit where nothing is said.
    pub on_error: Option<Duration>,
}

/// What the origin says about serving its answer after it has expired. The maximum TTL bounds both.
#[must_use]
pub fn staleness(policy: &CachePolicy, headers: &HeaderMap, ttl: Duration, now: Time) -> Staleness {
    let directives = Directives::read(headers, now);
    if directives.must_revalidate {
        return Staleness {
            while_revalidated: Duration::ZERO,
            on_error: Some(Duration::ZERO),
        };
    }
    let longest = policy.max_ttl.saturating_sub(ttl);
    let bounded = |asked: Duration| asked.min(longest);
    Staleness {
        while_revalidated: directives
            .stale_while_revalidate
            .map_or(Duration::ZERO, bounded),
        on_error: directives.stale_if_error.map(bounded),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn serving_after_expiry_is_bounded_by_the_maximum() {
        let policy = CachePolicy {
            max_ttl: Duration::from_secs(100),
            ..CachePolicy::default()
        };
        let of = |text| {
            let mut headers = HeaderMap::new();
            headers.insert(http::header::CACHE_CONTROL, HeaderValue::from_static(text));
            let ttl = Duration::from_mins(1);
            staleness(&policy, &headers, ttl, Time::default())
        };
        let seconds = Duration::from_secs;
        assert_eq!(of("max-age=60"), Staleness::default());
        let asked = of("max-age=60, stale-while-revalidate=30, stale-if-error=90");
        assert_eq!(asked.while_revalidated, seconds(30));
        assert_eq!(asked.on_error, Some(seconds(40)));
        assert_eq!(of("stale-if-error=0").on_error, Some(seconds(0)));
        assert_eq!(of("must-revalidate").on_error, Some(seconds(0)));
    }
}
