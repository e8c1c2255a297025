//! The execution output: what was purged and what is proven about each endpoint.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{InvalidationStatus, Mode};
use crate::tenant::TenantId;

/// Variant header → value, for one request; empty when the contract has no variants.
pub type VariantValues = BTreeMap<String, String>;

/// What a run found out: the output of an execution that succeeded, and the second part of the
/// cause of one that failed. Holds no body, no token and no header dump.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// What the run achieved.
    pub outcome: Outcome,
    /// Whose cached responses.
    pub tenant: TenantId,
    /// What the run did.
    pub mode: Mode,
    /// The scope, if the run was for one.
    pub scope: Option<String>,
    /// Sums over all targets.
    pub totals: Totals,
    /// Whether each response's data version was compared with an expected one. Without it,
    /// "fresh" means "stored after the purge".
    pub version_checked: bool,
    /// The data version that was expected.
    pub expected_version: Option<String>,
    /// Whether one of the invalidations was not seen to complete within the budget.
    pub invalidation_timed_out: bool,
    /// Every invalidation of the run, in order.
    pub invalidations: Vec<InvalidationReport>,
    /// One row per endpoint and variant: first what is not fresh, then the rest, each in the plan's
    /// order. A failure's cause has no fresh ones.
    pub endpoints: Vec<EndpointReport>,
    /// What there was no room for: the same without the evidence, which is in the log.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub without_evidence: Vec<EndpointVerdict>,
    /// Targets that a failure's cause does not list at all, as there was no room either.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub left_out: u32,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands fields over by reference"
)]
fn is_zero(count: &u32) -> bool {
    *count == 0
}

/// What a run achieved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    /// Every endpoint is proven fresh.
    Fresh,
    /// Every required endpoint is proven fresh, an optional one is not.
    Degraded,
    /// A required endpoint is not proven fresh: the execution failed.
    Failed,
}

/// One invalidation of the run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InvalidationReport {
    /// CloudFront's id of it.
    pub id: String,
    /// How far it was when the run went on.
    pub status: InvalidationStatus,
    /// Seconds from its creation to the last look.
    pub seconds: u32,
}

/// What is proven about one endpoint in one variant, with the evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EndpointReport {
    /// Path and query as requested.
    pub path: String,
    /// The variant requested.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub variant: VariantValues,
    /// Whether the run fails without it.
    pub required: bool,
    /// What the evidence amounts to.
    pub verdict: Verdict,
    /// What speaks against it, in a few words; nothing for `fresh`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// HTTP status of the last answer.
    pub status: Option<u16>,
    /// `x-cache` of the last answer.
    pub x_cache: Option<String>,
    /// `age` of the last answer, in seconds.
    pub age: Option<u32>,
    /// `x-amz-cf-pop` of the last answer.
    pub pop: Option<String>,
    /// Data version in the last answer.
    pub version: Option<String>,
    /// Length of the body as transferred.
    pub bytes: u64,
    /// Milliseconds that the slowest request took.
    pub millis: u32,
    /// Requests that were made for it.
    pub attempts: u32,
    /// When the last of them was sent.
    pub asked_at: Timestamp,
}

/// The verdict about one endpoint in one variant, without the evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EndpointVerdict {
    /// Path and query as requested.
    pub path: String,
    /// The variant requested.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub variant: VariantValues,
    /// What the evidence amounts to.
    pub verdict: Verdict,
}

/// What the evidence about one endpoint amounts to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Verdict {
    /// 3xx, 401, 403, or an edge function answered.
    AuthFailed,
    /// 429 to the end.
    Throttled,
    /// 5xx, a broken answer or another refusal of the origin, also on the retry.
    OriginError,
    /// No complete body within the endpoint's timeout.
    TimedOut,
    /// The response names another tenant.
    WrongTenant,
    /// Older than expected, or stored before the invalidation.
    Stale,
    /// The confirming request was not served from the cache.
    Uncacheable,
    /// Not cached, as a run that only looks found it.
    Missing,
    /// Complete, of the expected version, and served from the cache.
    Fresh,
}

impl Verdict {
    /// The verdict as messages, logs and documents spell it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AuthFailed => "authFailed",
            Self::Throttled => "throttled",
            Self::OriginError => "originError",
            Self::TimedOut => "timedOut",
            Self::WrongTenant => "wrongTenant",
            Self::Stale => "stale",
            Self::Uncacheable => "uncacheable",
            Self::Missing => "missing",
            Self::Fresh => "fresh",
        }
    }
}

/// Sums over the targets of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Totals {
    /// Targets.
    pub targets: u32,
    /// Targets whose verdict is `fresh`.
    pub fresh: u32,
    /// Requests made.
    pub requests: u32,
    /// Bytes transferred, of the last answers.
    pub bytes: u64,
    /// Milliseconds from the start of the run to the report.
    pub millis: u64,
}
