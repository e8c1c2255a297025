//! How far a run is: the part of the state that grows with the number of targets.
//!
//! Step Functions carries at most 262,144 bytes from state to state. So a target is a number here, and
//! fields have names of one letter. The report spells everything out.

use serde::{Deserialize, Serialize};

use super::{InvalidationReport, Verdict};

/// How far a run is. Each target stands either in `remaining` or in `rows`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Progress {
    /// Redrives of the execution when its work was begun anew the last time.
    pub redrive_count: u32,
    /// Extra purges so far because something was stale.
    pub repairs: u32,
    /// What is still to be requested, in order.
    pub remaining: Vec<Remaining>,
    /// What has its verdict.
    pub rows: Vec<Row>,
    /// Every invalidation so far, in order.
    pub invalidations: Vec<InvalidationReport>,
    /// Requests at a time, once the origin has slowed the run down.
    pub concurrency: Option<u32>,
    /// Function calls in a row that could do nothing.
    pub idle_calls: u32,
    /// A response that named another tenant. A refresh purges its tag again; then the run fails.
    pub condemned: Option<Condemned>,
}

/// A target that has no verdict yet, and what is known about it. What is not known takes no room.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a retry of its own that is used or not"
)]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Remaining {
    /// Its number in the plan.
    #[serde(rename = "t")]
    pub target: usize,
    /// What the next request is for.
    #[serde(rename = "f", skip_serializing_if = "is_default")]
    pub purpose: Purpose,
    /// Requests so far.
    #[serde(rename = "n", skip_serializing_if = "is_default")]
    pub attempts: u32,
    /// Milliseconds that the slowest of them took.
    #[serde(rename = "m", skip_serializing_if = "is_default")]
    pub millis: u32,
    /// The earliest time of the next request, in milliseconds since the run's start.
    #[serde(rename = "e", skip_serializing_if = "is_default")]
    pub not_before: Option<u64>,
    /// Whether the one retry after a failure is used.
    #[serde(rename = "r", skip_serializing_if = "is_default")]
    pub retried: bool,
    /// Whether the one retry after a lost connection is used.
    #[serde(rename = "l", skip_serializing_if = "is_default")]
    pub reconnected: bool,
    /// Whether the one retry with a new token is used.
    #[serde(rename = "k", skip_serializing_if = "is_default")]
    pub token_renewed: bool,
    /// Whether a request was made at a time at which an age in whole seconds tells before from after
    /// the purge.
    #[serde(rename = "g", skip_serializing_if = "is_default")]
    pub aligned: bool,
    /// Answers from the cache so far that had no age.
    #[serde(rename = "o", skip_serializing_if = "is_default")]
    pub ageless: u32,
    /// How many 429s it got so far.
    #[serde(rename = "h", skip_serializing_if = "is_default")]
    pub throttles: u32,
    /// How often another edge location answered than the one before.
    #[serde(rename = "w", skip_serializing_if = "is_default")]
    pub moves: u32,
    /// Confirming requests so far that turned out to be the ones that filled the cache.
    #[serde(rename = "c", skip_serializing_if = "is_default")]
    pub refills: u32,
    /// The edge location that was filled.
    #[serde(rename = "p", skip_serializing_if = "is_default")]
    pub pop: Option<String>,
}

/// What a request to a target is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Purpose {
    /// To have the response stored.
    #[default]
    #[serde(rename = "f")]
    Fill,
    /// To see that it is stored, and what.
    #[serde(rename = "c")]
    Confirm,
    /// To see whether it is stored, without having it stored.
    #[serde(rename = "l")]
    Look,
}

/// A target that has its verdict: what a report's row is made from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// Its number in the plan.
    #[serde(rename = "t")]
    pub target: usize,
    /// What the evidence amounts to.
    #[serde(rename = "v")]
    pub verdict: Verdict,
    /// What speaks against it.
    #[serde(rename = "y", default, skip_serializing_if = "is_default")]
    pub reason: Option<Reason>,
    /// What broke, where the reason is that something did; at most [`Row::LONGEST_BREAK`] characters.
    #[serde(rename = "k", default, skip_serializing_if = "is_default")]
    pub broke: Option<String>,
    /// HTTP status of the last answer.
    #[serde(rename = "s", default, skip_serializing_if = "is_default")]
    pub status: Option<u16>,
    /// `x-cache` of the last answer.
    #[serde(rename = "x", default, skip_serializing_if = "is_default")]
    pub x_cache: Option<XCache>,
    /// `age` of the last answer, in seconds.
    #[serde(rename = "a", default, skip_serializing_if = "is_default")]
    pub age: Option<u32>,
    /// `x-amz-cf-pop` of the last answer; at most [`Row::LONGEST_POP`] characters.
    #[serde(rename = "p", default, skip_serializing_if = "is_default")]
    pub pop: Option<String>,
    /// Data version in the last answer; at most 64 characters.
    #[serde(rename = "d", default, skip_serializing_if = "is_default")]
    pub version: Option<String>,
    /// Length of the body as transferred.
    #[serde(rename = "b", default, skip_serializing_if = "is_default")]
    pub bytes: u64,
    /// Milliseconds that the slowest request took.
    #[serde(rename = "m", default, skip_serializing_if = "is_default")]
    pub millis: u32,
    /// Requests that were made for it.
    #[serde(rename = "n", default, skip_serializing_if = "is_default")]
    pub attempts: u32,
    /// When the last of them was sent, in milliseconds since the run's start.
    #[serde(rename = "e", default, skip_serializing_if = "is_default")]
    pub asked_at: u64,
}

impl Row {
    /// Longest text about what broke.
    pub const LONGEST_BREAK: usize = 64;
    /// Longest name of an edge location; real ones have up to 9 characters (`FRA56-P12`).
    pub const LONGEST_POP: usize = 16;
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// What speaks against a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Reason {
    /// The status.
    Status,
    /// No complete answer came; the row says what broke.
    Broken,
    /// The body names no tenant where the contract says that it does.
    NoTenant,
    /// The body's coding cannot be read, so neither can its tenant.
    Coding,
    /// It names another tenant.
    OtherTenant,
    /// It has no data version.
    NoVersion,
    /// Its data version cannot be compared.
    BadVersion,
    /// Its data version is older than expected.
    OldVersion,
    /// It was stored before the purge.
    BeforePurge,
    /// It was stored so near to the purge that its age, in whole seconds, cannot tell.
    AroundPurge,
    /// It came from the cache without an age: nothing is known of a stored copy.
    NoAge,
    /// Its `cache-control` forbids storing it.
    Forbidden,
    /// The confirming requests were not answered from the cache.
    NotKept,
    /// It is not cached; whether it could be was not asked.
    NotCached,
}

/// What CloudFront says of an answer in `x-cache`. It publishes no list; these were seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum XCache {
    /// `Hit from cloudfront`.
    #[serde(rename = "h")]
    Hit,
    /// `Miss from cloudfront`.
    #[serde(rename = "m")]
    Miss,
    /// `RefreshHit from cloudfront`.
    #[serde(rename = "r")]
    RefreshHit,
    /// `Error from cloudfront`.
    #[serde(rename = "e")]
    Error,
    /// `Redirect from cloudfront`.
    #[serde(rename = "d")]
    Redirect,
    /// `LambdaGeneratedResponse from cloudfront`.
    #[serde(rename = "l")]
    LambdaGenerated,
    /// `FunctionGeneratedResponse from cloudfront`.
    #[serde(rename = "f")]
    FunctionGenerated,
    /// Something else.
    #[serde(rename = "o")]
    Other,
}

impl XCache {
    const NAMES: [(Self, &str); 7] = [
        (Self::Hit, "Hit from cloudfront"),
        (Self::Miss, "Miss from cloudfront"),
        (Self::RefreshHit, "RefreshHit from cloudfront"),
        (Self::Error, "Error from cloudfront"),
        (Self::Redirect, "Redirect from cloudfront"),
        (
            Self::LambdaGenerated,
            "LambdaGeneratedResponse from cloudfront",
        ),
        (
            Self::FunctionGenerated,
            "FunctionGeneratedResponse from cloudfront",
        ),
    ];

    /// Reads the header's value.
    #[must_use]
    pub fn parse(value: &str) -> Self {
        Self::NAMES
            .iter()
            .find(|(_, name)| *name == value)
            .map_or(Self::Other, |(known, _)| *known)
    }

    /// The header's value, or `other`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        Self::NAMES
            .iter()
            .find(|(known, _)| *known == self)
            .map_or("other", |(_, name)| name)
    }

    /// Whether a function at the edge answered: nothing was looked up, nothing stored.
    #[must_use]
    pub fn is_edge_function(self) -> bool {
        matches!(self, Self::LambdaGenerated | Self::FunctionGenerated)
    }
}

/// The evidence of a response that named another tenant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Condemned {
    /// The target's number in the plan.
    pub target: usize,
    /// The tenant that the response named; at most 64 characters.
    pub named: String,
}
