//! The HTTP client: one for the life of the process.

use std::time::Duration;

use http::header::AUTHORIZATION;
use http::{HeaderValue, Version};
use reqwest::Client;
use reqwest::redirect::Policy;
use secrecy::ExposeSecret;
use tokio::time::Instant;

use super::{BodyWatch, Broken, Fetch, Get, Head};

/// Longest time to reach the edge location. Answers have the endpoint's own time.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Requests over the network.
#[derive(Debug)]
pub struct HttpFetch {
    client: Result<Client, Broken>,
}

impl HttpFetch {
    /// Reads the machine's root certificates: some milliseconds of work that wait for nothing.
    ///
    /// A client that cannot be built breaks every request, not the function's start: a run that
    /// needs none, such as one with a refused login, then still says what it found.
    #[must_use]
    pub fn build() -> Self {
        let client = Client::builder()
            .redirect(Policy::none())
            .referer(false)
            .no_proxy()
            .connect_timeout(CONNECT_TIMEOUT)
            .build()
            .map_err(|error| Broken(format!("no HTTP client could be built: {error}")));
        Self { client }
    }
}

impl Fetch for HttpFetch {
    async fn get(&self, get: Get<'_>, body: &mut BodyWatch) -> Result<Head, Broken> {
        let url = get
            .base
            .join(get.path)
            .map_err(|error| Broken(format!("{} is no path: {error}", get.path)))?;
        let mut token = HeaderValue::try_from(format!("Bearer {}", get.token.expose_secret()))
            .map_err(|_| Broken("the token cannot stand in a header".to_owned()))?;
        token.set_sensitive(true);
        let sent = Instant::now();
        let mut response = self
            .client
            .as_ref()
            .map_err(Clone::clone)?
            .get(url)
            .headers(get.headers.clone())
            .header(AUTHORIZATION, token)
            .send()
            .await
            .map_err(|error| broken(&error))?;
        let head = Head {
            status: response.status(),
            headers: response.headers().clone(),
            waited: sent.elapsed(),
        };
        tracing::debug!(http2 = response.version() == Version::HTTP_2, "answered");
        body.begin(&head.headers);
        while let Some(chunk) = response.chunk().await.map_err(|error| broken(&error))? {
            body.chunk(&chunk);
        }
        Ok(head)
    }
}

/// Says what broke without the URL, which the report has beside it.
fn broken(error: &reqwest::Error) -> Broken {
    let what = if error.is_connect() {
        "no connection"
    } else if error.is_body() || error.is_decode() {
        "the body broke off"
    } else {
        "the answer broke off"
    };
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    Broken(format!("{what}: {cause}"))
}
