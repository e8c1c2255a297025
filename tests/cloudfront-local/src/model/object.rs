//! What a cache holds.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;

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
    /// When the answer was complete; its age counts from here.
    pub received: Time,
    /// Until when it may be served without asking the origin.
    pub fresh_until: Time,
    /// Came about by a 304 of the origin.
    pub revalidated: bool,
}

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
        let tags = tag_header.map_or_else(Vec::new, |name| {
            let values = response.headers.get_all(name).iter();
            parse_tags(values.filter_map(|value| value.to_str().ok()))
        });
        Self {
            response,
            tags,
            requested,
            received,
            fresh_until: received + ttl,
            revalidated: false,
        }
    }

    /// Whether it may be served without asking the origin.
    #[must_use]
    pub fn is_fresh(&self, now: Time) -> bool {
        now < self.fresh_until
    }

    /// The same object after the origin answered "not modified".
    #[must_use]
    pub fn confirmed(&self, requested: Time, received: Time, ttl: Duration) -> Self {
        Self {
            response: self.response.clone(),
            tags: self.tags.clone(),
            requested,
            received,
            fresh_until: received + ttl,
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
}
