//! One HTTP exchange with an origin, on a connection of its own, inside CloudFront's time limits. The body is handed on
//! while it comes.

use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use http::header::CONTENT_LENGTH;
use http::{HeaderMap, Method, Request};
use http_body_util::{BodyExt, Full};
use hyper::body::{Body as _, Incoming};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};

use super::{Body, Effect};
use crate::data_plane::forward::strip_hop_by_hop;
use crate::model::Origin;
use crate::reply::CutOff;

/// <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html>
const MAX_HEADERS: usize = 20_480;

/// What an origin answers; its body may still be coming.
pub(super) struct OriginResponse {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Body,
}

/// Why an origin gave no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum OriginFailure {
    #[error("origin {0} ({1}) has no address here; give one with --origin")]
    Unmapped(String, String),
    #[error("could not connect to {authority}")]
    Unreachable {
        authority: String,
        #[source]
        source: Option<std::io::Error>,
    },
    #[error("no answer within the origin's time of {0:?}")]
    NoAnswer(Duration),
    #[error("the origin closed the connection or broke the protocol")]
    Broken(#[source] Option<hyper::Error>),
    #[error("the origin's answer exceeds a limit: {0}")]
    TooLarge(&'static str),
}

impl OriginFailure {
    pub(super) fn status(&self) -> u16 {
        match self {
            Self::NoAnswer(_) => 504,
            Self::Unreachable { .. } | Self::Unmapped(..) | Self::Broken(_) | Self::TooLarge(_) => {
                502
            }
        }
    }
}

/// Sends one request and reads the head of the answer.
pub(super) async fn exchange(
    authority: &str,
    origin: &Origin,
    method: &Method,
    path: &str,
    headers: HeaderMap,
    body: Bytes,
) -> Result<OriginResponse, OriginFailure> {
    let patience = Patience::of(origin);
    let asked = ask(authority, origin, method, path, headers, body, &patience);
    let limit = patience.whole;
    let asked = match limit {
        Some(limit) => timeout_at(limit, asked)
            .await
            .unwrap_or(Err(OriginFailure::NoAnswer(patience.gap))),
        None => asked.await,
    };
    let (response, connection) = asked?;
    let (head, incoming) = response.into_parts();
    let header_bytes: usize = head
        .headers
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len() + 4)
        .sum();
    if header_bytes > MAX_HEADERS {
        return Err(OriginFailure::TooLarge("20480 bytes of headers"));
    }
    let mut headers = head.headers;
    let length = headers
        .get(CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse().ok());
    strip_hop_by_hop(&mut headers);
    let body = if incoming.is_end_stream() && *method != Method::HEAD {
        Body::empty()
    } else {
        Body::coming(pieces(incoming, connection, patience), length)
    };
    Ok(OriginResponse {
        status: head.status.as_u16(),
        headers,
        body,
    })
}

/// How long an origin may take: for the first byte and for each gap after it, and for everything.
struct Patience {
    gap: Duration,
    whole: Option<Instant>,
}

impl Patience {
    fn of(origin: &Origin) -> Self {
        let whole = origin.completion_timeout;
        Self {
            gap: origin.read_timeout(),
            whole: whole.map(|limit| Instant::now() + limit),
        }
    }

    fn until(&self) -> Instant {
        let gap = Instant::now() + self.gap;
        self.whole.map_or(gap, |whole| whole.min(gap))
    }
}

type Connection = AbortOnDrop<hyper::Result<()>>;

async fn ask(
    authority: &str,
    origin: &Origin,
    method: &Method,
    path: &str,
    headers: HeaderMap,
    body: Bytes,
    patience: &Patience,
) -> Result<(http::Response<Incoming>, Connection), OriginFailure> {
    let unreachable = |source| OriginFailure::Unreachable {
        authority: authority.to_owned(),
        source,
    };
    let stream = timeout(origin.connection_timeout, TcpStream::connect(authority))
        .await
        .map_err(|_| unreachable(None))?
        .map_err(|source| unreachable(Some(source)))?;
    let broken = |error| OriginFailure::Broken(Some(error));
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .map_err(broken)?;
    let connection = AbortOnDrop(tokio::spawn(connection));
    let mut request = Request::new(Full::new(body));
    *request.method_mut() = method.clone();
    *request.uri_mut() = path.parse().map_err(|_| OriginFailure::Broken(None))?;
    *request.headers_mut() = headers;
    let response = timeout_at(patience.until(), sender.send_request(request))
        .await
        .map_err(|_| OriginFailure::NoAnswer(patience.gap))?
        .map_err(broken)?;
    Ok((response, connection))
}

/// The pieces of a body; the connection lives as long as they come.
fn pieces(
    incoming: Incoming,
    connection: Connection,
    patience: Patience,
) -> impl futures_util::Stream<Item = Result<Bytes, CutOff>> + Send + 'static {
    let state = Some((incoming, connection, patience));
    stream::unfold(state, |state| async {
        let (mut incoming, connection, patience) = state?;
        loop {
            let Ok(frame) = timeout_at(patience.until(), incoming.frame()).await else {
                return Some((Err(CutOff), None));
            };
            match frame?.map(hyper::body::Frame::into_data) {
                Err(_) => return Some((Err(CutOff), None)),
                Ok(Ok(data)) => return Some((Ok(data), Some((incoming, connection, patience)))),
                Ok(Err(_trailers)) => {}
            }
        }
    })
}

struct AbortOnDrop<T>(tokio::task::JoinHandle<T>);

impl<T> Drop for AbortOnDrop<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// What a fault makes of an exchange.
pub(super) enum Script {
    /// This, without asking the origin.
    Instead(Result<OriginResponse, OriginFailure>),
    /// The exchange, damaged afterwards.
    Then(Option<Effect>),
}

pub(super) async fn scripted(effect: Option<Effect>, origin: &Origin) -> Script {
    let plain = |status, text: &str| {
        let body = Bytes::from(text.to_owned());
        Script::Instead(Ok(OriginResponse {
            status,
            headers: HeaderMap::new(),
            body: Body::Whole(body),
        }))
    };
    match effect {
        Some(Effect::Error {
            status, message, ..
        }) => plain(status, message.as_deref().unwrap_or_default()),
        Some(Effect::Throttle) => plain(429, "Too many requests"),
        Some(Effect::Hang) => {
            let patience = origin.read_timeout();
            tokio::time::sleep(patience).await;
            Script::Instead(Err(OriginFailure::NoAnswer(patience)))
        }
        Some(Effect::ResetMidBody | Effect::LostResponse) => {
            Script::Instead(Err(OriginFailure::Broken(None)))
        }
        Some(Effect::SlowHeaders { ms } | Effect::SlowBody { ms }) => {
            tokio::time::sleep(Duration::from_millis(ms)).await;
            Script::Then(None)
        }
        other => Script::Then(other),
    }
}

/// Damages an answer that was received.
pub(super) async fn damage(
    response: OriginResponse,
    effect: Option<&Effect>,
) -> Result<OriginResponse, OriginFailure> {
    if effect != Some(&Effect::TruncatedBody) {
        return Ok(response);
    }
    let whole = response.body.collect().await;
    let whole = whole.ok_or(OriginFailure::Broken(None))?;
    Ok(OriginResponse {
        body: Body::Whole(whole.slice(..whole.len() / 2)),
        ..response
    })
}
