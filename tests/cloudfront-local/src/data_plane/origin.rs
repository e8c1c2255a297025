//! One fetch from the origin: attempts, failover, revalidation.

mod exchange;
mod fetched;

use std::sync::Arc;
use std::time::Instant;

use http::header::{ETAG, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED};
use http::{HeaderMap, Method};

use super::answer::{Answer, Source, error_page};
use super::{Call, Effect, Entry, Operation, Plane, Visit, edge, forward, keepable};
use crate::edge_function::{EdgeRequest, RequestOutcome};
use crate::model::{Copy, EdgeEvent, FetchId, Finished, Origin, StoredResponse};
use crate::options::OriginAddress;
use crate::site::Site;
use exchange::OriginFailure;
pub(crate) use fetched::Fetched;

/// A fetch to be made.
#[derive(Debug)]
pub(super) struct Fetch {
    visit: Visit,
    /// What the origin may confirm, and what is served when it fails.
    expired: Option<Copy>,
}

/// An origin's answer, or CloudFront's for it.
struct OriginAnswer {
    response: StoredResponse,
    source: Source,
    /// Nobody failed to reach the origin: a group fails over by status alone.
    is_reachable: bool,
}

impl OriginAnswer {
    fn new(answer: Answer, is_reachable: bool) -> Self {
        Self {
            response: answer.response,
            source: answer.source,
            is_reachable,
        }
    }
}

impl Fetch {
    pub(super) fn new(visit: &Visit, expired: Option<Copy>) -> Self {
        Self {
            visit: visit.clone(),
            expired,
        }
    }

    pub(super) async fn run(self) -> Fetched {
        let requested = self.visit.site.clock.now();
        let answer = self.ask_origins().await;
        let received = self.visit.site.clock.now();
        self.judge(answer, requested, received)
    }

    /// The primary origin, and the secondary where the primary fails as the group says.
    async fn ask_origins(&self) -> OriginAnswer {
        let behavior = self.visit.behavior();
        let failover = self.visit.distribution.failover_statuses(&behavior.target);
        let origins = self.visit.distribution.origins_of(&behavior.target);
        let may_fail_over = matches!(
            self.visit.request.method,
            Method::GET | Method::HEAD | Method::OPTIONS
        );
        let (last, first) = origins
            .split_last()
            .expect("a target without origin is refused at start");
        for origin in first {
            let answer = self.ask(origin).await;
            let fails_over = failover.contains(&answer.response.status) || !answer.is_reachable;
            if !(may_fail_over && fails_over) {
                return answer;
            }
        }
        self.ask(last).await
    }

    async fn ask(&self, origin: &Origin) -> OriginAnswer {
        let (before, query) = forward::compose(&self.visit, origin);
        let shown_query = before.query.clone();
        let outcome = edge::request_function(&self.visit, EdgeEvent::OriginRequest, before).await;
        let request = match outcome {
            Ok(RequestOutcome::Continue(request)) => request,
            Ok(RequestOutcome::Respond(response)) => {
                return OriginAnswer {
                    response,
                    source: Source::LambdaGenerated,
                    is_reachable: true,
                };
            }
            Err(error) => return OriginAnswer::new(edge::failed(&error), true),
        };
        let query = if request.query == shown_query {
            query
        } else {
            Some(request.query.clone())
        };
        match self.attempt(origin, &request, query.as_deref()).await {
            Ok(response) => {
                let response = edge::response_function(
                    &self.visit,
                    EdgeEvent::OriginResponse,
                    &request,
                    response,
                )
                .await;
                match response {
                    Ok(response) => OriginAnswer {
                        response,
                        source: Source::Miss,
                        is_reachable: true,
                    },
                    Err(error) => OriginAnswer::new(edge::failed(&error), true),
                }
            }
            Err(failure) => {
                OriginAnswer::new(Answer::error(failure.status(), &failure.to_string()), false)
            }
        }
    }

    /// Tries to connect as often as the origin's attempts allow; GET and HEAD are also sent again when no answer
    /// comes in time.
    async fn attempt(
        &self,
        origin: &Origin,
        request: &EdgeRequest,
        query: Option<&str>,
    ) -> Result<StoredResponse, OriginFailure> {
        let mut attempt = 1;
        loop {
            let outcome = self.send(origin, request, query).await;
            let again = match &outcome {
                Err(OriginFailure::Unreachable { .. }) => true,
                Err(OriginFailure::NoAnswer(_)) => {
                    request.method == Method::GET || request.method == Method::HEAD
                }
                _ => false,
            };
            if !again || attempt >= origin.connection_attempts {
                return outcome;
            }
            attempt += 1;
        }
    }

    async fn send(
        &self,
        origin: &Origin,
        request: &EdgeRequest,
        query: Option<&str>,
    ) -> Result<StoredResponse, OriginFailure> {
        let site = &self.visit.site;
        let started = Instant::now();
        let path = match query {
            Some(query) if !query.is_empty() => format!("{}{}?{query}", origin.path, request.uri),
            _ => format!("{}{}", origin.path, request.uri),
        };
        let mut headers = request.headers.clone();
        for (name, value) in &origin.custom_headers {
            if let (Ok(name), Ok(value)) =
                (http::HeaderName::from_bytes(name.as_bytes()), value.parse())
            {
                headers.insert(name, value);
            }
        }
        self.add_conditions(&mut headers);
        let mut entry = Entry::new(Plane::Origin, request.method.as_str(), site.clock.now());
        entry.target.clone_from(&self.visit.distribution.id);
        entry.path.clone_from(&path);
        entry.pop = Some(self.visit.pop.name.to_owned());
        entry.subject = Some(origin.id.clone());
        entry.headers = keepable(&headers);
        let call = Call {
            target: &self.visit.distribution.id,
            path: &path,
            headers: Some(&headers),
            items: &[],
        };
        let struck = site.strike(Operation::OriginFetch, call);
        entry.fault = struck.as_ref().map(|(id, _)| *id);
        let outcome = match exchange::scripted(struck.map(|(_, effect)| effect), origin).await {
            exchange::Script::Instead(outcome) => outcome,
            exchange::Script::Then(effect) => {
                let outcome = match OriginAddress::find(&site.origins, origin) {
                    Some(authority) => {
                        let body = self.visit.body.clone();
                        exchange::exchange(authority, origin, &request.method, &path, headers, body)
                            .await
                    }
                    None => Err(OriginFailure::Unmapped(
                        origin.id.clone(),
                        origin.domain_name.clone(),
                    )),
                };
                outcome.map(|response| exchange::damage(response, effect.as_ref()))
            }
        };
        entry.took_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        entry.status = outcome.as_ref().ok().map(|response| response.status);
        entry.error = outcome.as_ref().err().map(ToString::to_string);
        site.record(entry);
        outcome
    }

    /// Asks "still the same?" for an expired copy. What the viewer asked so is not for the origin.
    fn add_conditions(&self, headers: &mut HeaderMap) {
        if !self.visit.behavior().cache.caches() {
            return;
        }
        headers.remove(IF_NONE_MATCH);
        headers.remove(IF_MODIFIED_SINCE);
        headers.remove(http::header::RANGE);
        let Some(expired) = &self.expired else {
            return;
        };
        let stored = &expired.object.response.headers;
        for (from, to) in [(ETAG, IF_NONE_MATCH), (LAST_MODIFIED, IF_MODIFIED_SINCE)] {
            if let Some(value) = stored.get(from) {
                headers.insert(to, value.clone());
            }
        }
    }
}

/// Enters the end of a fetch into the model and releases those who wait for it.
pub(super) fn end(
    site: &Site,
    id: FetchId,
    fetched: Option<Fetched>,
) -> (Arc<Fetched>, Arc<Finished>) {
    let now = site.clock.now();
    let fetched = fetched.unwrap_or_else(Fetched::given_up);
    let mut state = site.state();
    state.waiting.remove(&id);
    let finished = state
        .world
        .complete(id, fetched.object.as_ref(), fetched.shared, now);
    (Arc::new(fetched), Arc::new(finished))
}
