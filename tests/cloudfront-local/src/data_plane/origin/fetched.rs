//! A fetch that was made: what is served of it, and what may be stored.

use std::sync::Arc;
use std::time::Duration;

use super::{Answer, Fetch, OriginAnswer, Source, error_page};
use crate::model::{Lifetime, Object, StoredResponse, Time, lifetime};

/// A fetch that was made.
#[derive(Debug)]
pub(crate) struct Fetched {
    pub(super) response: StoredResponse,
    /// What may be stored of it.
    pub(super) object: Option<Arc<Object>>,
    /// Those who joined may have it.
    pub(super) shared: bool,
    pub(super) source: Source,
}

impl Fetch {
    /// What is served and what is stored.
    pub(super) fn judge(self, answer: OriginAnswer, requested: Time, received: Time) -> Fetched {
        let OriginAnswer {
            response, source, ..
        } = answer;
        let distribution = &self.visit.distribution;
        let policy = &self.visit.behavior().cache;
        let error_ttl = distribution.error_ttl.get(&response.status).copied();
        let life = lifetime(
            policy,
            response.status,
            &response.headers,
            error_ttl,
            received,
        );
        if let Some(expired) = &self.expired {
            let object = &expired.object;
            if response.status == 304 {
                let mut headers = object.response.headers.clone();
                headers.extend(
                    response
                        .headers
                        .iter()
                        .map(|(name, value)| (name.clone(), value.clone())),
                );
                let ttl = match lifetime(policy, 200, &headers, None, received) {
                    Lifetime::Stored(ttl) => ttl,
                    Lifetime::Unstored { .. } => Duration::ZERO,
                };
                let confirmed = Arc::new(object.confirmed(requested, received, ttl));
                return Fetched {
                    response: confirmed.response.clone(),
                    object: Some(confirmed),
                    shared: true,
                    source: Source::RefreshHit,
                };
            }
            if let (500.., Lifetime::Stored(ttl)) = (response.status, life) {
                // Served on although expired, for the error-caching minimum TTL.
                let extended = Arc::new(object.extended(received + ttl));
                return Fetched {
                    response: extended.response.clone(),
                    object: Some(extended),
                    shared: true,
                    source: Source::Hit,
                };
            }
        }
        let object = match life {
            Lifetime::Stored(ttl) => {
                let tag_header = distribution.tag_header.as_deref();
                Some(Arc::new(Object::new(
                    response.clone(),
                    tag_header,
                    requested,
                    received,
                    ttl,
                )))
            }
            Lifetime::Unstored { .. } => None,
        };
        // Not collapsed: documented for a minimum TTL of 0 and an origin that forbids caching.
        let shared =
            life != Lifetime::Unstored {
                refused_by_origin: true,
            } || response.status >= 400;
        Fetched {
            response,
            object,
            shared,
            source,
        }
    }
}

impl Fetched {
    /// The answer for the request that fetched, or for one that was collapsed onto it in the same POP.
    pub(in crate::data_plane) fn answer(&self, collapsed: bool) -> Answer {
        let source = match self.source {
            Source::Miss if collapsed => Source::Hit,
            other => other,
        };
        Answer {
            response: self.response.clone(),
            source,
            age: None,
        }
    }

    pub(in crate::data_plane) fn into_answer(self) -> Answer {
        self.answer(false)
    }

    pub(super) fn given_up() -> Self {
        Self {
            response: error_page(502, "The fetch from the origin was given up."),
            object: None,
            shared: true,
            source: Source::Error,
        }
    }
}
