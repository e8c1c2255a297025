//! A distribution as the rules see it, whatever tool made it: behaviours in the order in which
//! CloudFront tries them, each with its policies looked up.
//!
//! The readers below fill it from a template or a plan. What is deployed fills it as well: each
//! field has the name that `GetDistributionConfig` and the policies' calls give it.

pub mod cloudformation;
mod config;
mod fields;
mod intrinsics;
mod managed;
pub mod terraform;

use std::collections::BTreeMap;

pub use fields::Unreadable;
pub use managed::{managed_cache_policy, managed_origin_request_policy};

use crate::path_pattern;

/// The whole distribution.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Distribution {
    /// How the tool calls it.
    pub name: String,
    /// Whether it serves at all.
    pub enabled: bool,
    /// Whether it is a staging copy of another one.
    pub is_staging: bool,
    /// The header that CloudFront reads tags from.
    pub tag_header: Option<String>,
    /// In the order in which CloudFront tries them; the default behaviour last.
    pub behaviors: Vec<Behavior>,
    /// What viewers get in place of an error.
    pub error_responses: Vec<ErrorResponse>,
    /// How long the pipeline beside it reckons that an error is cached, in seconds; several where it
    /// is not known which pipeline that is.
    pub reckoned_error_ttls: Vec<u64>,
    /// Cache policies that are made beside it, in the same template.
    pub cache_policies: usize,
}

/// One cache behaviour.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a setting of its own, as CloudFront has them"
)]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Behavior {
    /// Its path pattern; `*` for the default behaviour.
    pub pattern: String,
    /// Whether it serves what no other pattern matches.
    pub is_default: bool,
    /// The cache key and the TTLs.
    pub cache: Policy<CacheKey>,
    /// What the origin is sent beside the key.
    pub forwarding: Policy<Forwarding>,
    /// What is done to response headers.
    pub response_headers: ResponseHeaders,
    /// Lambda@Edge functions by event type.
    pub edge: BTreeMap<String, EdgeFunction>,
    /// Event types with a CloudFront Function.
    pub cloudfront_functions: Vec<String>,
    /// Origins that may answer: one, or a group's.
    pub origins: Vec<Origin>,
    /// Whether it has an origin group.
    pub has_origin_group: bool,
    /// Status codes upon which a group asks its next origin.
    pub failover_codes: Vec<u16>,
    /// `allow-all`, `https-only` or `redirect-to-https`.
    pub viewer_protocol: String,
    /// Methods that get through.
    pub allowed_methods: Vec<String>,
    /// Methods whose answers are cached.
    pub cached_methods: Vec<String>,
    /// Whether CloudFront compresses.
    pub compress: bool,
    /// Whether only signed URLs or cookies get through.
    pub is_signed: bool,
}

/// A policy that a behaviour names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Policy<T> {
    /// It names none.
    #[default]
    None,
    /// What the policy says.
    Known(T),
    /// It is neither among what was read nor one of AWS's own.
    Unknown(String),
}

impl<T> Policy<T> {
    /// What the policy says, where that is known.
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(policy) => Some(policy),
            _ => None,
        }
    }
}

/// Which names of a kind take part.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Names {
    /// None.
    #[default]
    None,
    /// All.
    All,
    /// These.
    Only(Vec<String>),
    /// All but these.
    AllBut(Vec<String>),
}

impl Names {
    /// Whether a name takes part.
    #[must_use]
    pub fn includes(&self, name: &str) -> bool {
        let listed = |names: &[String]| names.iter().any(|each| each == name);
        match self {
            Self::None => false,
            Self::All => true,
            Self::Only(names) => listed(names),
            Self::AllBut(names) => !listed(names),
        }
    }
}

/// A cache policy: what is in the key, and for how long. Seconds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CacheKey {
    /// Headers, lower-case.
    pub headers: Names,
    /// Query names.
    pub query_names: Names,
    /// Cookies.
    pub cookies: Names,
    /// Content codings.
    pub encodings: Vec<String>,
    /// Shortest time, whatever the origin says.
    pub min_ttl: u64,
    /// Time where the origin says none.
    pub default_ttl: u64,
    /// Longest time.
    pub max_ttl: u64,
}

/// An origin request policy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Forwarding {
    /// Headers, lower-case.
    pub headers: Names,
    /// Query names.
    pub query_names: Names,
    /// Cookies.
    pub cookies: Names,
}

/// A response headers policy. Header names in lower case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResponseHeaders {
    /// Headers that viewers do not get.
    pub removed: Vec<String>,
    /// Headers that are written over the origin's.
    pub set: Vec<String>,
}

/// A Lambda@Edge function as a behaviour names it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EdgeFunction {
    /// The reference, as text.
    pub reference: String,
    /// What it is for: the tag `warmfront:role`, or what an option says.
    pub role: Option<String>,
    /// Its settings, where the function is among what was read.
    pub settings: Option<EdgeSettings>,
}

/// Settings of a Lambda function that Lambda@Edge limits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EdgeSettings {
    /// In megabytes.
    pub memory: u64,
    /// In seconds.
    pub timeout: u64,
    /// Everything that Lambda@Edge does not have: its name, and what it is set to.
    pub unsupported: Vec<(String, String)>,
}

/// One origin.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// Its host, or the reference to it.
    pub domain_name: String,
    /// The settings of an origin that is not a bucket.
    pub custom: Option<CustomOrigin>,
    /// Longest time of a whole answer, in seconds.
    pub completion_timeout: Option<u64>,
    /// Headers that CloudFront writes over the viewer's, lower-case.
    pub custom_headers: Vec<String>,
    /// Whether CloudFront may list the bucket; unknown where its policy was not read.
    pub may_list: Option<bool>,
}

/// Settings of an origin that is not a bucket.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CustomOrigin {
    /// Longest wait for a packet, in seconds.
    pub read_timeout: u64,
    /// `http-only`, `https-only` or `match-viewer`.
    pub protocol: String,
}

/// What viewers get in place of an error.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ErrorResponse {
    /// The origin's status.
    pub code: u16,
    /// The viewer's status, where it is another.
    pub response_code: Option<u16>,
    /// How long it is cached, in seconds.
    pub ttl: Option<u64>,
}

impl Distribution {
    /// The behaviour that serves a path: the first that matches.
    #[must_use]
    pub fn behavior_for(&self, path: &str) -> Option<&Behavior> {
        self.behaviors
            .iter()
            .find(|each| each.is_default || path_pattern::matches(&each.pattern, path))
    }
}

impl Behavior {
    /// Whether it stores anything.
    #[must_use]
    pub fn caches(&self) -> bool {
        self.cache.known().is_none_or(|key| key.max_ttl > 0)
    }

    /// How people call it.
    #[must_use]
    pub fn place(&self) -> String {
        if self.is_default {
            "the default behaviour".to_owned()
        } else {
            format!("behaviour {:?}", self.pattern)
        }
    }
}
