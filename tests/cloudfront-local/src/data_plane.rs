//! What viewers talk to: one listener per distribution, any `Host` accepted.

mod answer;
mod edge;
mod forward;
mod origin;
mod visit;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use http::Request;
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use tokio::sync::watch;

pub(crate) use answer::{Answer, Source};
pub(crate) use origin::Fetched;
pub(crate) use visit::{Door, Visit};

use crate::fault::{Call, Effect, Operation};
use crate::history::{Entry, Plane, keepable};
use crate::model::{CacheKey, Completion, Copy, Finished, Lookup, Route, Ticket};
use crate::reply::{CutOff, Reply};
use crate::site::Site;
use origin::Fetch;

/// Bodies of viewers are held in memory.
const MAX_BODY: usize = 20 << 20;

/// Serves one viewer request; an error closes the connection without an answer.
pub(crate) async fn serve(
    site: Arc<Site>,
    door: Arc<Door>,
    client: IpAddr,
    request: Request<Incoming>,
) -> Result<Reply, CutOff> {
    let started = Instant::now();
    let (head, body) = request.into_parts();
    let mut visit = Visit::new(site, &door, client, head);
    let target = visit.request.target();
    let mut entry = Entry::new(
        Plane::Viewer,
        visit.request.method.as_str(),
        visit.site.clock.now(),
    );
    entry.target.clone_from(&visit.owner);
    entry.path.clone_from(&target);
    entry.pop = Some(visit.pop.name.to_owned());
    entry.headers = keepable(&visit.request.headers);
    let call = Call {
        target: &visit.owner,
        path: &target,
        headers: Some(&visit.request.headers),
        items: &[],
    };
    let struck = visit.site.strike(Operation::ViewerRequest, call);
    entry.fault = struck.as_ref().map(|(id, _)| *id);
    let effect = struck.map(|(_, effect)| effect);
    if let Some(Effect::Hang) = effect {
        visit.site.record(entry);
        return std::future::pending().await;
    }
    let early = answer::scripted(effect.as_ref()).or_else(|| visit.refuse());
    let answer = match (early, Limited::new(body, MAX_BODY).collect().await) {
        (Some(answer), _) => answer,
        (None, Err(_)) => Answer::error(413, "The request body is too large or broke off."),
        (None, Ok(collected)) => {
            visit.body = collected.to_bytes();
            edge::with_viewer_functions(&mut visit).await
        }
    };
    let response = answer.finish(&visit);
    entry.status = Some(response.status);
    entry.x_cache = response
        .headers
        .get("x-cache")
        .and_then(|value| value.to_str().ok())
        .map(str::to_owned);
    entry.took_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    visit.site.record(entry);
    answer::write(response, effect.as_ref()).await
}

/// The answer from a cache or the origin.
pub(crate) async fn respond(visit: &Visit) -> Answer {
    let behavior = visit.behavior();
    let cached = behavior.cached_methods.contains(&visit.request.method) && behavior.cache.caches();
    if !cached {
        return Fetch::new(visit, None).run().await.into_answer();
    }
    let key = CacheKey::compose(&visit.owner, &behavior.cache, &visit.request);
    loop {
        let (ticket, mut told, share) = match look(visit, &key) {
            Found::Copy(copy, tier) => return Answer::from_copy(visit, &copy, tier),
            Found::Wait {
                ticket,
                told,
                share,
            } => (ticket, told, share),
        };
        let Ok(fetched) = told
            .wait_for(Option::is_some)
            .await
            .map(|value| value.clone())
        else {
            return Answer::error(502, "The fetch from the origin was given up.");
        };
        let (fetched, finished) = fetched.expect("it was waited for");
        if visit.site.state().world.outcome(&finished, &ticket) == Completion::Retry {
            continue;
        }
        if share != Share::Own && !finished.is_shared() {
            return Fetch::new(visit, None).run().await.into_answer();
        }
        return fetched.answer(share == Share::CollapsedHere);
    }
}

/// What the waiters of a fetch are told when it ends.
pub(crate) type Told = watch::Receiver<Option<(Arc<Fetched>, Arc<Finished>)>>;

enum Found {
    Copy(Copy, usize),
    Wait {
        ticket: Ticket,
        told: Told,
        share: Share,
    },
}

/// A request's share in a fetch.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Share {
    /// It began it.
    Own,
    /// It waits for one that began in its own POP.
    CollapsedHere,
    /// It waits for one that began elsewhere.
    CollapsedAbove,
}

fn look(visit: &Visit, key: &CacheKey) -> Found {
    let origin = visit.distribution.origins_of(&visit.behavior().target);
    let shield = origin.first().and_then(|origin| origin.shield.as_deref());
    let route = Route::through(visit.pop, shield);
    let mut state = visit.site.state();
    match state.world.lookup(&route, key, visit.site.clock.now()) {
        Lookup::Hit(found) => Found::Copy(found.copy, found.tier),
        Lookup::Join { ticket, tier } => {
            let told = state.waiting.get(&ticket.fetch).cloned();
            let told = told.expect("a fetch and its waiters are entered and removed together");
            let share = if tier == 0 {
                Share::CollapsedHere
            } else {
                Share::CollapsedAbove
            };
            Found::Wait {
                ticket,
                told,
                share,
            }
        }
        Lookup::Fetch { ticket, expired } => {
            let (tell, told) = watch::channel(None);
            state.waiting.insert(ticket.fetch, told.clone());
            drop(state);
            let fetch = Fetch::new(visit, expired);
            let (site, id) = (Arc::clone(&visit.site), ticket.fetch);
            // On its own, so that it goes on when the viewer that began it leaves.
            tokio::spawn(async move {
                let fetched = tokio::spawn(fetch.run()).await;
                tell.send_replace(Some(origin::end(&site, id, fetched.ok())));
            });
            Found::Wait {
                ticket,
                told,
                share: Share::Own,
            }
        }
    }
}
