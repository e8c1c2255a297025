//! What viewers talk to: one listener per distribution, any `Host` accepted.

mod answer;
mod edge;
mod forward;
mod origin;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use tokio::sync::watch;

pub(crate) use answer::{Answer, Source};
pub(crate) use origin::Fetched;

use crate::edge_function::EventConfig;
use crate::fault::{Call, Effect, Operation};
use crate::history::{Entry, Plane, keepable};
use crate::model::{
    Behavior, CacheKey, Completion, Copy, Distribution, Finished, Lookup, Pop, Route, Ticket,
    ViewerRequest,
};
use crate::reply::{CutOff, Reply};
use crate::site::Site;
use origin::Fetch;

/// Header by which a test says in which POP it is; the real ones are told by the host name `….FRA56-P4.….net`.
const POP_HEADER: &str = "x-cloudfront-local-pop";
/// <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html>
const MAX_URL: usize = 8192;
const MAX_HEADERS: usize = 20_480;
/// Bodies of viewers are held in memory.
const MAX_BODY: usize = 20 << 20;

/// One viewer request under way.
#[derive(Clone, Debug)]
pub(crate) struct Visit {
    pub(crate) site: Arc<Site>,
    pub(crate) distribution: Arc<Distribution>,
    pub(crate) pop: Pop,
    pub(crate) config: EventConfig,
    /// As it stands after the viewer-request function.
    pub(crate) request: ViewerRequest,
    pub(crate) body: Bytes,
    /// Chosen by the path as the viewer sent it: a function that rewrites the path does not change it.
    behavior: usize,
}

impl Visit {
    pub(crate) fn behavior(&self) -> &Behavior {
        &self.distribution.behaviors[self.behavior]
    }
}

/// Serves one viewer request; an error closes the connection without an answer.
pub(crate) async fn serve(
    site: Arc<Site>,
    distribution: Arc<Distribution>,
    client: IpAddr,
    request: Request<Incoming>,
) -> Result<Reply, CutOff> {
    let started = Instant::now();
    let (mut head, body) = request.into_parts();
    let pop = choose_pop(&mut head.headers);
    let request_id = site.state().world.fresh_id('C', 56);
    let target = head
        .uri
        .path_and_query()
        .map_or("/", |target| target.as_str())
        .to_owned();
    let mut entry = Entry::new(Plane::Viewer, head.method.as_str(), site.clock.now());
    entry.target.clone_from(&distribution.id);
    entry.path.clone_from(&target);
    entry.pop = Some(pop.name.to_owned());
    entry.headers = keepable(&head.headers);
    let call = Call {
        target: &distribution.id,
        path: &target,
        headers: Some(&head.headers),
        items: &[],
    };
    let struck = site.strike(Operation::ViewerRequest, call);
    entry.fault = struck.as_ref().map(|(id, _)| *id);
    let effect = struck.map(|(_, effect)| effect);
    if let Some(Effect::Hang) = effect {
        site.record(entry);
        return std::future::pending().await;
    }
    let mut request = ViewerRequest::get(&target);
    request.method = head.method;
    request.headers = head.headers;
    let domain_name = distribution.domain_name.clone();
    let config = EventConfig {
        domain_name,
        distribution: distribution.id.clone(),
        request_id,
        client_ip: client.to_string(),
    };
    let behavior = distribution.behavior(&request.path);
    let mut visit = Visit {
        site: Arc::clone(&site),
        distribution,
        pop,
        config,
        request,
        body: Bytes::new(),
        behavior,
    };
    let refused = answer::scripted(effect.as_ref()).or_else(|| refuse_early(&visit, &target));
    let answer = match (refused, Limited::new(body, MAX_BODY).collect().await) {
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
    site.record(entry);
    answer::write(response, effect.as_ref()).await
}

fn choose_pop(headers: &mut http::HeaderMap) -> Pop {
    let named = headers.remove(POP_HEADER);
    let by_header = named
        .as_ref()
        .and_then(|value| value.to_str().ok())
        .and_then(Pop::named);
    let by_host = || {
        let host = headers.get(http::header::HOST)?.to_str().ok()?;
        Pop::named(host.split('.').nth(1)?)
    };
    by_header.or_else(by_host).unwrap_or_else(Pop::nearest)
}

/// What is refused before any function or cache is asked.
fn refuse_early(visit: &Visit, target: &str) -> Option<Answer> {
    let header_bytes: usize = visit
        .request
        .headers
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len() + 4)
        .sum();
    if visit
        .site
        .state()
        .pops_down
        .iter()
        .any(|name| name == visit.pop.name)
    {
        return Some(Answer::error(503, "This POP is down."));
    }
    if !visit.distribution.enabled {
        return Some(Answer::error(403, "The distribution is disabled."));
    }
    if target.len() > MAX_URL {
        return Some(Answer::error(414, "The URL is longer than 8192 bytes."));
    }
    if header_bytes > MAX_HEADERS {
        return Some(Answer::error(
            494,
            "The request headers are larger than 20480 bytes.",
        ));
    }
    let behavior = visit.behavior();
    if !behavior.allowed_methods.contains(&visit.request.method) {
        return Some(Answer::error(
            403,
            "The cache behavior does not allow this method.",
        ));
    }
    None
}

/// The answer from a cache or the origin.
pub(crate) async fn respond(visit: &Visit) -> Answer {
    let behavior = visit.behavior();
    let cached = behavior.cached_methods.contains(&visit.request.method) && behavior.cache.caches();
    if !cached {
        return Fetch::new(visit, None).run().await.into_answer();
    }
    let key = CacheKey::compose(&visit.distribution.id, &behavior.cache, &visit.request);
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
