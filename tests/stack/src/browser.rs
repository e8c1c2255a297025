//! Requests as a browser makes them: what it gets is what people get.

use std::time::{Duration, Instant};

use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;

use crate::{contract::Contract, error::StackError, http_client};

/// Above the slowest answer that CloudFront waits for.
const PATIENCE: Duration = Duration::from_mins(4);

/// What every browser sends; a contract's variants may say more exactly what most of them do.
const USUAL: [(&str, &str); 3] = [
    ("accept", "application/json"),
    ("accept-encoding", "gzip, deflate, br, zstd"),
    ("accept-language", "en-US,en;q=0.9"),
];

/// A person's browser, logged in. It has no `Debug`: it holds a token.
#[derive(Clone)]
pub struct Browser {
    base_url: String,
    tenant: String,
    token: String,
    contract: Contract,
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
    /// The data version, from the contract's header or, where it has none, from the body.
    pub version: Option<String>,
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
}

impl Browser {
    pub(crate) fn new(base_url: &str, tenant: &str, token: String, contract: Contract) -> Self {
        let client = http_client::within(PATIENCE);
        Self {
            contract,
            base_url: base_url.to_owned(),
            tenant: tenant.to_owned(),
            token,
            client,
        }
    }

    /// The paths that the dashboard loads: the contract's endpoints.
    #[must_use]
    pub fn dashboard(&self) -> Vec<String> {
        let endpoints = self.contract.endpoints.iter();
        endpoints
            .map(|endpoint| endpoint.of(&self.tenant))
            .collect()
    }

    /// One path with query, with the headers that most people's browsers send.
    pub async fn get(&self, path: &str) -> Result<Page, StackError> {
        let failed = || StackError::http(format!("load {path}"));
        let began = Instant::now();
        let answer = self
            .client
            .get(format!("{}{path}", self.base_url))
            .bearer_auth(&self.token)
            .headers(self.headers())
            .send()
            .await
            .map_err(failed())?;
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let body = answer.bytes().await.map_err(failed())?;
        let mut page = Page {
            path: path.to_owned(),
            status,
            headers,
            body: serde_json::from_slice(&body).unwrap_or_default(),
            elapsed: began.elapsed(),
            version: None,
        };
        let version = match &self.contract.version {
            Some(stamp) => page.header(&stamp.header),
            None => page.body["version"].as_str(),
        };
        page.version = version.map(str::to_owned);
        Ok(page)
    }

    fn headers(&self) -> HeaderMap {
        let variants = self.contract.variants.iter();
        let variants = variants.map(|variant| (&*variant.from, variant.usual()));
        USUAL
            .into_iter()
            .chain(variants)
            .filter_map(|(name, value)| Some((name.parse().ok()?, value.parse().ok()?)))
            .collect::<Vec<(HeaderName, HeaderValue)>>()
            .into_iter()
            .collect()
    }

    /// The whole dashboard, all paths at once.
    pub async fn load_dashboard(&self) -> Result<Vec<Page>, StackError> {
        let paths = self.dashboard();
        futures_util::future::try_join_all(paths.iter().map(|path| self.get(path))).await
    }
}
