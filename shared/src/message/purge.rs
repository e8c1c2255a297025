//! The messages of the purge: asking for an invalidation and waiting for it.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Execution, Subject};
use crate::tenant::TenantId;

/// What *invalidate* is asked: purge this tenant, or one scope of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InvalidateRequest {
    /// Whose cached responses.
    pub tenant: TenantId,
    /// Only this scope of the contract.
    pub scope: Option<String>,
    /// The distribution tenant to purge instead of the distribution.
    pub distribution_tenant: Option<DistributionTenantId>,
    /// Which purge of this run it is, from 1: part of the caller reference.
    pub ordinal: u32,
    /// When the state was entered; retries of the state keep it.
    pub entered_at: Timestamp,
    /// The execution that asks.
    pub execution: Execution,
}

impl Subject for InvalidateRequest {
    fn tenant(&self) -> Option<&str> {
        Some(self.tenant.as_str())
    }
    fn execution(&self) -> &str {
        &self.execution.id
    }
    fn invalidation(&self) -> Option<&str> {
        None
    }
}

/// What CloudFront is asked to purge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum PurgeTarget {
    /// A distribution, by id.
    Distribution(String),
    /// A tenant of a multi-tenant distribution, by id.
    DistributionTenant(DistributionTenantId),
}

impl PurgeTarget {
    /// The distribution tenant where there is one, else the distribution.
    #[must_use]
    pub fn of(distribution: &str, tenant: Option<&DistributionTenantId>) -> Self {
        tenant.map_or_else(
            || Self::Distribution(distribution.to_owned()),
            |tenant| Self::DistributionTenant(tenant.clone()),
        )
    }
}

impl fmt::Display for PurgeTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Distribution(id) => write!(f, "distribution {id}"),
            Self::DistributionTenant(id) => write!(f, "distribution tenant {}", id.as_str()),
        }
    }
}

/// The id of a distribution tenant: `dt_`, then letters and digits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct DistributionTenantId(String);

impl DistributionTenantId {
    /// The id, as CloudFront gave it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for DistributionTenantId {
    type Error = &'static str;

    fn try_from(given: String) -> Result<Self, Self::Error> {
        let rest = given.strip_prefix("dt_").unwrap_or_default();
        if !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            Ok(Self(given))
        } else {
            Err("not an id such as dt_2xKx9mE4mBpTd1sFbdUJz4AYoCk")
        }
    }
}

/// How far an invalidation is. Nothing but `Completed` means done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum InvalidationStatus {
    /// CloudFront has not reported completion.
    InProgress,
    /// CloudFront reports that every edge location dropped the objects.
    Completed,
}

/// An invalidation of this run: the answer of *invalidate* and of *poll*.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Invalidation {
    /// CloudFront's id of it.
    pub id: String,
    /// What is purged.
    pub target: PurgeTarget,
    /// The tags (`#…`) and paths in it, sorted.
    pub items: Vec<String>,
    /// Whether somebody else made it; then `items` are what it has to cover.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub handed_in: bool,
    /// Which purge of this run it is, from 1; 0 if somebody else made it.
    pub ordinal: u32,
    /// How often the run had been redriven when it was made.
    pub redrive_count: u32,
    /// When CloudFront accepted it.
    pub create_time: Timestamp,
    /// How far it is.
    pub status: InvalidationStatus,
    /// When the run's wait for it began, by the functions' own clock: when *invalidate* had it
    /// accepted or, where somebody else made it, at the first look.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub watched_since: Option<Timestamp>,
    /// Seconds from `watchedSince` to the last look.
    pub seconds: u32,
    /// Whether the wait ended without completion being seen.
    pub timed_out: bool,
    /// Whether there is nothing more to wait for: completed, or out of patience.
    pub settled: bool,
}

/// What *poll* is asked: look at this invalidation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PollRequest {
    /// Whose cached responses are purged.
    pub tenant: TenantId,
    /// The invalidation, as the last step left it.
    pub invalidation: Invalidation,
    /// The execution that asks.
    pub execution: Execution,
}

impl Subject for PollRequest {
    fn tenant(&self) -> Option<&str> {
        Some(self.tenant.as_str())
    }
    fn execution(&self) -> &str {
        &self.execution.id
    }
    fn invalidation(&self) -> Option<&str> {
        Some(&self.invalidation.id)
    }
}
