//! One request to a target, and how it ended.

use std::sync::Arc;
use std::time::Duration;

use http::header::HeaderName;
use http::{HeaderValue, Method, StatusCode};
use jiff::Timestamp;
use tokio::time::{Instant, timeout};
use warmfront::clock::Clock;
use warmfront::message::{Mode, Purpose};

use super::Batch;
use super::concurrency::{Load, Started};
use crate::fetch::{BodyWatch, Broken, Fetch, Get};
use crate::identity::{LoginError, Token};
use crate::ports::Ports;
use crate::proof::{Evidence, Source};

/// Marks a look. Where nothing is cached, the function at the edge then answers in place of the
/// origin, and nothing is stored.
const LOOK: HeaderName = HeaderName::from_static("x-warmfront-look");

/// How one request ended.
pub(super) enum Asked {
    Answered(Evidence, Arc<Token>),
    Broken(Broken),
    TimedOut,
    /// Logging in took the time that the request needs.
    OutOfTime,
    NoToken(LoginError),
}

/// One request that ended.
pub(super) struct Reply {
    pub(super) number: usize,
    pub(super) started: Started,
    pub(super) sent_at: Timestamp,
    pub(super) took: Duration,
    pub(super) bytes: u64,
    pub(super) asked: Asked,
}

impl Reply {
    pub(super) fn evidence(&self) -> Option<&Evidence> {
        match &self.asked {
            Asked::Answered(evidence, _) => Some(evidence),
            _ => None,
        }
    }

    /// What the answer says about the origin's load.
    pub(super) fn load(&self) -> Load {
        let Some(evidence) = self.evidence() else {
            return Load::Unknown;
        };
        match evidence.status {
            _ if evidence.source == Source::EdgeFunction => Load::Unknown,
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => Load::TooMuch,
            status if status.is_success() && evidence.source == Source::Origin => Load::Bearable,
            _ => Load::Unknown,
        }
    }
}

impl<P: Ports> Batch<'_, P> {
    pub(super) async fn ask(&self, number: usize, purpose: Purpose, started: Started) -> Reply {
        let target = &self.plan.targets[number];
        let mut reply = Reply {
            number,
            started,
            sent_at: self.ports.clock().now(),
            took: Duration::ZERO,
            bytes: 0,
            asked: Asked::OutOfTime,
        };
        let token = match self.identity.token(target.timeout).await {
            Ok(token) => token,
            Err(error) => {
                reply.asked = Asked::NoToken(error);
                return reply;
            }
        };
        if !self.fits(number) {
            return reply;
        }
        let looks = purpose == Purpose::Look;
        let mut headers = self.plan.variant_of(target).headers.clone();
        if self.run.mode == Mode::Verify {
            headers.insert(LOOK, HeaderValue::from_static("cached"));
        }
        if self.config.is_signed(&target.path) {
            self.identity
                .add_cookies(&mut headers, &token, &self.plan.base);
        }
        // A head has no body that could name the tenant.
        let pointer = target.tenant_pointer.as_deref().filter(|_| !looks);
        let mut body = BodyWatch::new(pointer);
        let get = Get {
            method: if looks { Method::HEAD } else { Method::GET },
            base: &self.plan.base,
            path: &target.path,
            headers: &headers,
            token: &token.bearer,
        };
        reply.sent_at = self.ports.clock().now();
        let sent = Instant::now();
        let ended = timeout(target.timeout, self.ports.fetch().get(get, &mut body)).await;
        reply.took = sent.elapsed();
        reply.bytes = body.bytes();
        reply.asked = match ended {
            Err(_) => Asked::TimedOut,
            Ok(Err(broken)) => Asked::Broken(broken),
            Ok(Ok(head)) => {
                let contract = &self.config.contract;
                let evidence = Evidence::of(&head, body.finish(), contract, reply.sent_at);
                Asked::Answered(evidence, token)
            }
        };
        reply
    }
}
