//! Fetches from the origin: who waits for one, which purges crossed it, and what its end means for each waiter.

use std::sync::Arc;

use super::cache_key::CacheKey;
use super::place::{Place, Route};
use super::propagation::Purge;

/// A fetch from the origin, under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FetchId(pub(super) u64);

/// A request's part in a fetch.
#[derive(Clone, Debug)]
pub struct Ticket {
    /// The fetch.
    pub fetch: FetchId,
    /// Its turn among all that happens.
    pub(super) joined: u64,
    pub(super) route: Route,
}

/// What became of a fetch for one of the requests that wait for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Completion {
    /// Its answer is this request's answer.
    Serve {
        /// The request came after a purge that the answer is older than.
        late: bool,
    },
    /// The answer is not for this request: look up again.
    Retry,
}

/// A fetch, while it lasts.
#[derive(Debug)]
pub(super) struct Fetch {
    pub(super) key: CacheKey,
    /// Places that wait for it.
    pub(super) places: Vec<Place>,
    /// Purges that reached one of them meanwhile.
    pub(super) crossings: Vec<(u64, Place, Arc<Purge>)>,
}

/// What is left of a fetch when its answer is known.
#[derive(Debug)]
pub struct Finished {
    pub(super) key: CacheKey,
    pub(super) stale: Vec<(u64, Place)>,
    pub(super) shared: bool,
}

impl Ticket {
    pub(super) fn new(fetch: FetchId, route: &Route, joined: u64) -> Self {
        Self {
            fetch,
            joined,
            route: route.clone(),
        }
    }
}

impl Finished {
    /// What the end of the fetch means for one waiting request. `collapse_late` is asked when the request came
    /// after a purge that the answer is older than.
    pub fn outcome(&self, ticket: &Ticket, collapse_late: impl FnOnce() -> bool) -> Completion {
        let behind = self.stale.iter().any(|(crossed, place)| {
            *crossed < ticket.joined && ticket.route.places.contains(place)
        });
        match behind {
            true if !collapse_late() => Completion::Retry,
            late => Completion::Serve { late },
        }
    }

    /// Whether requests that joined may have the answer: an answer that the origin forbids to store is for the
    /// request that fetched it alone.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        self.shared
    }

    /// The key that was fetched.
    #[must_use]
    pub fn key(&self) -> &CacheKey {
        &self.key
    }
}
