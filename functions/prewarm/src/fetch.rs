//! One request to the distribution: the headers of its answer, and a body that is read to the end,
//! searched for the tenant's name as it passes, and dropped.

mod body;
mod client;
mod pointer;

use std::future::Future;
use std::time::Duration;

pub use body::{BodyWatch, NamedTenant};
pub use client::HttpFetch;
use http::{HeaderMap, Method, StatusCode};
use secrecy::SecretString;
use url::Url;

/// A request for one path on the host that the tenant's browsers use.
#[derive(Clone, Debug)]
pub struct Get<'a> {
    /// `GET`, or `HEAD` to see what is cached.
    pub method: Method,
    /// Scheme and host.
    pub base: &'a Url,
    /// Path and query, byte for byte.
    pub path: &'a str,
    /// Every header that matters, except the token.
    pub headers: &'a HeaderMap,
    /// The bearer token.
    pub token: &'a SecretString,
}

/// The head of an answer whose body arrived completely.
#[derive(Clone, Debug)]
pub struct Head {
    /// HTTP status.
    pub status: StatusCode,
    /// Response headers.
    pub headers: HeaderMap,
    /// Time from sending the request to the first byte of the answer.
    pub waited: Duration,
}

/// No complete answer came, for another reason than time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct Broken {
    /// What broke.
    pub detail: String,
    /// There was no connection, or it was lost with every request that shared it: this says
    /// nothing about the path that was requested.
    pub lost_connection: bool,
}

impl Broken {
    /// This request broke.
    #[must_use]
    pub fn request(detail: impl AsRef<str>) -> Self {
        Self {
            detail: printable(detail.as_ref()),
            lost_connection: false,
        }
    }

    /// The connection broke.
    #[must_use]
    pub fn connection(detail: impl AsRef<str>) -> Self {
        Self {
            lost_connection: true,
            ..Self::request(detail)
        }
    }
}

/// A text from outside, fit for a log line and a report: without control characters.
fn printable(text: &str) -> String {
    text.replace(char::is_control, "\u{fffd}")
}

/// Requests one path. Follows no redirect; the caller limits the time.
pub trait Fetch: Send + Sync + 'static {
    /// Sends the request and reads the answer to its end.
    fn get(
        &self,
        get: Get<'_>,
        body: &mut BodyWatch,
    ) -> impl Future<Output = Result<Head, Broken>> + Send;
}
