//! The model against a naive reference: lists that are searched from end to end, no index, nothing clever.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use cloudfront_local::model::{
    CacheKey, CachePolicy, Completion, Item, Lookup, Network, Object, Place, Pop, ProfileName,
    Purge, Route, StoredResponse, Tag, Ticket, Time, ViewerRequest,
};
use http::HeaderMap;
use proptest::prelude::*;

const OWNER: &str = "E1";
const KEYS: usize = 4;
const POPS: usize = 4;

/// One thing that happens.
#[derive(Clone, Debug)]
enum Step {
    /// A reader in a POP asks for an object.
    Ask { pop: usize, key: usize },
    /// The origin answers one of the open fetches; `stored` is how long it may be kept, in milliseconds.
    Answer {
        fetch: prop::sample::Index,
        stored: Option<u64>,
        keep_late: bool,
    },
    /// A purge is sent, by tag or by path.
    Purge { key: usize, by_tag: bool, seed: u64 },
    /// Time passes.
    Pass { ms: u64 },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        5 => (0..POPS, 0..KEYS).prop_map(|(pop, key)| Step::Ask { pop, key }),
        3 => (any::<prop::sample::Index>(), prop::option::weighted(0.9, 0..5_000_u64), any::<bool>())
            .prop_map(|(fetch, stored, keep_late)| Step::Answer { fetch, stored, keep_late }),
        2 => (0..KEYS, any::<bool>(), any::<u64>()).prop_map(|(key, by_tag, seed)| Step::Purge { key, by_tag, seed }),
        3 => (0..600_u64).prop_map(|ms| Step::Pass { ms }),
    ]
}

/// What does not change in one run.
#[derive(Clone, Debug)]
struct Setting {
    shield: Option<&'static str>,
    propagation_ms: u64,
    spread_ms: u64,
    late_fills: bool,
    late_collapses: bool,
}

fn setting() -> impl Strategy<Value = Setting> {
    let shields = prop::sample::select(vec![None, Some("eu-central-1"), Some("us-east-1")]);
    (
        shields,
        0..800_u64,
        0..800_u64,
        any::<bool>(),
        any::<bool>(),
    )
        .prop_map(
            |(shield, propagation_ms, spread_ms, late_fills, late_collapses)| Setting {
                shield,
                propagation_ms,
                spread_ms,
                late_fills,
                late_collapses,
            },
        )
}

/// A stored copy, with all that was ever known about it.
struct Stored {
    place: Place,
    key: usize,
    object: Arc<Object>,
    late: bool,
    since: Time,
}

struct Open {
    ticket: Ticket,
    key: usize,
    asked: Time,
    /// Places that wait for it, and since when.
    places: Vec<(Place, Time)>,
    readers: Vec<(Ticket, Route, Time)>,
}

struct Sent {
    created: Time,
    purge: Purge,
}

/// Everything that happened; every question is answered by going through it.
#[derive(Default)]
struct Reference {
    stored: Vec<Stored>,
    open: Vec<Open>,
    sent: Vec<Sent>,
}

impl Reference {
    /// The copy that lies there now: the last one stored, if nothing removed it since.
    fn copy_at(&self, place: &Place, key: usize, now: Time) -> Option<&Stored> {
        let last = self
            .stored
            .iter()
            .rev()
            .find(|one| one.place == *place && one.key == key)?;
        let removed = self.sent.iter().any(|sent| {
            sent.purge.names(&cache_key(key), &last.object.tags)
                && sent
                    .purge
                    .arrivals
                    .iter()
                    .any(|(at, reached)| reached == place && *at > last.since && *at <= now)
        });
        (!removed).then_some(last)
    }

    /// Whether a purge of this object reached one of the places after the moment that goes with it.
    fn overtaken(&self, key: usize, object: &Object, places: &[(Place, Time)], now: Time) -> bool {
        self.sent.iter().any(|sent| {
            sent.purge.names(&cache_key(key), &object.tags)
                && sent.purge.arrivals.iter().any(|(at, reached)| {
                    *at <= now
                        && places
                            .iter()
                            .any(|(place, since)| place == reached && at > since)
                })
        })
    }

    /// Purges of the object, created after it was asked for, that had reached the POP by then.
    fn is_older_than_a_purge_at(
        &self,
        pop: &Place,
        key: usize,
        object: &Object,
        then: Time,
    ) -> bool {
        self.sent.iter().any(|sent| {
            sent.created > object.requested
                && sent.purge.names(&cache_key(key), &object.tags)
                && sent
                    .purge
                    .arrivals
                    .iter()
                    .any(|(at, reached)| reached == pop && *at <= then)
        })
    }
}

fn cache_key(key: usize) -> CacheKey {
    CacheKey::compose(
        OWNER,
        &CachePolicy::default(),
        &ViewerRequest::get(&format!("/{key}")),
    )
}

/// Two keys share each tag.
fn tag(key: usize) -> String {
    format!("tenant:{}", key / 2)
}

fn answer(key: usize, asked: Time, now: Time, ttl: u64) -> Arc<Object> {
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

/// Counts what would make the test vacuous if it never came about.
#[derive(Default, Debug)]
struct Seen {
    hits: usize,
    upper_hits: usize,
    joins: usize,
    late_hits: usize,
    late_serves: usize,
    retries: usize,
}

fn run(setting: &Setting, steps: &[Step], seen: &mut Seen) -> Result<(), TestCaseError> {
    let mut network = Network::new(usize::MAX);
    let mut reference = Reference::default();
    let mut now = Time::from_millis(1_000_000);
    let route = |pop: usize| Route::through(Pop::all()[pop], setting.shield);
    for step in steps {
        match *step {
            Step::Pass { ms } => now = now + Duration::from_millis(ms),
            Step::Purge { key, by_tag, seed } => {
                let item = if by_tag {
                    Item::Tag(Tag::parse(&tag(key)).unwrap())
                } else {
                    Item::Path(format!("/{key}"))
                };
                let mut profile = ProfileName::Calm.profile();
                profile.propagation = Duration::from_millis(setting.propagation_ms);
                profile.propagation_spread = Duration::from_millis(setting.spread_ms);
                let mut rng = fastrand::Rng::with_seed(seed);
                let shields: Vec<&str> = setting.shield.into_iter().collect();
                let owners = vec![OWNER.to_owned()];
                let purge = Purge::plan(owners, vec![item], &shields, &profile, &mut rng, now);
                network.send(purge.clone());
                reference.sent.push(Sent {
                    created: now,
                    purge,
                });
                // What is asked in the same millisecond cannot be told from what was asked before.
                now = now + Duration::from_millis(1);
            }
            Step::Ask { pop, key } => {
                let route = route(pop);
                let found = network.lookup(&route, &cache_key(key), now);
                ask(&mut reference, setting, &route, key, now, found, seen)?;
            }
            Step::Answer {
                ref fetch,
                stored,
                keep_late,
            } => {
                if reference.open.is_empty() {
                    continue;
                }
                let open = reference.open.remove(fetch.index(reference.open.len()));
                let object = stored.map(|ttl| answer(open.key, open.asked, now, ttl));
                let keep_late = keep_late && setting.late_fills;
                let finished =
                    network.complete(open.ticket.fetch, object.as_ref(), true, now, || keep_late);
                let Some(object) = object else { continue };
                let late = reference.overtaken(open.key, &object, &open.places, now);
                for (ticket, route, joined) in &open.readers {
                    let crossed: Vec<_> = open
                        .places
                        .iter()
                        .filter(|(place, _)| route.places.contains(place))
                        .cloned()
                        .collect();
                    let behind = reference.sent.iter().any(|sent| {
                        sent.purge.names(&cache_key(open.key), &object.tags)
                            && sent.purge.arrivals.iter().any(|(at, reached)| {
                                at <= joined
                                    && crossed
                                        .iter()
                                        .any(|(place, since)| place == reached && at > since)
                            })
                    });
                    let expected = match (behind, setting.late_collapses) {
                        (true, false) => Completion::Retry,
                        (late, _) => Completion::Serve { late },
                    };
                    let outcome = finished.outcome(ticket, || setting.late_collapses);
                    prop_assert_eq!(outcome, expected);
                    seen.retries += usize::from(outcome == Completion::Retry);
                    seen.late_serves += usize::from(outcome == Completion::Serve { late: true });
                    if outcome == (Completion::Serve { late: false }) {
                        let pop = &route.places[0];
                        prop_assert!(
                            !reference.is_older_than_a_purge_at(pop, open.key, &object, *joined),
                            "a reader was collapsed onto older data, and nobody calls it late"
                        );
                    }
                }
                if !late || keep_late {
                    for (place, _) in open.places {
                        let object = Arc::clone(&object);
                        reference.stored.push(Stored {
                            place,
                            key: open.key,
                            object,
                            late,
                            since: now,
                        });
                    }
                }
            }
        }
    }
    Ok(())
}

fn ask(
    reference: &mut Reference,
    setting: &Setting,
    route: &Route,
    key: usize,
    now: Time,
    found: Lookup,
    seen: &mut Seen,
) -> Result<(), TestCaseError> {
    for (tier, place) in route.places.iter().enumerate() {
        let fresh = reference
            .copy_at(place, key, now)
            .filter(|one| now < one.object.fresh_until);
        if let Some(expected) = fresh {
            let (object, late) = (Arc::clone(&expected.object), expected.late);
            let Lookup::Hit(found) = found else {
                return Err(TestCaseError::fail(format!(
                    "a hit in tier {tier} was expected"
                )));
            };
            prop_assert_eq!((found.tier, found.copy.late), (tier, late));
            prop_assert!(
                Arc::ptr_eq(&found.copy.object, &object),
                "another object was found"
            );
            seen.hits += 1;
            seen.upper_hits += usize::from(tier > 0);
            seen.late_hits += usize::from(late);
            prop_assert!(
                !late || setting.late_fills,
                "a late fill although they are off"
            );
            let is_old = reference.is_older_than_a_purge_at(&route.places[0], key, &object, now);
            prop_assert!(
                !is_old || late,
                "a reader sees what a purge removed, and nobody calls it late"
            );
            for below in &route.places[..tier] {
                let object = Arc::clone(&object);
                reference.stored.push(Stored {
                    place: below.clone(),
                    key,
                    object,
                    late,
                    since: now,
                });
            }
            return Ok(());
        }
        let open = reference
            .open
            .iter_mut()
            .find(|one| one.key == key && one.places.iter().any(|(waiting, _)| waiting == place));
        if let Some(open) = open {
            let Lookup::Join {
                ticket,
                tier: joined,
            } = found
            else {
                return Err(TestCaseError::fail(format!(
                    "to join a fetch in tier {tier} was expected"
                )));
            };
            prop_assert_eq!((ticket.fetch, joined), (open.ticket.fetch, tier));
            seen.joins += 1;
            for below in &route.places[..tier] {
                open.places.push((below.clone(), now));
            }
            open.readers.push((ticket, route.clone(), now));
            return Ok(());
        }
    }
    let Lookup::Fetch { ticket, .. } = found else {
        return Err(TestCaseError::fail("a fetch was expected"));
    };
    let places = route
        .places
        .iter()
        .map(|place| (place.clone(), now))
        .collect();
    let readers = vec![(ticket.clone(), route.clone(), now)];
    reference.open.push(Open {
        ticket,
        key,
        asked: now,
        places,
        readers,
    });
    Ok(())
}

#[test]
fn the_model_does_what_the_reference_does_and_only_late_fills_are_older_than_a_purge() {
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        // A failure is told with its minimal input; a file of seeds has no place beside one binary.
        failure_persistence: None,
        cases: 300,
        ..ProptestConfig::default()
    });
    let seen = std::cell::RefCell::new(Seen::default());
    let inputs = (setting(), prop::collection::vec(step(), 1..200));
    runner
        .run(&inputs, |(setting, steps)| {
            run(&setting, &steps, &mut seen.borrow_mut())
        })
        .unwrap_or_else(|error| panic!("{error}"));
    let seen = seen.into_inner();
    let rarest = [
        seen.hits,
        seen.upper_hits,
        seen.joins,
        seen.late_hits,
        seen.late_serves,
        seen.retries,
    ];
    assert!(
        rarest.iter().all(|count| *count > 20),
        "something hardly came about: {seen:?}"
    );
}

#[test]
fn a_full_cache_drops_what_was_used_least_recently() {
    use cloudfront_local::model::{Cache, Copy};
    let copy = || Copy {
        object: answer(0, Time::default(), Time::default(), 1),
        late: false,
    };
    let one = {
        let mut cache = Cache::new(usize::MAX);
        cache.put(cache_key(0), copy());
        cache.bytes()
    };
    let operations = prop::collection::vec((0..8_usize, any::<bool>()), 1..300);
    proptest!(ProptestConfig::with_cases(200), |(operations in operations, room in 1..5_usize)| {
        let mut cache = Cache::new(one * room);
        // Least recently used first.
        let mut naive: Vec<usize> = Vec::new();
        for (key, is_put) in operations {
            let held = naive.contains(&key);
            if is_put {
                cache.put(cache_key(key), copy());
            } else {
                prop_assert_eq!(cache.get(&cache_key(key)).is_some(), held);
            }
            if is_put || held {
                naive.retain(|other| *other != key);
                naive.push(key);
            }
            if naive.len() > room {
                naive.remove(0);
            }
            prop_assert!(cache.bytes() <= one * room);
            prop_assert_eq!(cache.iter().count(), naive.len());
        }
    });
}
