//! Runs Lambda@Edge functions from their bundled assets, and CloudFront Functions, in Node worker processes.

mod event;
mod headers;
mod key_values;
mod pairs;
mod viewer_event;
mod worker;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value;

pub(crate) use event::{EdgeRequest, EdgeResponse, EventConfig, RequestOutcome};
pub use key_values::KeyValueError;
pub(crate) use key_values::KeyValues;
use worker::Pool;

use crate::history::{Entry, Plane};
use crate::model::{EdgeEvent, EdgeFunctionId};
use crate::options::{KeyValueFile, RewrittenHost};
use crate::site::Site;
use crate::template::{FunctionCode, FunctionKind};

/// Why a function gave no usable answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EdgeError {
    /// It could not be started.
    #[error("the Node worker could not be started")]
    Start(#[source] std::io::Error),
    /// It threw, or answered with something that is no answer.
    #[error("{0}")]
    Failed(String),
    /// It ran longer than it may.
    #[error("it ran longer than {0:?}")]
    TimedOut(Duration),
    /// Its process ended.
    #[error("its process ended")]
    Died,
}

impl EdgeError {
    /// A thrown error or a bad answer is a 502; a limit that was exceeded is a 503.
    pub(crate) fn status(&self) -> u16 {
        match self {
            Self::Failed(_) => 502,
            Self::Start(_) | Self::TimedOut(_) | Self::Died => 503,
        }
    }
}

/// All functions that the distributions use.
#[derive(Debug)]
pub(crate) struct EdgeFunctions {
    pools: BTreeMap<EdgeFunctionId, Arc<Pool>>,
}

impl EdgeFunctions {
    pub(crate) fn new(
        node: &Path,
        hosts: &[RewrittenHost],
        key_values: &[KeyValueFile],
        code: BTreeMap<EdgeFunctionId, FunctionCode>,
    ) -> Result<Self, KeyValueError> {
        let mut pools = BTreeMap::new();
        for (id, code) in code {
            let store = code.store.as_ref();
            let store = store.map(|store| KeyValues::read(store, key_values));
            let pool = Pool::new(node.to_owned(), hosts, code, store.transpose()?);
            pools.insert(id, Arc::new(pool));
        }
        Ok(Self { pools })
    }

    /// Whether it is a CloudFront function: `X-Cache` tells its answers apart.
    pub(crate) fn is_cloudfront_function(&self, id: &EdgeFunctionId) -> bool {
        self.pools
            .get(id)
            .is_some_and(|pool| pool.kind() == FunctionKind::CloudFront)
    }

    /// Runs a function of a request event.
    pub(crate) async fn on_request(
        &self,
        site: &Site,
        id: &EdgeFunctionId,
        at: EdgeEvent,
        config: &EventConfig,
        request: &EdgeRequest,
    ) -> Result<RequestOutcome, EdgeError> {
        if self.is_cloudfront_function(id) {
            let answer = self
                .run(site, id, at, viewer_event::write(config, at, request, None))
                .await?;
            return viewer_event::read_request(&answer, request);
        }
        let answer = self
            .run(site, id, at, event::for_request(config, at, request))
            .await?;
        event::read_request(&answer, request, at)
    }

    /// Runs a function of a response event.
    pub(crate) async fn on_response(
        &self,
        site: &Site,
        id: &EdgeFunctionId,
        at: EdgeEvent,
        config: &EventConfig,
        (request, response): (&EdgeRequest, &EdgeResponse),
    ) -> Result<EdgeResponse, EdgeError> {
        if self.is_cloudfront_function(id) {
            let answer = self
                .run(
                    site,
                    id,
                    at,
                    viewer_event::write(config, at, request, Some(response)),
                )
                .await?;
            return viewer_event::read_response(&answer, response);
        }
        let answer = self
            .run(
                site,
                id,
                at,
                event::for_response(config, at, request, response),
            )
            .await?;
        event::read_response(&answer, response, at)
    }

    /// Runs a function on an event; logs and errors go into the history.
    async fn run(
        &self,
        site: &Site,
        id: &EdgeFunctionId,
        at: EdgeEvent,
        event: Value,
    ) -> Result<Value, EdgeError> {
        let started = Instant::now();
        let mut entry = Entry::new(Plane::Edge, at.name(), site.clock.now());
        let lambda = &event["Records"][0]["cf"]["request"]["uri"];
        let uri = lambda.as_str().or_else(|| event["request"]["uri"].as_str());
        uri.unwrap_or_default().clone_into(&mut entry.path);
        let Some(pool) = self.pools.get(id) else {
            return Err(EdgeError::Failed(format!("no code for {}", id.0)));
        };
        entry.subject = Some(pool.name().to_owned());
        let (outcome, logs) = pool.run(event, limit(at)).await;
        entry.took_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        entry.logs = logs;
        entry.error = outcome.as_ref().err().map(ToString::to_string);
        site.record(entry);
        outcome
    }
}

/// The older, smaller figures: what fits them fits the newer ones.
/// <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/edge-functions-restrictions.html>
fn limit(event: EdgeEvent) -> Duration {
    match event {
        EdgeEvent::ViewerRequest | EdgeEvent::ViewerResponse => Duration::from_secs(5),
        EdgeEvent::OriginRequest | EdgeEvent::OriginResponse => Duration::from_secs(30),
    }
}
