//! All places together: lookups along a route, fetches that several requests share, purges that arrive.
//!
//! Between tiers no time passes; what takes time is the origin and the way of a purge. A fetch therefore serves
//! every place on the route of every request that waits for it.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::cache::Cache;
use super::cache_key::CacheKey;
use super::fetch::{Fetch, FetchId, Finished, Ticket};
use super::object::{Copy, Object};
use super::place::{Place, Route};
use super::propagation::Purge;
use super::time::Time;

/// A copy, and how far from the viewer it was found.
#[derive(Clone, Debug)]
pub struct FoundCopy {
    /// The copy.
    pub copy: Copy,
    /// 0 is the POP itself: a hit. Anything else is a miss that an upper tier answered.
    pub tier: usize,
}

/// The outcome of a lookup.
#[derive(Clone, Debug)]
pub enum Lookup {
    /// A fresh copy was found.
    Hit(FoundCopy),
    /// Nobody is asking the origin: the caller has to, and to complete the fetch.
    Fetch {
        /// This request's part in it.
        ticket: Ticket,
        /// An expired copy that the origin may confirm.
        expired: Option<Copy>,
    },
    /// An expired copy may be served on while the origin is asked in the background.
    Stale {
        /// The copy.
        found: FoundCopy,
        /// The background fetch, which the caller has to make and complete; nothing if one is under way.
        refresh: Option<Ticket>,
    },
    /// Somebody is asking already: wait for that.
    Join {
        /// This request's part in it.
        ticket: Ticket,
        /// How far from the viewer it was found; 0 is the POP itself.
        tier: usize,
    },
}

/// Every cache, every fetch and every purge of the stand-in.
#[derive(Debug)]
pub struct Network {
    caches: BTreeMap<Place, Cache>,
    capacity: usize,
    fetches: HashMap<FetchId, Fetch>,
    asking: HashMap<(Place, CacheKey), FetchId>,
    /// Purges by the moment and place of their arrivals still to come.
    arrivals: BTreeMap<(Time, u64), (Place, Arc<Purge>)>,
    /// How many things have happened: the clock does not tell those of one millisecond apart.
    serial: u64,
}

impl Network {
    /// An empty network; each place holds at most `capacity` bytes.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self {
            caches: BTreeMap::new(),
            capacity,
            fetches: HashMap::new(),
            asking: HashMap::new(),
            arrivals: BTreeMap::new(),
            serial: 0,
        }
    }

    /// Looks along the route for a fresh copy, else for a fetch to join, else begins one. Tiers below a found
    /// copy are filled with it.
    pub fn lookup(&mut self, route: &Route, key: &CacheKey, now: Time) -> Lookup {
        self.look(route, key, now, true)
    }

    /// The same, but never joins: where cookies are forwarded, requests are not collapsed.
    pub fn lookup_apart(&mut self, route: &Route, key: &CacheKey, now: Time) -> Lookup {
        self.look(route, key, now, false)
    }

    /// Whether any place on the route holds a copy, fresh or not.
    pub fn holds(&mut self, route: &Route, key: &CacheKey, now: Time) -> bool {
        self.advance(now);
        let mut places = route.places.iter();
        places.any(|place| self.cache(place).holds(key))
    }

    fn look(&mut self, route: &Route, key: &CacheKey, now: Time, joins: bool) -> Lookup {
        self.advance(now);
        let mut expired: Option<Copy> = None;
        for (tier, place) in route.places.iter().enumerate() {
            let asking = || self.asking.get(&(place.clone(), key.clone())).copied();
            if let Some(copy) = self.caches.get_mut(place).and_then(|cache| cache.get(key)) {
                if copy.object.is_fresh(now) {
                    for below in &route.places[..tier] {
                        self.cache(below).put(key.clone(), copy.clone());
                    }
                    return Lookup::Hit(FoundCopy { copy, tier });
                }
                if copy.object.is_served_while_revalidated(now) {
                    let refresh = asking().is_none();
                    return Lookup::Stale {
                        refresh: refresh.then(|| self.begin(route, key, true)),
                        found: FoundCopy { copy, tier },
                    };
                }
                expired.get_or_insert(copy);
            }
            if joins && let Some(fetch) = asking() {
                self.wait_at(fetch, &route.places[..tier], true);
                let ticket = Ticket::new(fetch, route, self.turn());
                return Lookup::Join { ticket, tier };
            }
        }
        Lookup::Fetch {
            ticket: self.begin(route, key, joins),
            expired,
        }
    }

    fn begin(&mut self, route: &Route, key: &CacheKey, may_be_joined: bool) -> Ticket {
        let fetch = FetchId(self.turn());
        self.fetches.insert(
            fetch,
            Fetch {
                key: key.clone(),
                places: Vec::new(),
                crossings: Vec::new(),
            },
        );
        self.wait_at(fetch, &route.places, may_be_joined);
        Ticket::new(fetch, route, self.turn())
    }

    /// The next number in the order in which things happen.
    fn turn(&mut self) -> u64 {
        self.serial += 1;
        self.serial
    }

    /// Ends a fetch with its answer. `object` is nothing if the answer is not to be stored. Places that a purge
    /// of the object has reached since the fetch began store it only if `store_late` says so.
    ///
    /// # Panics
    /// If the fetch has ended already.
    pub fn complete(
        &mut self,
        fetch: FetchId,
        object: Option<&Arc<Object>>,
        shared: bool,
        now: Time,
        mut store_late: impl FnMut() -> bool,
    ) -> Finished {
        self.advance(now);
        let ended = self.end(fetch);
        let stale: Vec<(u64, Place)> = ended
            .crossings
            .iter()
            .filter(|(_, _, purge)| {
                object.is_some_and(|object| purge.names(&ended.key, &object.tags))
            })
            .map(|(turn, place, _)| (*turn, place.clone()))
            .collect();
        if let Some(object) = object {
            // An origin that was asked for a part may have answered with the whole.
            let key = if object.is_partial() {
                ended.key.clone()
            } else {
                ended.key.whole()
            };
            // Upper tiers are reached first: once any place was crossed, every place is behind the purge.
            for place in ended.places {
                let late = !stale.is_empty();
                if !late || store_late() {
                    let object = Arc::clone(object);
                    self.cache(&place).put(key.clone(), Copy { object, late });
                }
            }
        }
        Finished {
            key: ended.key,
            stale,
            shared,
        }
    }

    /// Ends a fetch that got no answer at all.
    pub fn abandon(&mut self, fetch: FetchId, now: Time) -> Finished {
        self.advance(now);
        Finished {
            key: self.end(fetch).key,
            stale: Vec::new(),
            shared: true,
        }
    }

    /// Sends a purge on its way.
    pub fn send(&mut self, purge: Purge) {
        let purge = Arc::new(purge);
        for (at, place) in &purge.arrivals {
            let turn = self.turn();
            self.arrivals
                .insert((*at, turn), (place.clone(), Arc::clone(&purge)));
        }
    }

    /// Lets every purge arrive that is due.
    pub fn advance(&mut self, now: Time) {
        while let Some(entry) = self.arrivals.first_entry() {
            let at = entry.key().0;
            if at > now {
                break;
            }
            let (place, purge) = entry.remove();
            self.cache(&place).purge(&purge);
            let turn = self.turn();
            for fetch in self.fetches.values_mut() {
                if purge.concerns(&fetch.key) && fetch.places.contains(&place) {
                    fetch
                        .crossings
                        .push((turn, place.clone(), Arc::clone(&purge)));
                }
            }
        }
    }

    /// Every copy in every place.
    pub fn copies(&self) -> impl Iterator<Item = (&Place, &CacheKey, &Copy)> {
        self.caches
            .iter()
            .flat_map(|(place, cache)| cache.iter().map(move |(key, copy)| (place, key, copy)))
    }

    /// Drops every copy for which `doomed` holds; says how many. Fetches under way are not touched.
    pub fn evict(&mut self, mut doomed: impl FnMut(&Place, &CacheKey, &Copy) -> bool) -> usize {
        let mut count = 0;
        for (place, cache) in &mut self.caches {
            let keys: Vec<CacheKey> = cache
                .iter()
                .filter(|(key, copy)| doomed(place, key, copy))
                .map(|(key, _)| key.clone())
                .collect();
            count += keys.len();
            for key in keys {
                cache.remove(&key);
            }
        }
        count
    }

    /// Arrivals of purges still to come, soonest first.
    pub fn arrivals(&self) -> impl Iterator<Item = (Time, &Place, &Arc<Purge>)> {
        let all = self.arrivals.iter();
        all.map(|((at, _), (place, purge))| (*at, place, purge))
    }

    /// Fetches under way.
    #[must_use]
    pub fn fetches_under_way(&self) -> usize {
        self.fetches.len()
    }

    fn cache(&mut self, place: &Place) -> &mut Cache {
        let capacity = self.capacity;
        self.caches
            .entry(place.clone())
            .or_insert_with(|| Cache::new(capacity))
    }

    fn wait_at(&mut self, id: FetchId, places: &[Place], may_be_joined: bool) {
        let Some(fetch) = self.fetches.get_mut(&id) else {
            return;
        };
        for place in places {
            if may_be_joined {
                self.asking.insert((place.clone(), fetch.key.clone()), id);
            }
            fetch.places.push(place.clone());
        }
    }

    fn end(&mut self, id: FetchId) -> Fetch {
        let fetch = self
            .fetches
            .remove(&id)
            .expect("a fetch ends once: its id is given out once");
        for place in &fetch.places {
            let waits = (place.clone(), fetch.key.clone());
            if self.asking.get(&waits) == Some(&id) {
                self.asking.remove(&waits);
            }
        }
        fetch
    }
}
