//! The head of an origin's answer: what is served of it, and what may be stored.

use std::sync::Arc;
use std::time::Duration;

use http::header::{SET_COOKIE, VARY};
use http::{HeaderMap, HeaderValue};

use super::exchange::OriginResponse;
use super::{Answer, Body, Fetch, OriginAnswer, Source, StoredResponse, error_page};
use crate::data_plane::Visit;
use crate::model::{
    HeaderForwarding, Lifetime, Object, Staleness, Time, lifetime, staleness, varies_on_everything,
    withheld,
};

/// A fetch that has ended.
#[derive(Debug)]
pub(crate) struct Fetched {
    pub(super) response: StoredResponse,
    /// The body broke off.
    pub(super) is_broken: bool,
    /// What may be stored of it.
    pub(super) object: Option<Arc<Object>>,
    /// Those who joined may have it.
    pub(super) shared: bool,
    pub(super) source: Source,
}

/// What is to be done with an answer.
pub(super) struct Verdict {
    pub(super) response: OriginResponse,
    pub(super) source: Source,
    pub(super) age: Option<u64>,
    pub(super) keep: Keep,
}

pub(super) enum Keep {
    /// Nothing; whether those who joined may have the answer.
    Not { shared: bool },
    /// An object that is whole already.
    This(Arc<Object>),
    /// The answer, when it is whole, with these headers.
    Answer {
        headers: HeaderMap,
        ttl: Duration,
        staleness: Staleness,
    },
}

/// How long an expired copy is served on where the distribution does not say.
const DEFAULT_ERROR_TTL: Duration = Duration::from_secs(10);

impl Fetch {
    /// Decides by the head of an answer.
    pub(super) fn judge(&self, answer: OriginAnswer, requested: Time, received: Time) -> Verdict {
        let OriginAnswer {
            mut response,
            source,
            ..
        } = answer;
        let distribution = &self.visit.distribution;
        let policy = &self.visit.behavior().cache;
        remove_for_viewers(&self.visit, &mut response.headers);
        let error_ttl = distribution.error_ttl.get(&response.status).copied();
        if let Some(verdict) = self.judge_expired(&response, error_ttl, requested, received) {
            return verdict;
        }
        let headers = &response.headers;
        let life = lifetime(policy, response.status, headers, error_ttl, received);
        // Nobody asked for this part: it is not what others ask for.
        let is_stray = response.status == 206 && !self.is_part;
        let keep = match life {
            Lifetime::Stored(ttl) if !is_stray => {
                let staleness = staleness(policy, headers, ttl, received);
                let mut headers = headers.clone();
                for name in withheld(&headers, received) {
                    headers.remove(name);
                }
                Keep::Answer {
                    headers,
                    ttl,
                    staleness,
                }
            }
            // Not collapsed: documented for a minimum TTL of 0 and an origin that forbids caching.
            _ => {
                let is_refused = life
                    == Lifetime::Unstored {
                        refused_by_origin: true,
                    };
                Keep::Not {
                    shared: !is_stray && (!is_refused || response.status >= 400),
                }
            }
        };
        Verdict {
            response,
            source,
            age: None,
            keep,
        }
    }

    /// What an answer means for an expired copy: it is confirmed, or served on because the origin fails.
    fn judge_expired(
        &self,
        response: &OriginResponse,
        error_ttl: Option<Duration>,
        requested: Time,
        received: Time,
    ) -> Option<Verdict> {
        let object = &self.expired.as_ref()?.object;
        let policy = &self.visit.behavior().cache;
        let of = |object: &Object| OriginResponse {
            status: object.response.status,
            headers: object.response.headers.clone(),
            body: Body::Whole(object.response.body.clone()),
        };
        if response.status == 304 {
            let headers = object.updated_headers(&response.headers);
            let ttl = match lifetime(policy, 200, &headers, None, received) {
                Lifetime::Stored(ttl) => ttl,
                Lifetime::Unstored { .. } => Duration::ZERO,
            };
            let staleness = staleness(policy, &headers, ttl, received);
            let retags = self.visit.site.state().world.profile.retag_on_304;
            let tag_header = self.visit.distribution.tag_header.as_deref();
            let tag_header = tag_header.filter(|_| retags);
            let confirmed = object.confirmed(headers, tag_header, requested, received, ttl);
            let confirmed = Arc::new(confirmed.with_staleness(staleness));
            return Some(Verdict {
                response: of(&confirmed),
                source: Source::RefreshHit,
                age: None,
                keep: Keep::This(confirmed),
            });
        }
        if response.status < 500 || !object.is_served_on_error(received) {
            return None;
        }
        // Served on for the error-caching minimum TTL; then, or at once if that is zero, the origin is asked again.
        let ttl = error_ttl.unwrap_or(DEFAULT_ERROR_TTL);
        let extended = Arc::new(object.extended(received + ttl));
        Some(Verdict {
            response: of(&extended),
            source: Source::Hit,
            age: Some(extended.age(received).as_secs()),
            keep: if ttl.is_zero() {
                Keep::Not { shared: true }
            } else {
                Keep::This(extended)
            },
        })
    }
}

/// Headers of the origin that CloudFront takes out.
/// <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/RequestAndResponseBehaviorCustomOrigin.html>
pub(super) fn remove_for_viewers(visit: &Visit, headers: &mut HeaderMap) {
    let behavior = visit.behavior();
    if !behavior.forwards_cookies() {
        headers.remove(SET_COOKIE);
    }
    if !headers.contains_key(VARY)
        || (varies_on_everything(headers) && behavior.cache.min_ttl.is_zero())
    {
        return;
    }
    let policy = &behavior.origin_request.headers;
    let lists_devices = |names: &[String]| {
        let is_device = |name: &String| name.starts_with("cloudfront-is-");
        names.iter().any(is_device)
    };
    let is_told = |name: &str| match name {
        "accept-encoding" | "cookie" => true,
        "*" => false,
        "user-agent" if lists_devices(&behavior.cache.headers) => true,
        "user-agent" if matches!(policy, HeaderForwarding::Only(names) if lists_devices(names)) => {
            true
        }
        name => behavior.cache.headers.iter().any(|listed| listed == name) || policy.takes(name),
    };
    let lines = headers.get_all(VARY).iter();
    let names = lines.filter_map(|value| value.to_str().ok());
    let told: Vec<String> = names
        .flat_map(|line| line.split(','))
        .map(|name| name.trim().to_owned())
        .filter(|name| is_told(&name.to_ascii_lowercase()))
        .collect();
    headers.remove(VARY);
    if let Ok(value) = HeaderValue::from_str(&told.join(", "))
        && !told.is_empty()
    {
        headers.insert(VARY, value);
    }
}

impl Fetched {
    /// The answer for a request that was collapsed onto the fetch, in its own POP or above.
    pub(in crate::data_plane) fn answer(&self, is_here: bool) -> Answer {
        let source = match self.source {
            Source::Miss if is_here => Source::Hit,
            other => other,
        };
        let mut answer = Answer::of(self.response.clone(), source);
        answer.is_object = self.object.is_some();
        if self.is_broken {
            answer.body = Body::broken(self.response.body.clone());
        }
        answer
    }

    /// An object that is whole already.
    pub(super) fn known(object: &Arc<Object>, source: Source) -> Self {
        Self {
            response: object.response.clone(),
            is_broken: false,
            object: Some(Arc::clone(object)),
            shared: true,
            source,
        }
    }

    pub(super) fn given_up() -> Self {
        Self {
            response: error_page(502, "The fetch from the origin was given up."),
            is_broken: false,
            object: None,
            shared: true,
            source: Source::Error,
        }
    }
}
