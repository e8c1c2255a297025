//! What is cached where, and the purges that are on their way to it.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State};
use serde::{Deserialize, Serialize};

use super::{Port, millis};
use crate::model::{CacheKey, Place, Tag, Time};

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct CacheFilter {
    distribution: Option<String>,
    place: Option<String>,
    tag: Option<String>,
    path: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CachedCopy {
    place: Place,
    key: CacheKey,
    status: u16,
    tags: Vec<Tag>,
    age_ms: u64,
    fresh_for_ms: u64,
    requested_ms: Time,
    late: bool,
    bytes: usize,
    headers: BTreeMap<String, String>,
}

impl CacheFilter {
    fn admits(&self, place: &Place, key: &CacheKey, tags: &[Tag]) -> bool {
        let tag = self.tag.as_deref().map(str::to_ascii_lowercase);
        self.distribution
            .as_ref()
            .is_none_or(|id| *id == key.distribution)
            && self
                .place
                .as_ref()
                .is_none_or(|name| place.as_str() == name)
            && tag.is_none_or(|tag| tags.iter().any(|held| held.as_str() == tag))
            && self
                .path
                .as_ref()
                .is_none_or(|part| key.target().contains(part.as_str()))
    }
}

pub(super) async fn cache(
    State(port): State<Port>,
    Query(filter): Query<CacheFilter>,
) -> Json<Vec<CachedCopy>> {
    let now = port.site.clock.now();
    let mut state = port.site.state();
    state.world.network.advance(now);
    let copies = state.world.network.copies();
    let wanted = copies.filter(|(place, key, copy)| filter.admits(place, key, &copy.object.tags));
    let mut found: Vec<CachedCopy> = wanted
        .map(|(place, key, copy)| CachedCopy {
            place: place.clone(),
            key: key.clone(),
            status: copy.object.response.status,
            tags: copy.object.tags.clone(),
            age_ms: millis(now.since(copy.object.received)),
            fresh_for_ms: millis(copy.object.fresh_until.since(now)),
            requested_ms: copy.object.requested,
            late: copy.late,
            bytes: copy.object.response.body.len(),
            headers: crate::history::keepable(&copy.object.response.headers),
        })
        .collect();
    found.sort_by(|a, b| (&a.place, &a.key).cmp(&(&b.place, &b.key)));
    Json(found)
}

#[derive(Serialize)]
pub(super) struct Evicted {
    evicted: usize,
}

pub(super) async fn evict(
    State(port): State<Port>,
    Query(filter): Query<CacheFilter>,
) -> Json<Evicted> {
    let mut state = port.site.state();
    let evicted = state
        .world
        .network
        .evict(|place, key, copy| filter.admits(place, key, &copy.object.tags));
    Json(Evicted { evicted })
}

/// A purge that has not reached every place.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PurgeUnderWay {
    owners: Vec<String>,
    items: Vec<String>,
    /// How many places are clean already.
    reached: usize,
    waiting: Vec<Waiting>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Waiting {
    place: Place,
    in_ms: u64,
}

pub(super) async fn purges(State(port): State<Port>) -> Json<Vec<PurgeUnderWay>> {
    let now = port.site.clock.now();
    let mut state = port.site.state();
    state.world.network.advance(now);
    let mut found: Vec<(*const crate::model::Purge, PurgeUnderWay)> = Vec::new();
    for (at, place, purge) in state.world.network.arrivals() {
        let waiting = Waiting {
            place: place.clone(),
            in_ms: millis(at.since(now)),
        };
        let same = found.iter_mut().find(|(one, _)| *one == Arc::as_ptr(purge));
        match same {
            Some((_, under_way)) => under_way.waiting.push(waiting),
            None => found.push((
                Arc::as_ptr(purge),
                PurgeUnderWay {
                    owners: purge.owners.clone(),
                    items: purge.items.iter().map(ToString::to_string).collect(),
                    reached: purge.arrivals.len(),
                    waiting: vec![waiting],
                },
            )),
        }
    }
    let under_way = found.into_iter().map(|(_, mut one)| {
        one.reached -= one.waiting.len();
        one
    });
    Json(under_way.collect())
}
