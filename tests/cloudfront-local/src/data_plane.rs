//! What viewers talk to: one listener per distribution, any `Host` accepted.

mod answer;
mod body;
mod compression;
mod conditional;
mod edge;
mod error_page;
mod forward;
mod origin;
mod own_headers;
mod range;
mod response_policy;
mod signed;
mod visit;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use http::header::{IF_RANGE, RANGE};
use http::{Method, Request};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use tokio::sync::{oneshot, watch};

pub(crate) use answer::{Answer, Source};
pub(crate) use origin::Fetched;
pub(crate) use visit::{Door, Visit};

use crate::fault::{Call, Effect, Operation};
use crate::history::{Entry, Plane, keepable};
use crate::model::{CacheKey, Completion, Copy, Finished, Lookup, Route, Ticket};
use crate::reply::{CutOff, Reply};
use crate::site::Site;
use origin::{Ending, Fetch};

/// Bodies of viewers are held in memory.
const MAX_BODY: usize = 20 << 20;

/// Serves one viewer request; an error closes the connection without an answer.
pub(crate) async fn serve(
    site: Arc<Site>,
    door: Arc<Door>,
    client: SocketAddr,
    request: Request<Incoming>,
) -> Result<Reply, CutOff> {
    let started = Instant::now();
    let (head, body) = request.into_parts();
    let mut visit = Visit::new(site, &door, client, head);
    let unsigned = signed::check(&mut visit);
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
            admitted(&mut visit, unsigned).await
        }
    };
    let answer = answer.finish(&visit);
    entry.status = Some(answer.status);
    let x_cache = answer.headers.get("x-cache");
    entry.x_cache = x_cache
        .and_then(|value| value.to_str().ok())
        .map(str::to_owned);
    entry.took_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    visit.site.record(entry);
    answer::write(answer, effect).await
}

/// The answer to a request that is not refused for its form.
async fn admitted(visit: &mut Visit, unsigned: Option<Answer>) -> Answer {
    // "GET requests that include a body": the developer guide on custom origins.
    if visit.request.method == Method::GET && !visit.body.is_empty() {
        return Answer::error(403, "A GET request with a body is not allowed.");
    }
    match unsigned {
        Some(answer) => error_page::in_place_of(visit, answer).await,
        None => edge::with_viewer_functions(visit).await,
    }
}

/// The answer from a cache or the origin.
pub(crate) async fn respond(visit: &Visit) -> Answer {
    if !visit.is_cached() {
        return Fetch::apart(visit).pass().await;
    }
    let key = CacheKey::compose(&visit.owner, &visit.behavior().cache, &visit.request);
    loop {
        let (ticket, mut told, tier) = match look(visit, &key) {
            Found::Copy(copy, tier) => return Answer::from_copy(visit, &copy, tier),
            Found::Own(answer) => {
                let given_up = || Answer::error(502, "The fetch from the origin was given up.");
                return answer.await.unwrap_or_else(|_| given_up());
            }
            Found::Wait { ticket, told, tier } => (ticket, told, tier),
        };
        let told = told.wait_for(Option::is_some).await;
        let Ok(Some((fetched, finished))) = told.map(|value| value.clone()) else {
            return Answer::error(502, "The fetch from the origin was given up.");
        };
        if visit.site.state().world.outcome(&finished, &ticket) == Completion::Retry {
            continue;
        }
        if !finished.is_shared() {
            return Fetch::apart(visit).pass().await;
        }
        return fetched.answer(tier == 0);
    }
}

/// What the waiters of a fetch are told when it ends.
pub(crate) type Told = watch::Receiver<Option<(Arc<Fetched>, Arc<Finished>)>>;

enum Found {
    Copy(Copy, usize),
    /// The answer of a fetch that this request began.
    Own(oneshot::Receiver<Answer>),
    /// A fetch that another request began, and in which tier: 0 is its own POP.
    Wait {
        ticket: Ticket,
        told: Told,
        tier: usize,
    },
}

fn look(visit: &Visit, key: &CacheKey) -> Found {
    let behavior = visit.behavior();
    let origins = visit.distribution.origins_of(&behavior.target);
    let shield = origins.first().and_then(|origin| origin.shield.as_deref());
    let route = Route::through(visit.pop, shield);
    let now = visit.site.clock.now();
    let mut state = visit.site.state();
    // Only where there is no whole copy is a part asked for.
    let part = part_asked_for(visit).filter(|_| !state.world.network.holds(&route, key, now));
    let part_key = part.as_ref().map(|part| key.part(part));
    let key = part_key.as_ref().unwrap_or(key);
    let lookup = if behavior.forwards_cookies() {
        state.world.lookup_apart(&route, key, now)
    } else {
        state.world.lookup(&route, key, now)
    };
    let mut begin = |ticket: Ticket, expired, owner| {
        let (tell, told) = watch::channel(None);
        state.waiting.insert(ticket.fetch, told);
        let fetch = Fetch::cached(visit, expired, part.is_some());
        let ending = Ending::new(&visit.site, ticket.fetch, tell);
        // On its own, so that it goes on when the viewer that began it leaves.
        tokio::spawn(fetch.run(ending, owner));
    };
    match lookup {
        Lookup::Hit(found) => Found::Copy(found.copy, found.tier),
        Lookup::Stale { found, refresh } => {
            if let Some(ticket) = refresh {
                begin(ticket, Some(found.copy.clone()), None);
            }
            Found::Copy(found.copy, found.tier)
        }
        Lookup::Join { ticket, tier } => {
            let told = state.waiting.get(&ticket.fetch).cloned();
            let told = told.expect("a fetch and its waiters are entered and removed together");
            Found::Wait { ticket, told, tier }
        }
        Lookup::Fetch { ticket, expired } => {
            let (owner, answer) = oneshot::channel();
            begin(ticket, expired, Some(owner));
            Found::Own(answer)
        }
    }
}

/// The range of a GET, with the condition that it has.
fn part_asked_for(visit: &Visit) -> Option<String> {
    let request = &visit.request;
    let asked = request.header(RANGE.as_str());
    // Whether it is well formed does not depend on a length that nobody knows yet.
    let asked = asked
        .filter(|text| request.method == Method::GET && range::parse(text, usize::MAX).is_some())?;
    Some(match request.header(IF_RANGE.as_str()) {
        Some(condition) => format!("{asked} if {condition}"),
        None => asked,
    })
}
