//! The messages of *prewarm*: the gate before the purge, and the state that a run carries from
//! one function call to the next. Neither token nor secret nor body has a place in them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    EndpointReport, Execution, Invalidation, InvalidationReport, Report, Subject, VariantValues,
};
use crate::tenant::TenantId;

/// What *prewarm* is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "camelCase")]
pub enum PrewarmRequest {
    /// Prove that the cache can be refilled, before anything is purged.
    Preflight(PreflightRequest),
    /// Request what remains, and judge it.
    Prewarm(Box<WarmRequest>),
}

/// The gate before the purge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PreflightRequest {
    /// The execution input as it came, so that every problem of it is reported together.
    pub input: Value,
    /// The execution that asks.
    pub execution: Execution,
}

/// One function call's share of the requests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WarmRequest {
    /// What the run is for.
    pub run: Run,
    /// How far it is.
    pub progress: Progress,
    /// The last invalidation, as *poll* left it.
    pub invalidation: Invalidation,
    /// The execution that asks.
    pub execution: Execution,
}

impl Subject for PrewarmRequest {
    fn tenant(&self) -> Option<&str> {
        match self {
            // Before it is validated, an input may say anything; a log line names tenants only.
            Self::Preflight(request) => request
                .input
                .get("tenant")
                .and_then(Value::as_str)
                .filter(|given| TenantId::parse(given).is_ok()),
            Self::Prewarm(request) => Some(request.run.tenant.as_str()),
        }
    }
    fn execution(&self) -> &str {
        match self {
            Self::Preflight(request) => &request.execution.id,
            Self::Prewarm(request) => &request.execution.id,
        }
    }
    fn invalidation(&self) -> Option<&str> {
        match self {
            Self::Preflight(_) => None,
            Self::Prewarm(request) => Some(&request.invalidation.id),
        }
    }
}

/// What a run is for. Every key is always present: the state machine's paths need them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Run {
    /// Whose cached responses.
    pub tenant: TenantId,
    /// Only this scope of the contract.
    pub scope: Option<String>,
    /// The data version that fresh responses have, or a later one.
    pub expected_version: Option<String>,
    /// Only these endpoints, as the input names them.
    pub endpoints: Option<Vec<String>>,
    /// The distribution tenant to purge instead of the distribution.
    pub distribution_tenant: Option<String>,
    /// For the person who reads the console.
    pub reason: Option<String>,
    /// When the run passed the gate.
    pub started_at: Timestamp,
}

/// How far a run is. Each target stands either in `remaining` or in `rows`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Progress {
    /// The ordinal of the next purge, from 1.
    pub next_purge: u32,
    /// Extra purges so far because something was stale.
    pub repairs: u32,
    /// What is still to be requested, in order.
    pub remaining: Vec<RemainingTarget>,
    /// What has its verdict.
    pub rows: Vec<EndpointReport>,
    /// Every invalidation so far, in order.
    pub invalidations: Vec<InvalidationReport>,
    /// Requests at a time, once the origin has slowed the run down.
    pub concurrency: Option<u32>,
    /// Function calls in a row that could do nothing.
    pub idle_calls: u32,
    /// A response that named another tenant: its tag is purged again, then the run fails.
    pub condemned: Option<Condemned>,
}

/// A target that has no verdict yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RemainingTarget {
    /// Path and query as requested.
    pub path: String,
    /// The variant requested.
    #[serde(default, skip_serializing_if = "VariantValues::is_empty")]
    pub variant: VariantValues,
    /// What was found out about it, if it was requested before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub course: Option<Course>,
}

/// What is known about a target between two of its requests. What is not known yet takes no room:
/// a thousand of these fit into the state.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Course {
    /// What the next request is for.
    #[serde(skip_serializing_if = "is_default")]
    pub phase: Phase,
    /// Requests so far.
    #[serde(skip_serializing_if = "is_default")]
    pub attempts: u32,
    /// Milliseconds that the slowest of them took.
    #[serde(skip_serializing_if = "is_default")]
    pub millis: u64,
    /// The earliest time of the next request.
    #[serde(skip_serializing_if = "is_default")]
    pub not_before: Option<Timestamp>,
    /// Whether the one retry after a failure is used.
    #[serde(skip_serializing_if = "is_default")]
    pub retried: bool,
    /// Whether the one retry with a new token is used.
    #[serde(skip_serializing_if = "is_default")]
    pub token_renewed: bool,
    /// Whether a request was timed so that an age in whole seconds decides.
    #[serde(skip_serializing_if = "is_default")]
    pub aligned: bool,
    /// Answers so far that asked for fewer requests.
    #[serde(skip_serializing_if = "is_default")]
    pub throttles: u32,
    /// Edge locations so far that were found to be another than the one before.
    #[serde(skip_serializing_if = "is_default")]
    pub moves: u32,
    /// Confirming requests so far that turned out to be the ones that filled the cache.
    #[serde(skip_serializing_if = "is_default")]
    pub refills: u32,
    /// The edge location that was filled.
    #[serde(skip_serializing_if = "is_default")]
    pub pop: Option<String>,
    /// The latest time at which the confirmed object can have been stored.
    #[serde(skip_serializing_if = "is_default")]
    pub stored_at: Option<Timestamp>,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// What a request to a target is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Phase {
    /// To have the response stored.
    #[default]
    Fill,
    /// To see that it is stored, and what.
    Confirm,
    /// To see that nothing older took its place since.
    Recheck,
}

/// The evidence of a response that named another tenant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Condemned {
    /// Path and query as requested.
    pub path: String,
    /// The variant requested.
    #[serde(default, skip_serializing_if = "VariantValues::is_empty")]
    pub variant: VariantValues,
    /// The tenant that the response named.
    pub named: String,
}

/// The answer of *prewarm*, which becomes the whole state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PrewarmResponse {
    /// Where the state machine goes.
    pub next: Next,
    /// What the run is for.
    pub run: Run,
    /// How far it is.
    pub progress: Progress,
    /// The last invalidation, for the next call of *prewarm*.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purge: Option<Purge>,
    /// The execution's output, once finished.
    pub report: Option<Report>,
}

/// Where *invalidate*, *poll* and *prewarm* find the last invalidation in the state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Purge {
    /// The last invalidation.
    pub invalidation: Invalidation,
}

/// Where the state machine goes after *prewarm*.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Next {
    /// To the purge.
    Invalidate,
    /// To *prewarm* again, with what remains.
    Prewarm,
    /// To the end.
    Finished,
}
