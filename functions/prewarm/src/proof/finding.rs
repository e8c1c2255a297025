//! What one answer proves about a target. A verdict takes several answers: see `next_request`.

use std::time::Duration;

use http::StatusCode;
use jiff::Timestamp;
use warmfront::contract::{Contract, VersionStamp};
use warmfront::message::Reason;
use warmfront::tenant::TenantId;
use warmfront::version::Version;

use super::evidence::{Evidence, Source};
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
    /// When the purge was created: it is stored later. Nothing in a mode that does not purge.
    pub purged_at: Option<Timestamp>,
}

/// What one answer proves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// The token was not accepted; another token may be.
    TokenRefused,
    /// The request did not get through to the data.
    AuthFailed,
    /// A function at the edge failed.
    EdgeFailed,
    /// The origin asks for fewer requests.
    Throttled(Option<Duration>),
    /// The origin failed; it may succeed later.
    Failed(Option<Duration>),
    /// No complete answer came. A lost connection says nothing about the target: it took the
    /// requests of others along.
    Broken {
        /// What broke.
        what: String,
        /// Whether it was the connection.
        lost_connection: bool,
    },
    /// No complete answer came in time.
    TimedOut,
    /// The origin refuses, or its answer cannot be proven to be the right one.
    Unusable(Reason),
    /// It names another tenant.
    WrongTenant(String),
    /// It is older than expected, or was stored before the purge.
    Stale(Reason),
    /// Nothing is cached, as a function at the edge says in place of asking the origin.
    NotCached,
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
    /// Whether it is known to be new.
    pub age: Age,
}

/// What is known of the time at which an answer was stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Age {
    /// Its version proves that it is new, or its age that it was stored after the purge; or there is
    /// no purge to compare with.
    New,
    /// It was stored within the second in which the purge was created.
    AroundPurge,
    /// It came from the cache and has no age, whatever its version. It may have waited for
    /// somebody else's fetch, and nothing of that may be kept.
    Unknown,
}

impl Expectation<'_> {
    /// Judges one complete answer. Where a version is expected it decides alone: unlike an age, it
    /// depends on no clock.
    #[must_use]
    pub fn judge(&self, evidence: &Evidence) -> Finding {
        if evidence.not_cached {
            return Finding::NotCached;
        }
        if let Some(finding) = by_status(evidence).or_else(|| self.by_tenant(evidence)) {
            return finding;
        }
        let age = match self.by_version(evidence) {
            Err(finding) => return finding,
            Ok(true) => Ok(Age::New),
            Ok(false) => self.by_age(evidence),
        };
        let cached = evidence.source == Source::Cache;
        match age {
            Err(reason) => Finding::Stale(reason),
            Ok(age) => Finding::Good(Good {
                cached,
                storable: evidence.storable,
                age: if cached && evidence.age.is_none() {
                    Age::Unknown
                } else {
                    age
                },
            }),
        }
    }

    fn by_tenant(&self, evidence: &Evidence) -> Option<Finding> {
        let header = evidence.header_tenant.as_deref().map(str::trim);
        if let Some(named) = header.filter(|named| !named.is_empty() && !self.is_ours(named)) {
            return Some(Finding::WrongTenant(named.to_owned()));
        }
        match &evidence.body_tenant {
            NamedTenant::NotAsked => None,
            NamedTenant::Named(named) if self.is_ours(named) => None,
            NamedTenant::Named(named) => Some(Finding::WrongTenant(named.clone())),
            NamedTenant::Missing => Some(Finding::Unusable(Reason::NoTenant)),
            NamedTenant::Unreadable(_) => Some(Finding::Unusable(Reason::Coding)),
        }
    }

    fn is_ours(&self, named: &str) -> bool {
        TenantId::parse(named).is_ok_and(|named| named == *self.tenant)
    }

    /// Whether the version proves that the answer is new; `false` where none is expected.
    fn by_version(&self, evidence: &Evidence) -> Result<bool, Finding> {
        let (Some(expected), Some(VersionStamp { order, .. })) =
            (self.version, &self.contract.version)
        else {
            return Ok(false);
        };
        let Some(given) = &evidence.version else {
            return Err(Finding::Unusable(Reason::NoVersion));
        };
        match Version::parse(*order, given) {
            Err(_) => Err(Finding::Unusable(Reason::BadVersion)),
            Ok(version) if version.reaches(expected) => Ok(true),
            Ok(_) => Err(Finding::Stale(Reason::OldVersion)),
        }
    }

    /// When it was stored, as its age tells; or why it is certainly old.
    ///
    /// The age was counted at some time between sending and answering, and rounded down: the true
    /// time of storing lies within a second plus that span. A wrong "after" would make a wrong
    /// "fresh", so "after" is said only when the whole of it lies after the purge.
    fn by_age(&self, evidence: &Evidence) -> Result<Age, Reason> {
        let (Some(age), Some(purged_at)) = (evidence.age, self.purged_at) else {
            // Without an age it comes from the origin and was asked for after the purge, or from the
            // cache, and then its missing age is what counts.
            return Ok(Age::New);
        };
        let age = Duration::from_secs(age);
        let before =
            |time: Timestamp, span: Duration| time.saturating_sub(span).unwrap_or(Timestamp::MIN);
        let latest = before(evidence.answered_at, age);
        let earliest = before(evidence.sent_at, age.saturating_add(AGE_STEP));
        if latest < purged_at {
            Err(Reason::BeforePurge)
        } else if earliest >= purged_at {
            Ok(Age::New)
        } else {
            Ok(Age::AroundPurge)
        }
    }
}

fn by_status(evidence: &Evidence) -> Option<Finding> {
    let status = evidence.status;
    let edge = evidence.source == Source::EdgeFunction;
    match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Some(Finding::TokenRefused),
        _ if edge && status.is_server_error() => Some(Finding::EdgeFailed),
        _ if edge || status.is_redirection() => Some(Finding::AuthFailed),
        StatusCode::TOO_MANY_REQUESTS => Some(Finding::Throttled(evidence.retry_after)),
        _ if status.is_success() => None,
        _ if status.is_client_error() => Some(Finding::Unusable(Reason::Status)),
        _ => Some(Finding::Failed(evidence.retry_after)),
    }
}
