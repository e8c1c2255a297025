//! The HTTP client: one for the life of the process, built when it is first needed.

use std::sync::OnceLock;
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
#[derive(Debug, Default)]
pub struct HttpFetch {
    client: OnceLock<Client>,
}

impl HttpFetch {
    /// Building reads the machine's root certificates, some milliseconds that neither the start
    /// of the process nor a run that fails before its first request should wait for.
    fn client(&self) -> Result<&Client, Broken> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let client = Client::builder()
            .redirect(Policy::none())
            .referer(false)
            .no_proxy()
            .connect_timeout(CONNECT_TIMEOUT)
            .build()
            .map_err(|error| Broken(format!("no HTTP client could be built: {error}")))?;
        Ok(self.client.get_or_init(|| client))
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
            .client()?
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
