//! What one answer proves. Whether a target is fresh follows from all of its answers: see
//! `course`.

use std::time::Duration;

use http::StatusCode;
use jiff::Timestamp;
use warmfront::contract::{Contract, VersionStamp};
use warmfront::tenant::TenantId;
use warmfront::version::Version;

use crate::evidence::{Evidence, Source, shown};
use crate::fetch::NamedTenant;

/// An `Age` is in whole seconds, rounded down.
const AGE_STEP: Duration = Duration::from_secs(1);

/// What a fresh answer looks like in this run.
#[derive(Clone, Copy, Debug)]
pub struct Expectation<'a> {
    /// The contract.
    pub contract: &'a Contract,
    /// Whose data it is.
    pub tenant: &'a TenantId,
    /// Its version, or a later one.
    pub version: Option<&'a Version>,
    /// When the purge was created: it is stored later.
    pub purged_at: Timestamp,
}

/// What one answer proves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// The token was not accepted; another token may be.
    TokenRefused(String),
    /// The request did not get through to the data.
    AuthFailed(String),
    /// A function at the edge failed.
    EdgeFailed(String),
    /// The origin asks for fewer requests.
    Throttled(Option<Duration>),
    /// The origin failed; it may succeed later.
    Failed(String, Option<Duration>),
    /// The origin refuses, or its answer cannot be proven to be the right one.
    Unusable(String),
    /// It names another tenant.
    WrongTenant(String),
    /// It is older than expected, or was stored before the purge.
    Stale(String),
    /// It is of the right tenant and not known to be old.
    Good(Good),
}

/// An answer that is not known to be old.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Good {
    /// Whether the edge location's cache gave it.
    pub cached: bool,
    /// Whether its `cache-control` lets a shared cache keep it.
    pub storable: bool,
    /// What its age says.
    pub stored: Stored,
    /// The latest time at which it can have been stored.
    pub stored_by: Option<Timestamp>,
}

/// When an answer was stored, as far as its age tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stored {
    /// After the purge; or its version proves that it is new.
    AfterPurge,
    /// Within the second in which the purge was created.
    AroundPurge,
    /// It has no age.
    Unknown,
}

impl Expectation<'_> {
    /// Judges one complete answer.
    #[must_use]
    pub fn judge(&self, evidence: &Evidence) -> Finding {
        if let Some(finding) = by_status(evidence) {
            return finding;
        }
        if let Some(finding) = self.by_tenant(evidence) {
            return finding;
        }
        let (stored, stored_by) = match self.stored(evidence) {
            Ok(stored) => stored,
            Err(detail) => return Finding::Stale(detail),
        };
        match self.by_version(evidence) {
            Err(finding) => finding,
            Ok(proves_new) => Finding::Good(Good {
                cached: evidence.source == Source::Cache,
                storable: evidence.storable,
                stored: if proves_new {
                    Stored::AfterPurge
                } else {
                    stored
                },
                stored_by,
            }),
        }
    }

    fn by_tenant(&self, evidence: &Evidence) -> Option<Finding> {
        let header = evidence.header_tenant.as_deref().map(str::trim);
        if let Some(named) = header.filter(|named| !named.is_empty() && !self.is_ours(named)) {
            return Some(Finding::WrongTenant(shown(named)));
        }
        match &evidence.body_tenant {
            NamedTenant::NotAsked => None,
            NamedTenant::Named(named) if self.is_ours(named) => None,
            NamedTenant::Named(named) => Some(Finding::WrongTenant(shown(named))),
            NamedTenant::Missing => Some(Finding::Unusable("the body names no tenant".to_owned())),
            NamedTenant::Unreadable(coding) => Some(Finding::Unusable(format!(
                "the body is coded as {}, its tenant cannot be read",
                shown(coding)
            ))),
        }
    }

    fn is_ours(&self, named: &str) -> bool {
        TenantId::parse(named).is_ok_and(|named| named == *self.tenant)
    }

    /// When it was stored, with the latest time that is possible; or why it is certainly old.
    ///
    /// The age was counted at some time between sending and answering, and rounded down: the true
    /// time of storing lies within a second plus that span. A wrong "after" would make a wrong
    /// "fresh", so "after" is said only when the whole of it lies after the purge.
    fn stored(&self, evidence: &Evidence) -> Result<(Stored, Option<Timestamp>), String> {
        let Some(age) = evidence.age else {
            let stored = match evidence.source {
                Source::Cache => Stored::Unknown,
                // It comes from the origin, and was asked for after the purge.
                Source::Origin | Source::EdgeFunction => Stored::AfterPurge,
            };
            return Ok((stored, None));
        };
        let age = Duration::from_secs(age);
        let latest = evidence
            .answered_at
            .saturating_sub(age)
            .unwrap_or(Timestamp::MIN);
        let earliest = evidence
            .sent_at
            .saturating_sub(age.saturating_add(AGE_STEP))
            .unwrap_or(Timestamp::MIN);
        if latest < self.purged_at {
            return Err(format!(
                "stored by {latest:.3}, before the purge at {:.3}",
                self.purged_at
            ));
        }
        let stored = if earliest >= self.purged_at {
            Stored::AfterPurge
        } else {
            Stored::AroundPurge
        };
        Ok((stored, Some(latest)))
    }

    /// Whether the version proves that the answer is new.
    fn by_version(&self, evidence: &Evidence) -> Result<bool, Finding> {
        let (Some(expected), Some(VersionStamp { header, order, .. })) =
            (self.version, &self.contract.version)
        else {
            return Ok(false);
        };
        let Some(given) = &evidence.version else {
            return Err(Finding::Unusable(format!("the answer has no {header}")));
        };
        match Version::parse(*order, given) {
            Err(error) => Err(Finding::Unusable(format!("{header}: {error}"))),
            Ok(version) if version.reaches(expected) => Ok(true),
            Ok(_) => Err(Finding::Stale(format!(
                "its {header} is older than expected"
            ))),
        }
    }
}

fn by_status(evidence: &Evidence) -> Option<Finding> {
    let status = evidence.status;
    let edge = evidence.source == Source::EdgeFunction;
    let detail = format!(
        "{} answered {}",
        if edge {
            "a function at the edge"
        } else {
            "the origin"
        },
        status.as_u16()
    );
    match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Some(Finding::TokenRefused(detail)),
        _ if edge && status.is_server_error() => Some(Finding::EdgeFailed(detail)),
        _ if edge || status.is_redirection() => Some(Finding::AuthFailed(detail)),
        StatusCode::TOO_MANY_REQUESTS => Some(Finding::Throttled(evidence.retry_after)),
        _ if status.is_success() => None,
        _ if status.is_client_error() => Some(Finding::Unusable(detail)),
        _ => Some(Finding::Failed(detail, evidence.retry_after)),
    }
}
