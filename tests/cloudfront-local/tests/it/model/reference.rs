//! The naive reference: all that happened, in lists. Each question is answered by going through them from end to end.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use cloudfront_local::model::{
    CacheKey, CachePolicy, Completion, Object, Place, Purge, Route, StoredResponse, Tag, Ticket,
    Time, ViewerRequest,
};
use http::HeaderMap;

pub(super) const OWNER: &str = "E1";

/// A stored copy, with all that was ever known about it.
struct Stored {
    place: Place,
    key: usize,
    object: Arc<Object>,
    late: bool,
    since: Time,
}

/// A fetch under way.
pub(super) struct Open {
    pub(super) ticket: Ticket,
    pub(super) key: usize,
    pub(super) asked: Time,
    /// Places that wait for it, and since when.
    pub(super) places: Vec<(Place, Time)>,
    pub(super) readers: Vec<Reader>,
}

/// Who waits for a fetch, and since when.
pub(super) struct Reader {
    pub(super) ticket: Ticket,
    pub(super) route: Route,
    pub(super) joined: Time,
}

/// A purge on its way.
struct Sent {
    created: Time,
    purge: Purge,
}

impl Sent {
    /// Whether it removes the object from a place for which `moments` holds at its arrival.
    fn removes(&self, key: usize, tags: &[Tag], moments: impl Fn(&Place, Time) -> bool) -> bool {
        let mut arrivals = self.purge.arrivals.iter();
        self.purge.names(&cache_key(key), tags)
            && arrivals.any(|(at, place)| moments(place, (*at).max(self.created)))
    }
}

/// What a lookup has to find.
pub(super) enum Expected {
    Hit {
        tier: usize,
        object: Arc<Object>,
        late: bool,
    },
    /// The fetch at this index of those that are open.
    Join {
        tier: usize,
        open: usize,
    },
    Fetch,
}

#[derive(Default)]
pub(super) struct Reference {
    stored: Vec<Stored>,
    pub(super) open: Vec<Open>,
    sent: Vec<Sent>,
}

impl Reference {
    /// Enters a purge that was sent just before `now`: what happened in the same millisecond happened before it.
    pub(super) fn send(&mut self, purge: Purge, now: Time) {
        let created = now;
        self.sent.push(Sent { created, purge });
    }

    pub(super) fn store(
        &mut self,
        places: &[Place],
        key: usize,
        object: &Arc<Object>,
        late: bool,
        since: Time,
    ) {
        self.stored.extend(places.iter().map(|place| Stored {
            place: place.clone(),
            key,
            object: Arc::clone(object),
            late,
            since,
        }));
    }

    pub(super) fn expect(&self, route: &Route, key: usize, now: Time) -> Expected {
        for (tier, place) in route.places.iter().enumerate() {
            let copy = self.copy_at(place, key, now);
            if let Some(fresh) = copy.filter(|one| now < one.object.fresh_until) {
                let (object, late) = (Arc::clone(&fresh.object), fresh.late);
                return Expected::Hit { tier, object, late };
            }
            let waits = |one: &Open| {
                one.key == key && one.places.iter().any(|(waiting, _)| waiting == place)
            };
            if let Some(open) = self.open.iter().position(waits) {
                return Expected::Join { tier, open };
            }
        }
        Expected::Fetch
    }

    /// The copy that lies there now: the last one stored, if nothing removed it since.
    fn copy_at(&self, place: &Place, key: usize, now: Time) -> Option<&Stored> {
        let mut all = self.stored.iter().rev();
        let last = all.find(|one| one.place == *place && one.key == key)?;
        let removed = self.sent.iter().any(|sent| {
            sent.removes(key, &last.object.tags, |reached, at| {
                reached == place && at > last.since && at <= now
            })
        });
        (!removed).then_some(last)
    }

    /// Whether a purge of this object reached one of the places after it began to wait, and by `until`.
    pub(super) fn overtaken(
        &self,
        key: usize,
        object: &Object,
        places: &[(Place, Time)],
        until: Time,
    ) -> bool {
        self.sent.iter().any(|sent| {
            sent.removes(key, &object.tags, |reached, at| {
                let mut waiting = places.iter();
                at <= until && waiting.any(|(place, since)| place == reached && at > *since)
            })
        })
    }

    /// What the end of a fetch means for one who waits: late or not for this reader if a purge was there before it.
    pub(super) fn outcome(
        &self,
        open: &Open,
        object: &Object,
        reader: &Reader,
        late_collapses: bool,
    ) -> Completion {
        let on_the_way = open.places.iter();
        let on_the_way = on_the_way.filter(|(place, _)| reader.route.places.contains(place));
        let on_the_way: Vec<_> = on_the_way.cloned().collect();
        match self.overtaken(open.key, object, &on_the_way, reader.joined) {
            true if !late_collapses => Completion::Retry,
            late => Completion::Serve { late },
        }
    }

    /// Whether a purge of the object, sent after it was asked for, had reached the POP by then.
    pub(super) fn is_older_than_a_purge_at(
        &self,
        pop: &Place,
        key: usize,
        object: &Object,
        then: Time,
    ) -> bool {
        let mut later = self
            .sent
            .iter()
            .filter(|sent| sent.created > object.requested);
        later.any(|sent| {
            sent.removes(key, &object.tags, |reached, at| {
                reached == pop && at <= then
            })
        })
    }
}

pub(super) fn cache_key(key: usize) -> CacheKey {
    CacheKey::compose(
        OWNER,
        &CachePolicy::default(),
        &ViewerRequest::get(&format!("/{key}")),
    )
}

/// Two keys share each tag.
pub(super) fn tag(key: usize) -> String {
    format!("tenant:{}", key / 2)
}

pub(super) fn answer(key: usize, asked: Time, now: Time, ttl: u64) -> Arc<Object> {
    let mut headers = HeaderMap::new();
    headers.insert("cache-tag", tag(key).parse().unwrap());
    let response = StoredResponse {
        status: 200,
        headers,
        body: Bytes::new(),
    };
    Arc::new(Object::new(
        response,
        Some("cache-tag"),
        asked,
        now,
        Duration::from_millis(ttl),
    ))
}
