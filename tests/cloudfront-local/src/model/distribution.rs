//! A distribution as its configuration describes it.

use std::collections::BTreeMap;
use std::time::Duration;

use http::Method;
use serde::{Deserialize, Serialize};

use super::pattern::{PathPattern, normalised};
use super::policy::{CachePolicy, OriginRequestPolicy, ResponseHeadersPolicy, Selection};

/// The moments at which an edge function runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EdgeEvent {
    /// Before the cache is asked.
    ViewerRequest,
    /// Before the origin is asked.
    OriginRequest,
    /// After the origin answered, before the answer is stored.
    OriginResponse,
    /// Before the answer goes to the viewer.
    ViewerResponse,
}

impl EdgeEvent {
    /// As CloudFront writes it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ViewerRequest => "viewer-request",
            Self::OriginRequest => "origin-request",
            Self::OriginResponse => "origin-response",
            Self::ViewerResponse => "viewer-response",
        }
    }

    /// Reads what CloudFront writes.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [
            Self::ViewerRequest,
            Self::OriginRequest,
            Self::OriginResponse,
            Self::ViewerResponse,
        ]
        .into_iter()
        .find(|event| event.name() == name)
    }
}

/// An edge function by its ARN.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EdgeFunctionId(pub String);

/// A cache behavior.
#[derive(Clone, Debug)]
pub struct Behavior {
    /// The paths it is for.
    pub pattern: PathPattern,
    /// Id of the origin or origin group.
    pub target: String,
    /// Methods that are let through.
    pub allowed_methods: Vec<Method>,
    /// Methods whose answers are cached: GET, HEAD and perhaps OPTIONS.
    pub cached_methods: Vec<Method>,
    /// `allow-all`, `redirect-to-https` or `https-only`.
    pub viewer_protocol: String,
    /// What is in the key and for how long.
    pub cache: CachePolicy,
    /// What the origin is sent beyond the key.
    pub origin_request: OriginRequestPolicy,
    /// What is changed on the way to the viewer.
    pub response_headers: Option<ResponseHeadersPolicy>,
    /// Edge functions.
    pub functions: BTreeMap<EdgeEvent, EdgeFunctionId>,
    /// Answers of the origin are compressed where viewer and policy allow it.
    pub compress: bool,
    /// Public keys that signed URLs and cookies are verified with; without any, everybody may ask.
    pub signers: Option<Vec<Signer>>,
}

impl Behavior {
    /// Whether cookies reach the origin: then `Set-Cookie` is kept, and requests are not collapsed.
    #[must_use]
    pub fn forwards_cookies(&self) -> bool {
        self.cache.cookies != Selection::None || self.origin_request.cookies != Selection::None
    }
}

/// A public key of a trusted key group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signer {
    /// As in `Key-Pair-Id`.
    pub key_pair_id: String,
    /// `SubjectPublicKeyInfo`, DER.
    pub public_key: Vec<u8>,
}

/// The page that takes the place of an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorPage {
    /// Its path; the behavior that matches it says where it comes from.
    pub path: String,
    /// Status that viewers get with it, instead of the error's.
    pub status: Option<u16>,
}

/// How a custom origin is spoken to.
#[derive(Clone, Debug)]
pub struct CustomOrigin {
    /// How long to wait for the first byte, and between bytes.
    pub read_timeout: Duration,
    /// Keep-alive towards the origin; carried for the event of edge functions.
    pub keepalive_timeout: Duration,
    /// `http-only`, `https-only` or `match-viewer`.
    pub protocol: String,
    /// Port for HTTP.
    pub http_port: u16,
    /// Port for HTTPS.
    pub https_port: u16,
}

/// An origin.
#[derive(Clone, Debug)]
pub struct Origin {
    /// Id within the distribution.
    pub id: String,
    /// Host name.
    pub domain_name: String,
    /// Put before each path.
    pub path: String,
    /// Headers added to each request, replacing the viewer's.
    pub custom_headers: Vec<(String, String)>,
    /// How often a connection is tried.
    pub connection_attempts: u32,
    /// How long one try to connect may take.
    pub connection_timeout: Duration,
    /// How long the whole answer may take; no limit if unset.
    pub completion_timeout: Option<Duration>,
    /// Region of its Origin Shield.
    pub shield: Option<String>,
    /// Nothing for an S3 origin.
    pub custom: Option<CustomOrigin>,
}

impl Origin {
    /// S3 origins have a fixed time of 30 s.
    #[must_use]
    pub fn read_timeout(&self) -> Duration {
        self.custom
            .as_ref()
            .map_or(Duration::from_secs(30), |custom| custom.read_timeout)
    }
}

/// A primary origin and the one asked when it fails.
#[derive(Clone, Debug)]
pub struct OriginGroup {
    /// Id within the distribution.
    pub id: String,
    /// Statuses of the primary that make CloudFront ask the secondary.
    pub failover_statuses: Vec<u16>,
    /// Origin ids, primary first.
    pub members: Vec<String>,
}

/// A distribution tenant: the objects of its domains are its own, everything else is its distribution's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Tenant {
    /// As in `dt_1234567890abc`.
    pub id: String,
    /// Id of its distribution.
    pub distribution: String,
    /// Host names.
    pub domains: Vec<String>,
    /// Name, for people.
    #[serde(default)]
    pub name: String,
    /// Tags of the resource; they have nothing to do with cache tags.
    #[serde(default)]
    pub resource_tags: BTreeMap<String, String>,
}

/// A distribution.
#[derive(Clone, Debug, Default)]
pub struct Distribution {
    /// As in `E1234567890ABC`.
    pub id: String,
    /// Logical id in its template.
    pub logical_id: String,
    /// As in `d1234567890abc.cloudfront.net`.
    pub domain_name: String,
    /// Lower-cased response header that carries cache tags; without it tags do nothing.
    pub tag_header: Option<String>,
    /// Behaviors in order, the default one last.
    pub behaviors: Vec<Behavior>,
    /// Origins.
    pub origins: Vec<Origin>,
    /// Origin groups.
    pub origin_groups: Vec<OriginGroup>,
    /// Error-caching minimum TTL by status.
    pub error_ttl: BTreeMap<u16, Duration>,
    /// Custom error pages by the status that they are for.
    pub error_pages: BTreeMap<u16, ErrorPage>,
    /// Object that `/` stands for.
    pub default_root_object: Option<String>,
    /// Serves only the host names of its tenants.
    pub tenant_only: bool,
    /// A distribution that is switched off answers 403.
    pub enabled: bool,
    /// Tags of the resource; they have nothing to do with cache tags.
    pub resource_tags: BTreeMap<String, String>,
    /// How often its configuration was changed since the start.
    pub updates: u64,
    /// Its `DistributionConfig`, in the form that templates have.
    pub config: serde_json::Value,
}

impl Distribution {
    /// Index of the first behavior whose pattern matches the normalised path.
    #[must_use]
    pub fn behavior(&self, path: &str) -> usize {
        let path = normalised(path);
        self.behaviors
            .iter()
            .position(|behavior| behavior.pattern.matches(&path))
            .expect("the default behavior matches every path")
    }

    /// The origins that a behavior's target stands for, the first to be asked first.
    #[must_use]
    pub fn origins_of(&self, target: &str) -> Vec<&Origin> {
        let group = self.origin_groups.iter().find(|group| group.id == target);
        let ids = group.map_or_else(
            || vec![target],
            |group| group.members.iter().map(String::as_str).collect(),
        );
        ids.iter()
            .filter_map(|id| self.origins.iter().find(|origin| origin.id == *id))
            .collect()
    }

    /// Regions of its Origin Shields.
    #[must_use]
    pub fn shields(&self) -> Vec<&str> {
        self.origins
            .iter()
            .filter_map(|origin| origin.shield.as_deref())
            .collect()
    }

    /// Statuses that make CloudFront ask the group's second origin; none without a group.
    #[must_use]
    pub fn failover_statuses(&self, target: &str) -> &[u16] {
        self.origin_groups
            .iter()
            .find(|group| group.id == target)
            .map_or(&[], |group| &group.failover_statuses)
    }
}
