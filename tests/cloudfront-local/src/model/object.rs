//! What a cache holds.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;

use super::directives::spent;
use super::staleness::Staleness;
use super::tag::{Tag, parse_tags};
use super::time::Time;

/// A response as the origin (and the origin-response function) gave it.
#[derive(Clone, Debug)]
pub struct StoredResponse {
    /// Status code.
    pub status: u16,
    /// End-to-end headers.
    pub headers: HeaderMap,
    /// Whole body.
    pub body: Bytes,
}

/// One answer of the origin. Copies of it in several places share it.
#[derive(Debug)]
pub struct Object {
    /// The response.
    pub response: StoredResponse,
    /// Tags, read when it was fetched: a later change of the header's name does not touch them.
    pub tags: Vec<Tag>,
    /// When the request was sent to the origin: the data is at least as new as this.
    pub requested: Time,
    /// When the head of the answer was there; its age counts from here.
    pub received: Time,
    /// Until when it may be served without asking the origin.
    pub fresh_until: Time,
    /// For how long after that it may be served all the same.
    pub staleness: Staleness,
    /// Came about by a 304 of the origin.
    pub revalidated: bool,
}

/// Headers that a 304 does not change: they describe a body that it does not have (RFC 9111, section 3.2).
const OF_THE_BODY: [&str; 4] = [
    "content-encoding",
    "content-length",
    "content-range",
    "content-type",
];

impl Object {
    /// An answer of the origin with the tags of its tag header.
    #[must_use]
    pub fn new(
        response: StoredResponse,
        tag_header: Option<&str>,
        requested: Time,
        received: Time,
        ttl: Duration,
    ) -> Self {
        Self {
            tags: read_tags(&response.headers, tag_header),
            response,
            requested,
            received,
            fresh_until: received + ttl,
            staleness: Staleness::default(),
            revalidated: false,
        }
    }

    /// The same object, which may be served for a while after it has expired.
    #[must_use]
    pub fn with_staleness(self, staleness: Staleness) -> Self {
        Self { staleness, ..self }
    }

    /// Its age: since it was received, on top of the age that it came with.
    #[must_use]
    pub fn age(&self, now: Time) -> Duration {
        spent(&self.response.headers) + now.since(self.received)
    }

    /// Whether it may be served without asking the origin.
    #[must_use]
    pub fn is_fresh(&self, now: Time) -> bool {
        now < self.fresh_until
    }

    /// Whether it may be served while the origin is asked in the background.
    #[must_use]
    pub fn is_served_while_revalidated(&self, now: Time) -> bool {
        now < self.fresh_until + self.staleness.while_revalidated
    }

    /// Whether it may be served because the origin fails.
    #[must_use]
    pub fn is_served_on_error(&self, now: Time) -> bool {
        let limit = self.staleness.on_error;
        self.response.status < 400 && limit.is_none_or(|limit| now < self.fresh_until + limit)
    }

    /// The part of a body that was asked for, not the whole.
    #[must_use]
    pub fn is_partial(&self) -> bool {
        self.response.status == 206
    }

    /// The headers after the origin answered "not modified" with these: they take the place of those stored.
    #[must_use]
    pub fn updated_headers(&self, not_modified: &HeaderMap) -> HeaderMap {
        let mut headers = self.response.headers.clone();
        headers.remove(http::header::AGE);
        let changes = |name: &&http::HeaderName| !OF_THE_BODY.contains(&name.as_str());
        for name in not_modified.keys().filter(changes) {
            headers.remove(name);
            for value in not_modified.get_all(name) {
                headers.append(name, value.clone());
            }
        }
        headers
    }

    /// The same body after the origin answered "not modified". With a tag header the tags are read again, without
    /// they stay.
    #[must_use]
    pub fn confirmed(
        &self,
        headers: HeaderMap,
        tag_header: Option<&str>,
        requested: Time,
        received: Time,
        ttl: Duration,
    ) -> Self {
        Self {
            tags: match tag_header {
                Some(_) => read_tags(&headers, tag_header),
                None => self.tags.clone(),
            },
            response: StoredResponse {
                status: self.response.status,
                headers,
                body: self.response.body.clone(),
            },
            requested,
            received,
            fresh_until: received + ttl,
            staleness: Staleness::default(),
            revalidated: true,
        }
    }

    /// The same object, served on for a while because the origin fails: its age runs on.
    #[must_use]
    pub fn extended(&self, fresh_until: Time) -> Self {
        Self {
            response: self.response.clone(),
            tags: self.tags.clone(),
            requested: self.requested,
            received: self.received,
            fresh_until,
            staleness: self.staleness,
            revalidated: false,
        }
    }

    /// Whether the origin can be asked "still the same?".
    #[must_use]
    pub fn has_validator(&self) -> bool {
        let headers = &self.response.headers;
        headers.contains_key(http::header::ETAG)
            || headers.contains_key(http::header::LAST_MODIFIED)
    }

    /// Rough size in memory.
    #[must_use]
    pub fn weight(&self) -> usize {
        let headers = self.response.headers.iter();
        self.response.body.len()
            + headers
                .map(|(name, value)| name.as_str().len() + value.len())
                .sum::<usize>()
    }
}

fn read_tags(headers: &HeaderMap, tag_header: Option<&str>) -> Vec<Tag> {
    tag_header.map_or_else(Vec::new, |name| {
        let values = headers.get_all(name).iter();
        parse_tags(values.filter_map(|value| value.to_str().ok()))
    })
}

/// An object in one place.
#[derive(Clone, Debug)]
pub struct Copy {
    /// The object, shared with other places.
    pub object: Arc<Object>,
    /// Fetched before a purge of it and stored after: the modelled late fill.
    pub late: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_is_fresh_until_its_time_is_over_and_not_longer() {
        let response = StoredResponse {
            status: 200,
            headers: HeaderMap::new(),
            body: Bytes::new(),
        };
        let at = Time::from_millis;
        let object = Object::new(response, None, at(0), at(1_000), Duration::from_secs(2));
        assert!(object.is_fresh(at(2_999)));
        assert!(!object.is_fresh(at(3_000)));
    }

    #[test]
    fn headers_of_a_304_replace_what_was_stored_but_not_what_describes_the_body() {
        let headers = |pairs: &[(&'static str, &'static str)]| -> HeaderMap {
            let pairs = pairs.iter().map(|(name, value)| {
                (
                    http::HeaderName::from_static(name),
                    http::HeaderValue::from_static(value),
                )
            });
            pairs.collect()
        };
        let response = StoredResponse {
            status: 200,
            headers: headers(&[("expires", "0"), ("cache-tag", "a"), ("content-type", "x")]),
            body: Bytes::from_static(b"body"),
        };
        let now = Time::from_millis(0);
        let object = Object::new(response, Some("cache-tag"), now, now, Duration::ZERO);
        let update = headers(&[("expires", "1"), ("cache-tag", "b"), ("content-type", "y")]);
        let merged = object.updated_headers(&update);
        assert_eq!(
            merged,
            headers(&[("content-type", "x"), ("expires", "1"), ("cache-tag", "b")])
        );
        let tags = |tag_header| {
            let again = object.confirmed(merged.clone(), tag_header, now, now, Duration::ZERO);
            again
                .tags
                .iter()
                .map(|tag| tag.as_str().to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(tags(Some("cache-tag")), ["b"]);
        assert_eq!(tags(None), ["a"]);
    }
}
