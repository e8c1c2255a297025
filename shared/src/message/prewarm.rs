//! The messages of *prewarm*, and the state that a run carries from one function call to the next.
//! Neither token nor secret nor body has a place in them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{DistributionTenantId, Execution, Invalidation, Mode, Progress, Report, Subject};
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

/// The check before the purge. The execution has the input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PreflightRequest {
    /// The execution that asks.
    pub execution: Execution,
}

/// One function call's share of the requests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WarmRequest {
    /// What the run is for.
    pub run: Run,
    /// How far it is.
    pub progress: Progress,
    /// The last invalidation, as *poll* left it; nothing in a mode that does not purge.
    #[serde(default)]
    pub invalidation: Option<Invalidation>,
    /// The execution that asks.
    pub execution: Execution,
}

impl Subject for PrewarmRequest {
    fn tenant(&self) -> Option<&str> {
        match self {
            // Before it is validated, an input may say anything; a log line names tenants only.
            Self::Preflight(request) => request
                .execution
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
            Self::Prewarm(request) => Some(&request.invalidation.as_ref()?.id),
        }
    }
}

/// What a run is for. Every key that a path of the state machine names is always present.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Run {
    /// Whose cached responses.
    pub tenant: TenantId,
    /// What the run does.
    #[serde(default)]
    pub mode: Mode,
    /// Only this scope of the contract.
    #[serde(default)]
    pub scope: Option<String>,
    /// The data version that fresh responses have, or a later one.
    #[serde(default)]
    pub expected_version: Option<String>,
    /// The distribution tenant to purge instead of the distribution.
    #[serde(default)]
    pub distribution_tenant: Option<DistributionTenantId>,
    /// Digest of the contract that the targets' numbers belong to.
    #[serde(default)]
    pub contract: String,
    /// When the run passed Preflight.
    pub started_at: Timestamp,
}

/// The answer of *prewarm*, which becomes the whole state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PrewarmResponse {
    /// Where the state machine goes.
    pub next: Next,
    /// What the run is for; nothing once it is finished, like all that follows but the report.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<Run>,
    /// How far it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub progress: Option<Progress>,
    /// The purge to ask for, to wait for, or that was waited for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purge: Option<Purge>,
    /// When *prewarm* can go on, if the run has to wait first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Timestamp>,
    /// The execution's output, once finished.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report: Option<Report>,
}

/// A purge in the state: before it is asked for its ordinal, after it the invalidation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", untagged)]
pub enum Purge {
    /// It was asked for.
    Made {
        /// The invalidation, as the last step left it.
        invalidation: Invalidation,
    },
    /// It is to be asked for.
    Due {
        /// Which purge of this run it will be, from 1.
        ordinal: u32,
    },
}

/// Where the state machine goes after *prewarm*.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Next {
    /// To the first purge, for which a run has much patience: nothing is lost by waiting.
    Invalidate,
    /// To a further purge.
    InvalidateAgain,
    /// To the wait for a purge that somebody else has made.
    Await,
    /// To *prewarm*, with what remains.
    Prewarm,
    /// To *prewarm* at `notBefore`.
    Wait,
    /// To the end.
    Finished,
}
