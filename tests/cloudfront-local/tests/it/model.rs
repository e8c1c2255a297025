//! The model against a naive reference, over random sequences of requests, answers, purges and steps of the clock.

mod full_cache;
mod reference;

use std::sync::Arc;
use std::time::Duration;

use cloudfront_local::model::{
    Completion, Item, Lookup, Network, Object, Pop, ProfileName, Purge, Route, Tag, Time,
};
use proptest::prelude::*;

use reference::{Expected, Open, Reader, Reference, answer, cache_key, tag};

const KEYS: usize = 4;
const POPS: usize = 4;

/// One thing that happens.
#[derive(Clone, Debug)]
enum Step {
    /// A reader in a POP asks for an object.
    Ask { pop: usize, key: usize },
    /// The origin answers one of the open fetches; `stored` is how long it may be kept, in milliseconds.
    Answer {
        fetch: usize,
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
        3 => (any::<usize>(), prop::option::weighted(0.9, 0..5_000_u64), any::<bool>())
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

/// The model and the reference, side by side.
struct Run<'a> {
    setting: &'a Setting,
    network: Network,
    reference: Reference,
    now: Time,
    seen: &'a mut Seen,
}

type Checked = Result<(), TestCaseError>;

impl Run<'_> {
    fn step(&mut self, step: &Step) -> Checked {
        match *step {
            Step::Pass { ms } => self.now = self.now + Duration::from_millis(ms),
            Step::Purge { key, by_tag, seed } => self.purge(key, by_tag, seed),
            Step::Ask { pop, key } => {
                let route = Route::through(Pop::all()[pop], self.setting.shield);
                self.ask(&route, key)?;
            }
            Step::Answer {
                fetch,
                stored,
                keep_late,
            } if !self.reference.open.is_empty() => {
                let index = fetch % self.reference.open.len();
                let open = self.reference.open.remove(index);
                self.answer(&open, stored, keep_late && self.setting.late_fills)?;
            }
            Step::Answer { .. } => {}
        }
        Ok(())
    }

    fn purge(&mut self, key: usize, by_tag: bool, seed: u64) {
        let item = if by_tag {
            Item::Tag(Tag::parse(&tag(key)).unwrap())
        } else {
            Item::Path(format!("/{key}"))
        };
        let mut profile = ProfileName::Calm.profile();
        profile.propagation = Duration::from_millis(self.setting.propagation_ms);
        profile.propagation_spread = Duration::from_millis(self.setting.spread_ms);
        let mut rng = fastrand::Rng::with_seed(seed);
        let shields: Vec<&str> = self.setting.shield.into_iter().collect();
        let owners = vec![reference::OWNER.to_owned()];
        let purge = Purge::plan(owners, vec![item], &shields, &profile, &mut rng, self.now);
        self.network.send(purge.clone());
        self.now = self.now + Duration::from_millis(1);
        self.reference.send(purge, self.now);
    }

    fn ask(&mut self, route: &Route, key: usize) -> Checked {
        let found = self.network.lookup(route, &cache_key(key), self.now);
        let now = self.now;
        match (self.reference.expect(route, key, now), found) {
            (Expected::Hit { tier, object, late }, Lookup::Hit(found)) => {
                prop_assert_eq!((found.tier, found.copy.late), (tier, late));
                let is_same = Arc::ptr_eq(&found.copy.object, &object);
                prop_assert!(is_same, "another object was found");
                self.hit(route, key, tier, &object, late)?;
            }
            (Expected::Join { tier, open }, Lookup::Join { ticket, tier: at }) => {
                let open = &mut self.reference.open[open];
                prop_assert_eq!((ticket.fetch, at), (open.ticket.fetch, tier));
                self.seen.joins += 1;
                let below = route.places[..tier].iter();
                open.places.extend(below.map(|place| (place.clone(), now)));
                open.readers.push(Reader {
                    ticket,
                    route: route.clone(),
                    joined: now,
                });
            }
            (Expected::Fetch, Lookup::Fetch { ticket, .. }) => {
                let places = route.places.iter();
                self.reference.open.push(Open {
                    key,
                    asked: now,
                    places: places.map(|place| (place.clone(), now)).collect(),
                    readers: vec![Reader {
                        ticket: ticket.clone(),
                        route: route.clone(),
                        joined: now,
                    }],
                    ticket,
                });
            }
            (expected, found) => {
                let expected = match expected {
                    Expected::Hit { .. } => "a hit",
                    Expected::Join { .. } => "to join a fetch",
                    Expected::Fetch => "a fetch",
                };
                prop_assert!(false, "{expected} was expected, not {found:?}");
            }
        }
        Ok(())
    }

    fn hit(
        &mut self,
        route: &Route,
        key: usize,
        tier: usize,
        object: &Arc<Object>,
        late: bool,
    ) -> Checked {
        self.seen.hits += 1;
        self.seen.upper_hits += usize::from(tier > 0);
        self.seen.late_hits += usize::from(late);
        prop_assert!(
            !late || self.setting.late_fills,
            "a late fill although they are off"
        );
        let pop = &route.places[0];
        let is_old = self
            .reference
            .is_older_than_a_purge_at(pop, key, object, self.now);
        prop_assert!(
            !is_old || late,
            "a reader sees what a purge removed, and nobody calls it late"
        );
        let below = &route.places[..tier];
        self.reference.store(below, key, object, late, self.now);
        Ok(())
    }

    fn answer(&mut self, open: &Open, stored: Option<u64>, keep_late: bool) -> Checked {
        let (now, key) = (self.now, open.key);
        let object = stored.map(|ttl| answer(key, open.asked, now, ttl));
        let fetch = open.ticket.fetch;
        let finished = self
            .network
            .complete(fetch, object.as_ref(), true, now, || keep_late);
        let Some(object) = object else { return Ok(()) };
        for reader in &open.readers {
            let collapses = self.setting.late_collapses;
            let expected = self.reference.outcome(open, &object, reader, collapses);
            let outcome = finished.outcome(&reader.ticket, || collapses);
            prop_assert_eq!(outcome, expected);
            self.seen.retries += usize::from(outcome == Completion::Retry);
            self.seen.late_serves += usize::from(outcome == Completion::Serve { late: true });
            if outcome == (Completion::Serve { late: false }) {
                let pop = &reader.route.places[0];
                let is_old =
                    self.reference
                        .is_older_than_a_purge_at(pop, key, &object, reader.joined);
                prop_assert!(
                    !is_old,
                    "a reader was collapsed onto older data, and nobody calls it late"
                );
            }
        }
        let late = self.reference.overtaken(key, &object, &open.places, now);
        if !late || keep_late {
            let places: Vec<_> = open.places.iter().map(|(place, _)| place.clone()).collect();
            self.reference.store(&places, key, &object, late, now);
        }
        Ok(())
    }
}

fn run(setting: &Setting, steps: &[Step], seen: &mut Seen) -> Checked {
    let mut run = Run {
        setting,
        network: Network::new(usize::MAX),
        reference: Reference::default(),
        now: Time::from_millis(1_000_000),
        seen,
    };
    steps.iter().try_for_each(|step| run.step(step))
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

/// An order that the clock does not show: asked, purged and reached in one millisecond.
#[test]
fn who_asked_before_a_purge_in_the_same_millisecond_is_answered_and_nothing_is_kept() {
    let setting = Setting {
        shield: None,
        propagation_ms: 0,
        spread_ms: 0,
        late_fills: false,
        late_collapses: false,
    };
    let ask = Step::Ask { pop: 0, key: 0 };
    let steps = [
        ask.clone(),
        Step::Purge {
            key: 0,
            by_tag: true,
            seed: 0,
        },
        Step::Answer {
            fetch: 0,
            stored: Some(1_000),
            keep_late: false,
        },
        ask,
    ];
    let mut seen = Seen::default();
    run(&setting, &steps, &mut seen).unwrap();
    assert_eq!((seen.retries, seen.hits), (0, 0));
}
