//! The HTTP client: one for the life of the process, and one connection where the host speaks HTTP/2.

use std::io;
use std::iter::successors;
use std::sync::OnceLock;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use http::header::AUTHORIZATION;
use http::{HeaderValue, Version};
use hyper_util::client::legacy::connect::Connection;
use reqwest::redirect::Policy;
use reqwest::{Client, Response};
use rustls::AlertDescription;
use secrecy::ExposeSecret;
use tokio::time::Instant;
use tower::BoxError;
use tower::util::MapResultLayer;
use url::Url;
use warmfront::plan::BaseUrl;

use super::{BodyWatch, Broken, Fetch, Get, Head};

/// Longest time to reach the edge location. Answers have the endpoint's own time.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How often a connection that waits for an answer is asked whether it is alive. A connection can be
/// lost without notice, and then every request on it would wait for its own timeout.
const PING_INTERVAL: Duration = Duration::from_secs(20);

/// How much a host may send before it is read, per answer and in all. A long body fills this much
/// memory, so it is less than the usual 2 MiB and 5 MiB. At a few milliseconds to an edge location it
/// still allows 100 MB/s.
const STREAM_WINDOW: u32 = 512 * 1024;
const CONNECTION_WINDOW: u32 = 1024 * 1024;

/// What a host says that speaks none of the protocols that it is offered (RFC 7301).
const NO_APPLICATION_PROTOCOL: rustls::Error =
    rustls::Error::AlertReceived(AlertDescription::NoApplicationProtocol);

/// Requests over the network.
///
/// A client that may speak either protocol opens a connection for each request until the first one
/// has negotiated HTTP/2. So there are two clients: one that offers HTTP/2 alone, and one of HTTP/1.1
/// for a host that declines it.
#[derive(Debug, Default)]
pub struct HttpFetch {
    http2: OnceLock<Result<Client, Broken>>,
    http1: OnceLock<Result<Client, Broken>>,
    /// The host took part in a TLS handshake and did not choose HTTP/2.
    declines_http2: AtomicBool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Protocol {
    Http1,
    Http2,
}

/// The host does not speak HTTP/2. Found out in the handshake, before any request is sent.
#[derive(Debug, thiserror::Error)]
#[error("the host declines HTTP/2")]
struct DeclinesHttp2;

impl HttpFetch {
    /// Builds the client for `base` now rather than at the first request, and so reads the
    /// machine's root certificates: some milliseconds of work that wait for nothing.
    #[must_use]
    pub fn ready_for(base: &BaseUrl) -> Self {
        let fetch = Self::default();
        // A client that cannot be built breaks the requests, and they say so. A run that comes to
        // none, such as one with a refused login, still says what it found.
        fetch.client(fetch.protocol_for(base.scheme())).ok();
        fetch
    }

    /// Plain HTTP has no way to agree on HTTP/2.
    fn protocol_for(&self, scheme: &str) -> Protocol {
        if scheme == "https" && !self.declines_http2.load(Relaxed) {
            Protocol::Http2
        } else {
            Protocol::Http1
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
                    .http2_initial_connection_window_size(CONNECTION_WINDOW)
                    .connector_layer(MapResultLayer::new(only_http2)),
            };
            builder
                .build()
                .map_err(|error| Broken::request(format!("no HTTP client could be built: {error}")))
        });
        client.as_ref().map_err(Clone::clone)
    }

    /// Sends the request; over HTTP/1.1 if the host turns out to decline HTTP/2.
    async fn send(&self, get: Get<'_>, url: Url, token: HeaderValue) -> Result<Response, Broken> {
        let mut protocol = self.protocol_for(url.scheme());
        let request = async |protocol| {
            let client = self.client(protocol)?;
            let request = client.request(get.method.clone(), url.clone());
            let headers = get.headers.clone();
            let request = request
                .headers(headers)
                .header(AUTHORIZATION, token.clone());
            Ok::<_, Broken>(request.send().await)
        };
        let mut sent = request(protocol).await?;
        if let Err(error) = &sent
            && causes(error).any(<dyn std::error::Error>::is::<DeclinesHttp2>)
        {
            self.declines_http2.store(true, Relaxed);
            protocol = Protocol::Http1;
            sent = request(protocol).await?;
        }
        sent.map_err(|error| broken(&error, protocol))
    }
}

impl Fetch for HttpFetch {
    async fn get(&self, get: Get<'_>, body: &mut BodyWatch) -> Result<Head, Broken> {
        let url = get
            .base
            .join(get.path)
            .map_err(|error| Broken::request(format!("{} is no path: {error}", get.path)))?;
        let mut token = HeaderValue::try_from(format!("Bearer {}", get.token.expose_secret()))
            .map_err(|_| Broken::request("the token cannot stand in a header"))?;
        token.set_sensitive(true);
        let sent = Instant::now();
        let mut response = self.send(get, url, token).await?;
        let head = Head {
            status: response.status(),
            headers: response.headers().clone(),
            waited: sent.elapsed(),
        };
        let protocol = if response.version() == Version::HTTP_2 {
            Protocol::Http2
        } else {
            Protocol::Http1
        };
        tracing::debug!(?protocol, "answered");
        body.begin(&head.headers);
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) => body.chunk(&chunk),
                Ok(None) => return Ok(head),
                Err(error) => return Err(broken(&error, protocol)),
            }
        }
    }
}

/// Ends a connection to a host that did not choose HTTP/2 in the TLS handshake: by choosing
/// nothing, or with an alert.
fn only_http2<C: Connection>(connected: Result<C, BoxError>) -> Result<C, BoxError> {
    let declines = match &connected {
        Ok(connection) => !connection.connected().is_negotiated_h2(),
        Err(error) => causes(error.as_ref())
            .filter_map(|cause| cause.downcast_ref::<rustls::Error>())
            .any(|error| *error == NO_APPLICATION_PROTOCOL),
    };
    if declines {
        Err(DeclinesHttp2.into())
    } else {
        connected
    }
}

/// Says what broke without the URL, which the report has beside it.
fn broken(error: &reqwest::Error, protocol: Protocol) -> Broken {
    let what = if error.is_connect() {
        "no connection"
    } else if error.is_body() || error.is_decode() {
        "the body broke off"
    } else {
        "the answer broke off"
    };
    let cause = causes(error).last().expect("an error is its own cause");
    let detail = format!("{what}: {cause}");
    // Over HTTP/2, an error that is not one stream's is the connection's.
    let is_of_stream = |cause: &(dyn std::error::Error + 'static)| {
        cause
            .downcast_ref::<h2::Error>()
            .is_some_and(h2::Error::is_reset)
    };
    let is_shared = protocol == Protocol::Http2 && !causes(error).any(is_of_stream);
    if error.is_connect() || is_shared {
        Broken::connection(detail)
    } else {
        Broken::request(detail)
    }
}

/// The error, its cause, that one's cause, and so on.
fn causes<'a>(
    error: &'a (dyn std::error::Error + 'static),
) -> impl Iterator<Item = &'a (dyn std::error::Error + 'static)> {
    successors(Some(error), |error| {
        match error.downcast_ref::<io::Error>() {
            // `source` of an `io::Error` skips the error within it.
            Some(error) => error.get_ref().map(|inner| inner as _),
            None => error.source(),
        }
    })
}
