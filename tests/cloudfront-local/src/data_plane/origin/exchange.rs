//! One HTTP exchange with an origin, on a connection of its own, inside CloudFront's time limits.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, Method, Request};
use http_body_util::{BodyExt, Full};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::Effect;
use crate::data_plane::forward::strip_hop_by_hop;
use crate::model::{Origin, StoredResponse};

/// Objects are held in memory.
const MAX_OBJECT: usize = 64 << 20;
/// <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html>
const MAX_HEADERS: usize = 20_480;

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

/// Sends one request and reads the whole answer.
pub(super) async fn exchange(
    authority: &str,
    origin: &Origin,
    method: &Method,
    path: &str,
    headers: HeaderMap,
    body: Bytes,
) -> Result<StoredResponse, OriginFailure> {
    let whole = read_answer(authority, origin, method, path, headers, body);
    match origin.completion_timeout {
        Some(limit) => timeout(limit, whole)
            .await
            .unwrap_or(Err(OriginFailure::NoAnswer(limit))),
        None => whole.await,
    }
}

async fn read_answer(
    authority: &str,
    origin: &Origin,
    method: &Method,
    path: &str,
    headers: HeaderMap,
    body: Bytes,
) -> Result<StoredResponse, OriginFailure> {
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
    // The time covers the wait for the first byte, and each gap between packets.
    let patience = origin.read_timeout();
    let response = timeout(patience, sender.send_request(request))
        .await
        .map_err(|_| OriginFailure::NoAnswer(patience))?
        .map_err(broken)?;
    let (head, mut incoming) = response.into_parts();
    let header_bytes: usize = head
        .headers
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len() + 4)
        .sum();
    if header_bytes > MAX_HEADERS {
        return Err(OriginFailure::TooLarge("20480 bytes of headers"));
    }
    let mut collected = BytesMut::new();
    while let Some(frame) = timeout(patience, incoming.frame())
        .await
        .map_err(|_| OriginFailure::NoAnswer(patience))?
    {
        if let Ok(data) = frame.map_err(broken)?.into_data() {
            collected.extend_from_slice(&data);
        }
        if collected.len() > MAX_OBJECT {
            return Err(OriginFailure::TooLarge(
                "64 MiB of body, which is the most that is held here",
            ));
        }
    }
    drop(connection);
    let mut headers = head.headers;
    strip_hop_by_hop(&mut headers);
    Ok(StoredResponse {
        status: head.status.as_u16(),
        headers,
        body: collected.freeze(),
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
    Instead(Result<StoredResponse, OriginFailure>),
    /// The exchange, damaged afterwards.
    Then(Option<Effect>),
}

pub(super) async fn scripted(effect: Option<Effect>, origin: &Origin) -> Script {
    let plain = |status, text: &str| {
        let body = Bytes::from(text.to_owned());
        Script::Instead(Ok(StoredResponse {
            status,
            headers: HeaderMap::new(),
            body,
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
pub(super) fn damage(mut response: StoredResponse, effect: Option<&Effect>) -> StoredResponse {
    if effect == Some(&Effect::TruncatedBody) {
        response.body.truncate(response.body.len() / 2);
    }
    response
}
