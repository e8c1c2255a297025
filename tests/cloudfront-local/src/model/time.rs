//! Moments of the model: milliseconds since the Unix epoch, always handed in by the caller.

use std::ops::Add;
use std::time::Duration;

use serde::Serialize;

/// A moment, in milliseconds since the Unix epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Time(u64);

impl Time {
    /// The moment `millis` after the epoch.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the epoch.
    #[must_use]
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// How long ago `earlier` was; zero if it lies in the future.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }

    /// As AWS writes moments in XML: RFC 3339 with milliseconds, UTC.
    #[must_use]
    pub fn rfc3339(self) -> String {
        self.timestamp()
            .strftime("%Y-%m-%dT%H:%M:%S.%3fZ")
            .to_string()
    }

    /// As HTTP writes dates.
    #[must_use]
    pub fn http_date(self) -> String {
        self.timestamp()
            .strftime("%a, %d %b %Y %H:%M:%S GMT")
            .to_string()
    }

    /// Reads an HTTP date in any of its three forms (RFC 9110, section 5.6.7).
    #[must_use]
    pub fn from_http_date(text: &str) -> Option<Self> {
        /// Of RFC 850, and of C's `asctime`.
        const OBSOLETE: [&str; 2] = ["%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"];
        let current = jiff::fmt::rfc2822::DateTimeParser::new();
        let stamp = current.parse_timestamp(text).ok().or_else(|| {
            let mut forms = OBSOLETE.iter();
            let date = forms.find_map(|form| jiff::civil::DateTime::strptime(form, text).ok())?;
            let utc = date.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
            Some(utc.timestamp())
        })?;
        u64::try_from(stamp.as_millisecond()).ok().map(Self)
    }

    fn timestamp(self) -> jiff::Timestamp {
        i64::try_from(self.0)
            .ok()
            .and_then(|millis| jiff::Timestamp::from_millisecond(millis).ok())
            .unwrap_or(jiff::Timestamp::MAX)
    }
}

impl Add<Duration> for Time {
    type Output = Self;

    fn add(self, span: Duration) -> Self {
        let millis = u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
        Self(self.0.saturating_add(millis))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_survive_the_way_through_http() {
        let time = Time::from_millis(1_767_225_599_000);
        assert_eq!(time.http_date(), "Wed, 31 Dec 2025 23:59:59 GMT");
        assert_eq!(Time::from_http_date(&time.http_date()), Some(time));
        assert_eq!(time.rfc3339(), "2025-12-31T23:59:59.000Z");
    }

    #[test]
    fn obsolete_forms_of_dates_are_read() {
        let time = Some(Time::from_millis(1_767_225_599_000));
        for text in [
            "Wednesday, 31-Dec-25 23:59:59 GMT",
            "Wed Dec 31 23:59:59 2025",
        ] {
            assert_eq!(Time::from_http_date(text), time, "{text}");
        }
    }

    #[test]
    fn a_date_that_is_none_is_none() {
        assert_eq!(Time::from_http_date("0"), None);
        assert_eq!(Time::from_http_date("-1"), None);
    }
}
