//! Requests of viewers: through the caches of a POP's route, or to the origin.

use std::sync::Arc;

use bytes::Bytes;
use cloudfront_local::model::{
    Completion, Copy, FetchId, Finished, Lifetime, Lookup, Object, Place, Pop, Route,
    StoredResponse, Time, lifetime,
};
use http::{HeaderMap, HeaderValue};
use tokio::sync::oneshot;

use crate::history::Answer;
use crate::machine::wait;
use crate::origin::Answering;
use crate::scenario::{Collapsing, LateAnswers, ORIGIN_TIMEOUT};
use crate::world::{OTHER_TENANT, State, TENANT, World};

/// What those who wait for a fetch are told when it ends. In order: `tokio::sync::watch` wakes its receivers in a
/// random one, and a seed would be no world.
pub type Waiting = Vec<oneshot::Sender<(Fetched, Arc<Finished>)>>;
type Told = oneshot::Receiver<(Fetched, Arc<Finished>)>;

/// The origin's answer, as CloudFront has it.
#[derive(Clone, Debug)]
pub struct Fetched {
    status: u16,
    version: Option<u64>,
    foreign: bool,
    received: Time,
    /// `Retry-After`, in seconds.
    pub retry_after: Option<u64>,
}

/// What marks another tenant's data in a cache; bodies are made when they are sent.
const FOREIGN: &[u8] = b"foreign";

enum Found {
    Copy(Answer),
    /// A fetch to wait for; whether it began at this very POP for someone else.
    Wait(cloudfront_local::model::Ticket, Told, bool),
    /// A fetch of one's own that nobody else waits for.
    Alone(Route),
}

impl Answer {
    /// The answer out of the cache of a tier; 0 is the POP.
    #[must_use]
    pub fn from_copy(pop: Pop, copy: &Copy, tier: usize, now: Time) -> Self {
        let status = copy.object.response.status;
        Self {
            pop: pop.name,
            status,
            x_cache: match tier {
                _ if status >= 400 => "Error from cloudfront",
                0 => "Hit from cloudfront",
                _ => "Miss from cloudfront",
            },
            age: Some(now.since(copy.object.received).as_secs()),
            version: version(&copy.object.response.headers),
            foreign: is_foreign(&copy.object),
            received: copy.object.received,
            late: copy.late,
        }
    }

    fn from_origin(pop: Pop, fetched: &Fetched, collapsed_here: bool) -> Self {
        Self {
            pop: pop.name,
            status: fetched.status,
            x_cache: match collapsed_here {
                _ if fetched.status >= 400 => "Error from cloudfront",
                true => "Hit from cloudfront",
                false => "Miss from cloudfront",
            },
            age: None,
            version: fetched.version,
            foreign: fetched.foreign,
            received: fetched.received,
            late: false,
        }
    }
}

impl World {
    /// One viewer's request for a target at a POP, answered; with `Retry-After` where the origin sends it.
    pub async fn view(self: &Arc<Self>, pop: Pop, target: usize) -> (Answer, Option<u64>) {
        loop {
            match self.look(pop, target) {
                Found::Copy(answer) => return (answer, None),
                Found::Alone(route) => {
                    let world = Arc::clone(self);
                    let fetch = tokio::spawn(async move { world.fetch_alone(target, route).await });
                    let fetched = fetch.await.expect("fetches do not panic");
                    return (
                        Answer::from_origin(pop, &fetched, false),
                        fetched.retry_after,
                    );
                }
                Found::Wait(ticket, told, here) => {
                    let (fetched, finished) = told.await.expect("a fetch ends");
                    let late = self.scenario.profile.late_collapse;
                    let mut state = self.state();
                    let rng = &mut state.rng;
                    let outcome = finished.outcome(&ticket, || late > 0.0 && rng.f64() < late);
                    if outcome != Completion::Retry {
                        return (
                            Answer::from_origin(pop, &fetched, here),
                            fetched.retry_after,
                        );
                    }
                }
            }
        }
    }

    fn look(self: &Arc<Self>, pop: Pop, target: usize) -> Found {
        let now = self.now();
        let route = self.route(pop);
        let key = &self.targets[target].key;
        let mut state = self.state();
        match state.cloudfront.lookup(&route, key, now) {
            // No answer of this origin may be served after it has expired.
            Lookup::Hit(found) | Lookup::Stale { found, .. } => {
                Found::Copy(Answer::from_copy(pop, &found.copy, found.tier, now))
            }
            Lookup::Join { ticket, tier } => {
                let told = state.wait_for(ticket.fetch);
                Found::Wait(ticket, told, tier == 0)
            }
            Lookup::Fetch { ticket, .. }
                if self.scenario.collapsing == Collapsing::LastAnswerStays =>
            {
                // The model is told that it ended, so that nobody joins it.
                state
                    .cloudfront
                    .network
                    .complete(ticket.fetch, None, true, now, || false);
                Found::Alone(route)
            }
            Lookup::Fetch { ticket, .. } => {
                let told = state.wait_for(ticket.fetch);
                let (world, fetch) = (Arc::clone(self), ticket.fetch);
                // On its own, so that it goes on when the viewer that began it leaves.
                tokio::spawn(async move { world.fetch(fetch, target).await });
                Found::Wait(ticket, told, false)
            }
        }
    }

    async fn fetch(&self, fetch: FetchId, target: usize) {
        let (fetched, object) = self.ask_origin(target).await;
        let now = self.now();
        let chance = self.scenario.profile.late_fill;
        let mut state = self.state();
        let State {
            cloudfront,
            rng,
            waiting,
            ..
        } = &mut *state;
        let as_one = (self.scenario.late_answers == LateAnswers::AsOne).then(|| rng.f64() < chance);
        let finished = cloudfront
            .network
            .complete(fetch, object.as_ref(), true, now, || {
                as_one.unwrap_or_else(|| rng.f64() < chance)
            });
        let finished = Arc::new(finished);
        for waiter in waiting.remove(&fetch).unwrap_or_default() {
            // Who left does not mind.
            waiter.send((fetched.clone(), Arc::clone(&finished))).ok();
        }
    }

    /// A fetch whose answer takes the place of whatever is stored where it passes.
    async fn fetch_alone(&self, target: usize, route: Route) -> Fetched {
        let (fetched, object) = self.ask_origin(target).await;
        let now = self.now();
        let key = &self.targets[target].key;
        let network = &mut self.state().cloudfront.network;
        let Some(object) = object else { return fetched };
        for place in route.places {
            network.evict(|at: &Place, stored, _| *at == place && stored == key);
            let alone = Route {
                places: vec![place],
            };
            if let Lookup::Fetch { ticket, .. } = network.lookup(&alone, key, now) {
                network.complete(ticket.fetch, Some(&object), true, now, || true);
            }
        }
        fetched
    }

    async fn ask_origin(&self, target: usize) -> (Fetched, Option<Arc<Object>>) {
        let requested = self.now();
        let asked = &self.targets[target];
        let answering = {
            let State { origin, rng, .. } = &mut *self.state();
            origin.begin(asked.endpoint, self.clock.elapsed(), rng)
        };
        self.note(&|| format!("origin begins {target}: {answering:?}"));
        wait(answering.takes.min(ORIGIN_TIMEOUT)).await;
        let received = self.now();
        let response = self.response(&answering, &asked.path);
        let fetched = Fetched {
            status: response.status,
            version: version(&response.headers),
            foreign: response.status == 200 && answering.foreign,
            received,
            retry_after: answering.retry_after,
        };
        self.note(&|| {
            format!(
                "origin ends {target}: {} {:?}{}",
                fetched.status,
                fetched.version,
                if fetched.foreign {
                    ", of another tenant"
                } else {
                    ""
                }
            )
        });
        let life = lifetime(
            &self.policy,
            response.status,
            &response.headers,
            None,
            received,
        );
        let object = match life {
            Lifetime::Stored(ttl) => {
                let tag_header = &self.scenario.contract.tag_header;
                Some(Arc::new(Object::new(
                    response,
                    Some(tag_header),
                    requested,
                    received,
                    ttl,
                )))
            }
            Lifetime::Unstored { .. } => None,
        };
        (fetched, object)
    }

    /// The response as it is stored, with the tags that the edge function adds.
    fn response(&self, answering: &Answering, path: &str) -> StoredResponse {
        let mut headers = HeaderMap::new();
        let is_late = answering.takes > ORIGIN_TIMEOUT;
        let status = if is_late { 504 } else { answering.status };
        if status == 200 {
            let tags: Vec<String> = self
                .scenario
                .contract
                .response_tags(&self.tenant, path, None)
                .iter()
                .map(ToString::to_string)
                .collect();
            headers.insert("cache-tag", tags.join(",").parse().expect("tags are ASCII"));
            headers.insert("x-data-version", HeaderValue::from(answering.version));
        }
        let is_foreign = status == 200 && answering.foreign;
        StoredResponse {
            status,
            headers,
            body: Bytes::from_static(if is_foreign { FOREIGN } else { b"" }),
        }
    }

    /// The body of an answer with data.
    #[must_use]
    pub fn body(foreign: bool) -> String {
        let tenant = if foreign { OTHER_TENANT } else { TENANT };
        format!("{{\"organization\":\"{tenant}\"}}")
    }
}

impl State {
    fn wait_for(&mut self, fetch: FetchId) -> Told {
        let (tell, told) = oneshot::channel();
        self.waiting.entry(fetch).or_default().push(tell);
        told
    }
}

/// Whether an object is another tenant's data.
pub fn is_foreign(object: &Object) -> bool {
    object.response.body == FOREIGN
}

fn version(headers: &HeaderMap) -> Option<u64> {
    headers.get("x-data-version")?.to_str().ok()?.parse().ok()
}
