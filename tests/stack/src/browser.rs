//! Requests as a browser makes them: what it gets is what people get.

use std::time::{Duration, Instant};

use http::HeaderMap;
use serde_json::Value;

use crate::{error::StackError, http_client};

/// Above the slowest answer that CloudFront waits for.
const PATIENCE: Duration = Duration::from_mins(4);

/// The paths that a person's dashboard loads, in the query order of the contract.
const DASHBOARD: [&str; 5] = [
    "/api/overview?organization={tenant}",
    "/api/cost/summary?organization={tenant}",
    "/api/inventory?organization={tenant}",
    "/api/security/findings?organization={tenant}&window=30d",
    "/api/cost/trend?organization={tenant}&window=90d",
];

/// A person's browser, logged in. It has no `Debug`: it holds a token.
#[derive(Clone)]
pub struct Browser {
    base_url: String,
    tenant: String,
    token: String,
    client: reqwest::Client,
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Page {
    /// What was asked for.
    pub path: String,
    /// The status.
    pub status: u16,
    /// All headers.
    pub headers: HeaderMap,
    /// The body; nothing when it is not JSON.
    pub body: Value,
    /// From the request to the body's end.
    pub elapsed: Duration,
}

impl Page {
    /// A header's value.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Whether the cache answered.
    #[must_use]
    pub fn is_hit(&self) -> bool {
        self.header("x-cache")
            .is_some_and(|value| value.starts_with("Hit"))
    }

    /// The data version that the origin stamped.
    #[must_use]
    pub fn version(&self) -> Option<&str> {
        self.header("x-data-version")
    }
}

impl Browser {
    pub(crate) fn new(base_url: &str, tenant: &str, token: String) -> Self {
        let client = http_client::within(PATIENCE);
        Self {
            base_url: base_url.to_owned(),
            tenant: tenant.to_owned(),
            token,
            client,
        }
    }

    /// The paths that the dashboard loads.
    #[must_use]
    pub fn dashboard(&self) -> Vec<String> {
        DASHBOARD
            .iter()
            .map(|path| path.replace("{tenant}", &self.tenant))
            .collect()
    }

    /// One path with query, in English, on a desktop.
    pub async fn get(&self, path: &str) -> Result<Page, StackError> {
        self.get_in(path, "en-US,en;q=0.9").await
    }

    /// One path with query, with this `Accept-Language`.
    pub async fn get_in(&self, path: &str, languages: &str) -> Result<Page, StackError> {
        let failed = || StackError::http(format!("load {path}"));
        let began = Instant::now();
        let answer = self
            .client
            .get(format!("{}{path}", self.base_url))
            .bearer_auth(&self.token)
            .header("accept", "application/json")
            .header("accept-encoding", "gzip, deflate, br, zstd")
            .header("accept-language", languages)
            .header("user-agent", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36")
            .send()
            .await
            .map_err(failed())?;
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let body = answer.bytes().await.map_err(failed())?;
        Ok(Page {
            path: path.to_owned(),
            status,
            headers,
            body: serde_json::from_slice(&body).unwrap_or_default(),
            elapsed: began.elapsed(),
        })
    }

    /// The whole dashboard, all paths at once.
    pub async fn load_dashboard(&self) -> Result<Vec<Page>, StackError> {
        let paths = self.dashboard();
        futures_util::future::try_join_all(paths.iter().map(|path| self.get(path))).await
    }
}
