//! One fetch from the origin: attempts, failover, revalidation.

mod ending;
mod exchange;
mod fetched;
mod store;

use std::time::Instant;

use http::header::{
    ETAG, IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE, IF_UNMODIFIED_SINCE, LAST_MODIFIED,
    RANGE,
};
use http::{HeaderMap, Method};

use super::answer::{Answer, Source, error_page};
use super::body::Body;
use super::{Call, Effect, Entry, Operation, Plane, Visit, edge, forward, keepable};
use crate::edge_function::{EdgeRequest, EdgeResponse, RequestOutcome};
use crate::model::{Copy, EdgeEvent, Origin, StoredResponse, varies_on_everything};
use crate::options::OriginAddress;
pub(super) use ending::{Ending, Owner};
use exchange::{OriginFailure, OriginResponse};
pub(crate) use fetched::Fetched;

/// A fetch to be made.
pub(super) struct Fetch {
    visit: Visit,
    /// What the origin may confirm, and what is served when it fails.
    expired: Option<Copy>,
    /// The viewer asks for a part, and the origin is asked for that part.
    is_part: bool,
    /// No cache takes part: the viewer's own conditions and ranges are for the origin.
    is_apart: bool,
}

/// An origin's answer, or CloudFront's for it.
struct OriginAnswer {
    response: OriginResponse,
    source: Source,
    /// Nobody failed to reach the origin: a group fails over by status alone.
    is_reachable: bool,
}

impl OriginAnswer {
    fn new(answer: Answer, is_reachable: bool) -> Self {
        Self {
            response: OriginResponse {
                status: answer.status,
                headers: answer.headers,
                body: answer.body,
            },
            source: answer.source,
            is_reachable,
        }
    }
}

impl Fetch {
    /// A fetch for the cache.
    pub(super) fn cached(visit: &Visit, expired: Option<Copy>, is_part: bool) -> Self {
        Self {
            visit: visit.clone(),
            expired,
            is_part,
            is_apart: false,
        }
    }

    /// A fetch for this viewer alone.
    pub(super) fn apart(visit: &Visit) -> Self {
        Self {
            visit: visit.clone(),
            expired: None,
            is_part: false,
            is_apart: !visit.is_cached(),
        }
    }

    /// Passes the origin's answer on; nothing is stored.
    pub(super) async fn pass(self) -> Answer {
        let answer = self.ask_origins().await;
        let mut headers = answer.response.headers;
        fetched::remove_for_viewers(&self.visit, &mut headers);
        Answer {
            status: answer.response.status,
            headers,
            body: answer.response.body,
            source: answer.source,
            age: None,
            is_object: false,
        }
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
                return OriginAnswer::new(Answer::of(response, Source::LambdaGenerated), true);
            }
            Err(error) => return OriginAnswer::new(edge::failed(&error), true),
        };
        let query = if request.query == shown_query {
            query
        } else {
            Some(request.query.clone())
        };
        match self.attempt(origin, &request, query.as_deref()).await {
            Ok(mut response) => {
                let shown = EdgeResponse::new(response.status, response.headers);
                let event = EdgeEvent::OriginResponse;
                match edge::response_function(&self.visit, event, &request, shown).await {
                    Ok(changed) => {
                        if let Some(body) = changed.body {
                            response.body = Body::Whole(body);
                        }
                        OriginAnswer {
                            response: OriginResponse {
                                status: changed.status,
                                headers: changed.headers,
                                body: response.body,
                            },
                            source: Source::Miss,
                            is_reachable: true,
                        }
                    }
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
    ) -> Result<OriginResponse, OriginFailure> {
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
    ) -> Result<OriginResponse, OriginFailure> {
        let site = &self.visit.site;
        let started = Instant::now();
        let path = match query {
            Some(query) if !query.is_empty() => format!("{}{}?{query}", origin.path, request.uri),
            _ => format!("{}{}", origin.path, request.uri),
        };
        let headers = self.headers_for(origin, request);
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
                let method = &request.method;
                match self.exchange(origin, method, &path, headers).await {
                    Ok(response) => exchange::damage(response, effect.as_ref()).await,
                    Err(failure) => Err(failure),
                }
            }
        };
        entry.took_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        entry.status = outcome.as_ref().ok().map(|response| response.status);
        entry.error = outcome.as_ref().err().map(ToString::to_string);
        site.record(entry);
        outcome
    }

    async fn exchange(
        &self,
        origin: &Origin,
        method: &Method,
        path: &str,
        headers: HeaderMap,
    ) -> Result<OriginResponse, OriginFailure> {
        let Some(authority) = OriginAddress::find(&self.visit.site.origins, origin) else {
            let (id, domain) = (origin.id.clone(), origin.domain_name.clone());
            return Err(OriginFailure::Unmapped(id, domain));
        };
        let body = self.visit.body.clone();
        exchange::exchange(authority, origin, method, path, headers, body).await
    }

    /// What the function left of the request's headers, the origin's custom headers, and the conditions of the cache.
    fn headers_for(&self, origin: &Origin, request: &EdgeRequest) -> HeaderMap {
        let mut headers = request.headers.clone();
        for (name, value) in &origin.custom_headers {
            if let (Ok(name), Ok(value)) =
                (http::HeaderName::from_bytes(name.as_bytes()), value.parse())
            {
                headers.insert(name, value);
            }
        }
        self.add_conditions(&mut headers);
        headers
    }

    /// Asks "still the same?" for an expired copy. What the viewer asked so is not for the origin, but where there is
    /// no cache.
    fn add_conditions(&self, headers: &mut HeaderMap) {
        if self.is_apart {
            return;
        }
        for name in [
            IF_NONE_MATCH,
            IF_MODIFIED_SINCE,
            IF_MATCH,
            IF_UNMODIFIED_SINCE,
        ] {
            headers.remove(name);
        }
        if !self.is_part {
            headers.remove(RANGE);
            headers.remove(IF_RANGE);
        }
        let Some(expired) = &self.expired else {
            return;
        };
        let stored = &expired.object.response.headers;
        if varies_on_everything(stored) {
            return;
        }
        for (from, to) in [(ETAG, IF_NONE_MATCH), (LAST_MODIFIED, IF_MODIFIED_SINCE)] {
            if let Some(value) = stored.get(from) {
                headers.insert(to, value.clone());
            }
        }
    }
}
