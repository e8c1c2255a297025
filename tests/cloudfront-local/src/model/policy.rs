//! Cache policies, origin request policies and response headers policies, as plain values.

use std::time::Duration;

use http::{HeaderName, HeaderValue};

/// Which of the named things a policy takes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Selection {
    /// None of them.
    #[default]
    None,
    /// All of them.
    All,
    /// The listed ones.
    Only(Vec<String>),
    /// All but the listed ones.
    AllExcept(Vec<String>),
}

impl Selection {
    /// Whether `name` is taken. Letter case counts for query strings and cookies.
    #[must_use]
    pub fn takes(&self, name: &str) -> bool {
        match self {
            Self::None => false,
            Self::All => true,
            Self::Only(names) => names.iter().any(|n| n == name),
            Self::AllExcept(names) => !names.iter().any(|n| n == name),
        }
    }
}

/// What is in the cache key, and for how long an answer is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CachePolicy {
    /// Name, for people.
    pub name: String,
    /// Shortest time an answer is kept, whatever the origin says.
    pub min_ttl: Duration,
    /// Time an answer is kept when the origin says nothing.
    pub default_ttl: Duration,
    /// Longest time an answer is kept.
    pub max_ttl: Duration,
    /// Lower-cased names of the headers in the key.
    pub headers: Vec<String>,
    /// Query parameters in the key.
    pub queries: Selection,
    /// Cookies in the key.
    pub cookies: Selection,
    /// `Accept-Encoding` is normalised and in the key, with gzip.
    pub gzip: bool,
    /// `Accept-Encoding` is normalised and in the key, with Brotli.
    pub brotli: bool,
}

impl CachePolicy {
    /// A policy whose maximum is zero stores nothing: `CachingDisabled`.
    #[must_use]
    pub fn caches(&self) -> bool {
        !self.max_ttl.is_zero()
    }
}

/// Which viewer headers reach the origin beyond those in the key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum HeaderForwarding {
    /// None.
    #[default]
    None,
    /// All of the viewer's, and the listed ones that CloudFront adds.
    AllViewer {
        /// `CloudFront-*` headers asked for beside the viewer's.
        added: Vec<String>,
    },
    /// All of the viewer's but the listed, lower-cased.
    AllExcept(Vec<String>),
    /// The listed, lower-cased.
    Only(Vec<String>),
}

impl HeaderForwarding {
    /// Whether the viewer's header of this lower-cased name is sent to the origin.
    #[must_use]
    pub fn takes(&self, name: &str) -> bool {
        match self {
            Self::None => false,
            Self::AllViewer { .. } => true,
            Self::AllExcept(names) => !names.iter().any(|n| n == name),
            Self::Only(names) => names.iter().any(|n| n == name),
        }
    }
}

/// What the origin is sent beyond what is in the key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OriginRequestPolicy {
    /// Viewer headers.
    pub headers: HeaderForwarding,
    /// Query parameters.
    pub queries: Selection,
    /// Cookies.
    pub cookies: Selection,
    /// S3 origins are not sent the parameters that change the headers of S3's answer: managed policies do so.
    pub spares_s3: bool,
}

/// Changes to the headers of every response to a viewer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResponseHeadersPolicy {
    /// Headers taken away.
    pub remove: Vec<HeaderName>,
    /// Headers set: name, value, and whether they replace what the origin sent.
    pub set: Vec<(HeaderName, HeaderValue, bool)>,
    /// Headers for requests with an `Origin`.
    pub cors: Option<CorsConfig>,
}

/// What a policy says to browsers about requests from other origins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CorsConfig {
    /// Sends `Access-Control-Allow-Credentials: true`.
    pub allow_credentials: bool,
    /// Header names, or `*`.
    pub allow_headers: Vec<String>,
    /// Methods; `ALL` stands for all of them.
    pub allow_methods: Vec<String>,
    /// Origins; `*` for all, or as the leftmost part of a domain.
    pub allow_origins: Vec<String>,
    /// Headers that scripts may read, or `*`.
    pub expose_headers: Vec<String>,
    /// How long a browser may keep the answer to a preflight request, in seconds.
    pub max_age: Option<u64>,
    /// Replaces the origin's headers of these names.
    pub overrides: bool,
}
