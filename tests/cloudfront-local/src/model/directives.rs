//! What `Cache-Control` and `Expires` say.

use std::time::Duration;

use http::HeaderMap;
use http::header::{AGE, CACHE_CONTROL, EXPIRES};

use super::time::Time;

/// The directives of a response, as far as they count here.
#[expect(
    clippy::struct_excessive_bools,
    reason = "directives without a value are there or not"
)]
#[derive(Debug, Default)]
pub(super) struct Directives {
    pub(super) no_cache: bool,
    pub(super) no_store: bool,
    pub(super) private: bool,
    pub(super) must_revalidate: bool,
    /// `s-maxage`, else `max-age`, else `Expires`.
    pub(super) age: Option<Duration>,
    pub(super) stale_while_revalidate: Option<Duration>,
    pub(super) stale_if_error: Option<Duration>,
    /// Headers of `no-cache="…"`, lower-cased: not to be stored, while the rest may be.
    pub(super) withheld: Vec<String>,
}

impl Directives {
    pub(super) fn read(headers: &HeaderMap, now: Time) -> Self {
        let mut found = Self::default();
        let (mut max_age, mut shared_age) = (None, None);
        let lines = headers.get_all(CACHE_CONTROL).iter();
        for line in lines.filter_map(|value| value.to_str().ok()) {
            for part in split_list(line) {
                let (name, value) = part.split_once('=').unwrap_or((part, ""));
                let value = value.trim().trim_matches('"');
                match name.trim().to_ascii_lowercase().as_str() {
                    "no-cache" if value.is_empty() => found.no_cache = true,
                    "no-cache" => {
                        let names = value
                            .split(',')
                            .map(|name| name.trim().to_ascii_lowercase());
                        found.withheld.extend(names);
                    }
                    "no-store" => found.no_store = true,
                    "private" => found.private = true,
                    "must-revalidate" | "proxy-revalidate" => found.must_revalidate = true,
                    "max-age" => max_age = max_age.or_else(|| seconds(value)),
                    "s-maxage" => shared_age = shared_age.or_else(|| seconds(value)),
                    "stale-while-revalidate" => found.stale_while_revalidate = seconds(value),
                    "stale-if-error" => found.stale_if_error = seconds(value),
                    _ => {}
                }
            }
        }
        let expires = headers
            .get(EXPIRES)
            .and_then(|value| value.to_str().ok())
            .map(|text| Time::from_http_date(text).map_or(Duration::ZERO, |at| at.since(now)));
        // What other caches took of it before (RFC 9111, section 4.2.3).
        let spent = spent(headers);
        let explicit = shared_age.or(max_age);
        found.age = explicit.map(|age| age.saturating_sub(spent)).or(expires);
        found
    }

    pub(super) fn forbids_storing(&self) -> bool {
        self.no_store || self.private
    }
}

/// The age that a response has when it arrives, by its `Age`.
pub(super) fn spent(headers: &HeaderMap) -> Duration {
    let text = headers.get(AGE).and_then(|value| value.to_str().ok());
    text.and_then(seconds).unwrap_or_default()
}

/// A number of seconds; one that is beyond what fits is the longest there is.
fn seconds(text: &str) -> Option<Duration> {
    const LONGEST: u64 = u32::MAX as u64;
    let is_number = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    is_number.then(|| Duration::from_secs(text.parse().unwrap_or(LONGEST).min(LONGEST)))
}

/// The parts of a comma list; commas between quotes do not separate.
fn split_list(line: &str) -> impl Iterator<Item = &str> {
    let mut is_quoted = false;
    line.split(move |c| {
        is_quoted ^= c == '"';
        c == ',' && !is_quoted
    })
    .map(str::trim)
}
