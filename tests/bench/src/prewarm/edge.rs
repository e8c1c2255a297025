//! A stand-in for an edge location before a slow origin: takes the origin's time for the first
//! answer of each path, gives it at once from then on, and counts what it was asked.

use std::collections::HashMap;
use std::convert::Infallible;
use std::io::{self, Write};
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use futures_util::stream;
use http::{Request, Response};
use http_body_util::StreamBody;
use http_body_util::combinators::UnsyncBoxBody;
use hyper::body::{Frame, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use crate::authority::Authority;

/// The tenant whose data it serves.
pub const TENANT: &str = "acme";
/// The version of the data.
pub const VERSION: &str = "42";
/// What bodies are made of.
const ROW: &str = r#"{"service":"storage","region":"eu-central-1","cost":1234.5,"n":7},"#;
/// Rows in one piece of a large body.
const ROWS_OF_PIECE: usize = 1000;

/// How a stand-in answers.
#[derive(Clone, Copy, Debug)]
pub struct Answers {
    /// The origin's time for one answer.
    pub origin: Duration,
    /// Size of a body.
    pub bytes: usize,
    /// Whether it comes compressed.
    pub gzip: bool,
}

/// What it was asked.
#[derive(Clone, Copy, Debug, Default)]
pub struct Asked {
    /// Connections that could be used.
    pub connections: u32,
    /// Those of them that spoke HTTP/2.
    pub multiplexed: u32,
    /// Requests.
    pub requests: u32,
    /// Requests that the origin answered.
    pub filled: u32,
    /// What the origin took for all of them.
    pub origin_total: Duration,
    /// What it took for the slowest.
    pub origin_slowest: Duration,
}

impl Asked {
    /// The shortest time in which anything could have done it.
    #[must_use]
    pub fn ideal(&self, concurrency: usize) -> Duration {
        let share = u32::try_from(concurrency).expect("it is small");
        self.origin_slowest.max(self.origin_total / share)
    }
}

/// A running stand-in; ends when dropped.
#[derive(Debug)]
pub struct Edge {
    /// Scheme and host.
    pub base: String,
    state: Arc<State>,
    accepting: JoinHandle<()>,
}

#[derive(Debug)]
struct State {
    answers: Answers,
    body: Vec<Bytes>,
    asked: Mutex<Asked>,
    stored: Mutex<HashMap<String, Instant>>,
}

type Body = UnsyncBoxBody<Bytes, Infallible>;

impl Edge {
    /// Serves plain HTTP/1.1, or with an authority HTTP/2 and HTTP/1.1 over TLS.
    pub async fn start(answers: Answers, authority: Option<&Authority>) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let port = listener.local_addr()?.port();
        let tls = authority.map(Authority::acceptor);
        let base = match tls {
            Some(_) => format!("https://localhost:{port}"),
            None => format!("http://127.0.0.1:{port}"),
        };
        let state = Arc::new(State {
            answers,
            body: if answers.gzip {
                gzip(&body(answers.bytes))
            } else {
                body(answers.bytes)
            },
            asked: Mutex::default(),
            stored: Mutex::default(),
        });
        let accepting = tokio::spawn(accept(listener, tls, Arc::clone(&state)));
        Ok(Self {
            base,
            state,
            accepting,
        })
    }

    /// What it was asked so far.
    #[must_use]
    pub fn asked(&self) -> Asked {
        *self.state.asked()
    }
}

impl Drop for Edge {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl State {
    fn asked(&self) -> std::sync::MutexGuard<'_, Asked> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn answer(&self, request: Request<Incoming>) -> Response<Body> {
        let came = Instant::now();
        self.asked().requests += 1;
        let path = request.uri().path_and_query().map(ToString::to_string);
        let path = path.unwrap_or_default();
        let stored = self.stored(&path);
        let response = Response::builder()
            .header("content-type", "application/json")
            .header("cache-control", "max-age=0, s-maxage=86400")
            .header("x-amz-cf-pop", "FRA56-P4")
            .header("x-data-version", VERSION)
            .header("x-organization-id", TENANT);
        let response = if self.answers.gzip {
            response.header("content-encoding", "gzip")
        } else {
            response
        };
        let response = if let Some(stored) = stored {
            response
                .header("x-cache", "Hit from cloudfront")
                .header("age", stored.elapsed().as_secs())
        } else {
            aggregate(self.answers.origin).await;
            let took = came.elapsed();
            let mut asked = self.asked();
            asked.filled += 1;
            asked.origin_total += took;
            asked.origin_slowest = asked.origin_slowest.max(took);
            drop(asked);
            self.store(path);
            response.header("x-cache", "Miss from cloudfront")
        };
        response
            .body(in_pieces(self.body.clone()))
            .expect("the headers are valid")
    }

    fn stored(&self, path: &str) -> Option<Instant> {
        let stored = self.stored.lock();
        let stored = stored.unwrap_or_else(PoisonError::into_inner);
        stored.get(path).copied()
    }

    fn store(&self, path: String) {
        let stored = self.stored.lock();
        let mut stored = stored.unwrap_or_else(PoisonError::into_inner);
        stored.insert(path, Instant::now());
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "plays an origin that takes its time"
)]
async fn aggregate(time: Duration) {
    tokio::time::sleep(time).await;
}

/// A JSON text that names the tenant at its very end, in pieces.
fn body(bytes: usize) -> Vec<Bytes> {
    let rows = bytes / ROW.len();
    let whole = rows / ROWS_OF_PIECE;
    let begin = format!(r#"{{"rows":[{}"#, ROW.repeat(rows % ROWS_OF_PIECE));
    let end = format!(r#"{{}}],"organization":"{TENANT}"}}"#);
    // Small bodies are one piece, as they would be from a cache.
    if whole == 0 {
        return vec![Bytes::from(begin + &end)];
    }
    let piece = Bytes::from(ROW.repeat(ROWS_OF_PIECE));
    std::iter::once(Bytes::from(begin))
        .chain(std::iter::repeat_n(piece, whole))
        .chain([Bytes::from(end)])
        .collect()
}

fn gzip(body: &[Bytes]) -> Vec<Bytes> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    for piece in body {
        gzip.write_all(piece).expect("memory takes it");
    }
    vec![gzip.finish().expect("memory takes it").into()]
}

fn in_pieces(body: Vec<Bytes>) -> Body {
    let frames = body.into_iter().map(|piece| Ok(Frame::data(piece)));
    UnsyncBoxBody::new(StreamBody::new(stream::iter(frames)))
}

async fn accept(listener: TcpListener, tls: Option<TlsAcceptor>, state: Arc<State>) {
    while let Ok((stream, _)) = listener.accept().await {
        stream.set_nodelay(true).ok();
        let state = Arc::clone(&state);
        let tls = tls.clone();
        tokio::spawn(async move {
            match tls {
                Some(tls) => {
                    // A client that gives up in the handshake is not counted.
                    if let Ok(stream) = tls.accept(stream).await {
                        let multiplexed = stream.get_ref().1.alpn_protocol() == Some(b"h2");
                        state.asked().multiplexed += u32::from(multiplexed);
                        serve(stream, state).await;
                    }
                }
                None => serve(stream, state).await,
            }
        });
    }
}

async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin + 'static, state: Arc<State>) {
    state.asked().connections += 1;
    let service = service_fn(move |request: Request<Incoming>| {
        let state = Arc::clone(&state);
        async move { Ok::<_, Infallible>(state.answer(request).await) }
    });
    let server = auto::Builder::new(TokioExecutor::new());
    // A connection that the client closes has served its purpose.
    server
        .serve_connection(TokioIo::new(stream), service)
        .await
        .ok();
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;
    use serde_json::Value;

    use super::*;

    #[tokio::test]
    async fn bodies_of_any_size_name_the_tenant_at_their_end() {
        for bytes in [0, 2_048, 200_000] {
            let body = in_pieces(body(bytes)).collect().await;
            let body = body.unwrap().to_bytes();
            assert!(body.len().abs_diff(bytes) < 100, "{bytes}: {}", body.len());
            let value: Value = serde_json::from_slice(&body).unwrap();
            assert_eq!(value["organization"], TENANT);
            assert!(body.ends_with(b"\"acme\"}"));
        }
    }

    #[test]
    fn the_ideal_is_the_slowest_answer_or_the_share_of_all() {
        let second = Duration::from_secs(1);
        let asked = Asked {
            origin_total: 12 * second,
            origin_slowest: 5 * second,
            ..Asked::default()
        };
        assert_eq!(asked.ideal(2), 6 * second);
        assert_eq!(asked.ideal(4), 5 * second);
    }
}
