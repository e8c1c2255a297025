//! Runs Lambda@Edge functions from their bundled assets in Node worker processes.

mod event;
mod headers;
mod worker;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value;

pub(crate) use event::{
    EdgeRequest, EventConfig, RequestOutcome, for_request, for_response, read_request,
    read_response,
};
pub(crate) use worker::Pool;

use crate::history::{Entry, Plane};
use crate::model::{EdgeEvent, EdgeFunctionId};
use crate::options::RewrittenHost;
use crate::site::Site;
use crate::template::FunctionCode;

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
        code: BTreeMap<EdgeFunctionId, FunctionCode>,
    ) -> Self {
        let pools = code
            .into_iter()
            .map(|(id, code)| (id, Arc::new(Pool::new(node.to_owned(), hosts, code))))
            .collect();
        Self { pools }
    }

    /// Runs a function on an event; logs and errors go into the history.
    pub(crate) async fn run(
        &self,
        site: &Site,
        id: &EdgeFunctionId,
        at: EdgeEvent,
        event: Value,
    ) -> Result<Value, EdgeError> {
        let started = Instant::now();
        let mut entry = Entry::new(Plane::Edge, at.name(), site.clock.now());
        let request = &event["Records"][0]["cf"]["request"];
        entry.path = request["uri"].as_str().unwrap_or_default().to_owned();
        let Some(pool) = self.pools.get(id) else {
            return Err(EdgeError::Failed(format!("no code for {}", id.0)));
        };
        entry.subject = Some(pool.name().to_owned());
        let (outcome, logs) = pool.run(event, limit(at)).await;
        entry.took_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        entry.logs = logs;
        entry.error = outcome.as_ref().err().map(ToString::to_string);
        if let Some(error) = &entry.error {
            tracing::warn!(
                function = pool.name(),
                event = at.name(),
                error,
                "edge function failed"
            );
        }
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
