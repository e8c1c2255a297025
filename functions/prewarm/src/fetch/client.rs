//! The HTTP client: one for the life of the process, and one connection where the host speaks HTTP/2.

use std::sync::OnceLock;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use http::header::AUTHORIZATION;
use http::{HeaderValue, Version};
use reqwest::redirect::Policy;
use reqwest::{Client, Response};
use secrecy::ExposeSecret;
use tokio::time::Instant;
use url::Url;

use crate::base_url::BaseUrl;

use super::{BodyWatch, Broken, Fetch, Get, Head};

/// Longest time to reach the edge location. Answers have the endpoint's own time.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How often a connection that waits for an answer is asked whether it is alive: when it is lost
/// without a word, everything that shares it would wait for its own timeout.
const PING_INTERVAL: Duration = Duration::from_secs(20);

/// What a host may send ahead of being read, per answer and in all. The usual 2 MiB and 5 MiB are
/// memory that a long body fills; at a few milliseconds to an edge location, this is 100 MB/s.
const STREAM_WINDOW: u32 = 512 * 1024;
const CONNECTION_WINDOW: u32 = 1024 * 1024;

/// Requests over the network.
///
/// A client that may speak either protocol opens a connection for each request until the first
/// one has negotiated HTTP/2. So HTTP/2 alone is offered, and HTTP/1.1 where that comes to nothing.
#[derive(Debug, Default)]
pub struct HttpFetch {
    http2: OnceLock<Result<Client, Broken>>,
    http1: OnceLock<Result<Client, Broken>>,
    /// What the distribution has answered with.
    spoken: OnceLock<Protocol>,
    /// It has answered nothing, and the first try over HTTP/2 broke.
    http2_in_doubt: AtomicBool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Protocol {
    Http1,
    Http2,
}

impl HttpFetch {
    /// Builds the client for `base` now rather than at the first request, and so reads the
    /// machine's root certificates: some milliseconds of work that wait for nothing.
    #[must_use]
    pub fn ready_for(base: &BaseUrl) -> Self {
        let fetch = Self::default();
        // A client that cannot be built breaks the requests, and they say so. A run that comes to
        // none, such as one with a refused login, still says what it found.
        fetch.client(fetch.first_choice(base.scheme())).ok();
        fetch
    }

    /// What to speak first: plain HTTP has no way to agree on HTTP/2.
    fn first_choice(&self, scheme: &str) -> Protocol {
        match self.spoken.get() {
            Some(spoken) => *spoken,
            None if scheme == "https" && !self.http2_in_doubt.load(Relaxed) => Protocol::Http2,
            None => Protocol::Http1,
        }
    }

    fn client(&self, protocol: Protocol) -> Result<&Client, Broken> {
        let client = match protocol {
            Protocol::Http1 => &self.http1,
            Protocol::Http2 => &self.http2,
        };
        let client = client.get_or_init(|| {
            let builder = Client::builder()
                .redirect(Policy::none())
                .referer(false)
                .no_proxy()
                .connect_timeout(CONNECT_TIMEOUT);
            let builder = match protocol {
                Protocol::Http1 => builder.http1_only(),
                Protocol::Http2 => builder
                    .http2_prior_knowledge()
                    .http2_keep_alive_interval(PING_INTERVAL)
                    .http2_initial_stream_window_size(STREAM_WINDOW)
                    .http2_initial_connection_window_size(CONNECTION_WINDOW),
            };
            builder
                .build()
                .map_err(|error| Broken(format!("no HTTP client could be built: {error}")))
        });
        client.as_ref().map_err(Clone::clone)
    }

    /// Sends the request, a second time only if the first cannot have reached the host.
    async fn send(&self, get: Get<'_>, url: Url, token: HeaderValue) -> Result<Response, Broken> {
        let request = |client: &Client, url| {
            client
                .get(url)
                .headers(get.headers.clone())
                .header(AUTHORIZATION, token.clone())
                .send()
        };
        let mut protocol = self.first_choice(url.scheme());
        let mut sent = request(self.client(protocol)?, url.clone()).await;
        if protocol == Protocol::Http2
            && self.spoken.get().is_none()
            && let Err(error) = &sent
            && !error.is_timeout()
        {
            self.http2_in_doubt.store(true, Relaxed);
            if is_refusal_of_http2(error) {
                protocol = Protocol::Http1;
                sent = request(self.client(protocol)?, url).await;
            }
        }
        let response = sent.map_err(|error| broken(&error))?;
        if self.spoken.set(protocol).is_ok() {
            tracing::debug!(?protocol, "the distribution speaks");
        }
        Ok(response)
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
        let mut response = self.send(get, url, token).await?;
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

/// Whether the host ended the handshake, or ignored what was offered and says what is no HTTP/2.
/// One that just closes the connection cannot be told from one that broke while it worked.
fn is_refusal_of_http2(error: &reqwest::Error) -> bool {
    let is_gibberish = || {
        causes(error)
            .filter_map(|cause| cause.downcast_ref::<h2::Error>())
            .any(|error| error.is_go_away() && error.is_library())
    };
    error.is_connect() || is_gibberish()
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
    let cause = causes(error).last().expect("an error is its own cause");
    Broken(format!("{what}: {cause}"))
}

/// The error, its cause, that one's cause, and so on.
fn causes<'a>(
    error: &'a (dyn std::error::Error + 'static),
) -> impl Iterator<Item = &'a (dyn std::error::Error + 'static)> {
    std::iter::successors(Some(error), |error| error.source())
}
