//! Which HTTP version the client speaks over TLS, and how many connections it opens.
//!
//! The client trusts what the machine trusts, so each test runs itself once more, in a process
//! whose only root certificate is the test server's.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;

use futures_util::future::join_all;
use http::{HeaderMap, Response, Version};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use prewarm::fetch::{BodyWatch, Fetch, Get, HttpFetch};
use secrecy::SecretString;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::process::Command;
use tokio::sync::Barrier;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use warmfront::environment::{Environment, ProcessEnvironment};

/// The server's address, for the second process.
const ADDRESS: &str = "PROTOCOL_TEST_SERVER";

/// Requests that the second process has under way at once, and again after them.
const AT_ONCE: usize = 4;

/// What a server met.
struct Met {
    /// All of a round are under way before the first is answered.
    round: Barrier,
    connections: AtomicUsize,
    over_http2: AtomicUsize,
    over_http1: AtomicUsize,
}

impl Met {
    fn requests(&self) -> (usize, usize) {
        (self.over_http2.load(Relaxed), self.over_http1.load(Relaxed))
    }

    async fn answer<B>(
        self: Arc<Self>,
        request: http::Request<B>,
    ) -> Result<Response<String>, Infallible> {
        let over = if request.version() == Version::HTTP_2 {
            &self.over_http2
        } else {
            &self.over_http1
        };
        over.fetch_add(1, Relaxed);
        self.round.wait().await;
        Ok(Response::new("{}".to_owned()))
    }
}

/// What a server says to a connection whose handshake is done.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Speaks {
    Http2,
    /// Closes a connection on which it understands nothing.
    Http1,
    /// Says on the first connection that it understands nothing.
    Http1AfterBadRequest,
}

/// A server that offers these protocols in the handshake.
async fn serve(offered: &[&str], speaks: Speaks) -> (SocketAddr, String, Arc<Met>) {
    let (acceptor, certificate) = acceptor(offered);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let met = Arc::new(Met {
        round: Barrier::new(AT_ONCE),
        connections: AtomicUsize::default(),
        over_http2: AtomicUsize::default(),
        over_http1: AtomicUsize::default(),
    });
    let shared = Arc::clone(&met);
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let (acceptor, met) = (acceptor.clone(), Arc::clone(&shared));
            let is_first = met.connections.fetch_add(1, Relaxed) == 0;
            tokio::spawn(async move {
                let Ok(mut stream) = acceptor.accept(stream).await else {
                    return;
                };
                if is_first && speaks == Speaks::Http1AfterBadRequest {
                    let answer = b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n";
                    stream.write_all(answer).await.unwrap();
                    stream.shutdown().await.ok();
                    return;
                }
                let mut builder = auto::Builder::new(TokioExecutor::new());
                if speaks != Speaks::Http2 {
                    builder = builder.http1_only();
                }
                let service = service_fn(move |request| Arc::clone(&met).answer(request));
                let connection = builder.serve_connection(TokioIo::new(stream), service);
                connection.await.ok();
            });
        }
    });
    (address, certificate, met)
}

/// Ends TLS with a certificate of its own, which comes beside it.
fn acceptor(offered: &[&str]) -> (TlsAcceptor, String) {
    let key = rcgen::KeyPair::generate().unwrap();
    let names = ["localhost".to_owned()];
    let certificate = rcgen::CertificateParams::new(names)
        .unwrap()
        .self_signed(&key)
        .unwrap();
    let private = PrivateKeyDer::Pkcs8(key.serialize_der().into());
    let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], private)
        .unwrap();
    config.alpn_protocols = offered
        .iter()
        .map(|name| name.as_bytes().to_vec())
        .collect();
    (TlsAcceptor::from(Arc::new(config)), certificate.pem())
}

/// Runs the test `name` once more, as the client of this server.
async fn run_client(name: &str, address: SocketAddr, certificate: &str) {
    let file = std::env::temp_dir().join(format!("warmfront-{}.pem", address.port()));
    std::fs::write(&file, certificate).unwrap();
    let client = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture"])
        .env(ADDRESS, address.to_string())
        .env("SSL_CERT_FILE", &file)
        .env_remove("SSL_CERT_DIR")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .output()
        .await
        .unwrap();
    std::fs::remove_file(&file).unwrap();
    assert!(client.status.success(), "{client:?}");
}

/// In the second process: two rounds of requests.
async fn request_as_client() -> bool {
    let Some(address) = ProcessEnvironment.variable(ADDRESS) else {
        return false;
    };
    let port = address.parse::<SocketAddr>().unwrap().port();
    let base = format!("https://localhost:{port}");
    let fetch = HttpFetch::ready_for(&base.parse().unwrap());
    for _ in 0..2 {
        let round = (0..AT_ONCE).map(async |number| {
            let get = Get {
                base: &base.parse().unwrap(),
                path: &format!("/{number}"),
                headers: &HeaderMap::new(),
                token: &SecretString::from("t.o.k"),
            };
            if fetch.get(get, &mut BodyWatch::new(None)).await.is_err() {
                // As the plan of requests does: what broke is tried again.
                fetch.get(get, &mut BodyWatch::new(None)).await.unwrap();
            }
        });
        join_all(round).await;
    }
    true
}

#[tokio::test]
async fn requests_at_once_share_one_connection_over_http_2() {
    if request_as_client().await {
        return;
    }
    let (address, certificate, met) = serve(&["h2", "http/1.1"], Speaks::Http2).await;
    let name = "protocol::requests_at_once_share_one_connection_over_http_2";
    run_client(name, address, &certificate).await;
    assert_eq!(met.requests(), (2 * AT_ONCE, 0));
    assert_eq!(met.connections.load(Relaxed), 1);
}

#[tokio::test]
async fn a_host_that_refuses_http_2_is_asked_over_http_1() {
    if request_as_client().await {
        return;
    }
    let (address, certificate, met) = serve(&["http/1.1"], Speaks::Http1).await;
    let name = "protocol::a_host_that_refuses_http_2_is_asked_over_http_1";
    run_client(name, address, &certificate).await;
    assert_eq!(met.requests(), (0, 2 * AT_ONCE));
}

#[tokio::test]
async fn a_host_that_knows_nothing_of_http_2_is_asked_over_http_1() {
    if request_as_client().await {
        return;
    }
    let (address, certificate, met) = serve(&[], Speaks::Http1).await;
    let name = "protocol::a_host_that_knows_nothing_of_http_2_is_asked_over_http_1";
    run_client(name, address, &certificate).await;
    assert_eq!(met.requests(), (0, 2 * AT_ONCE));
}

#[tokio::test]
async fn an_answer_that_is_no_http_2_is_no_answer_to_a_request() {
    if request_as_client().await {
        return;
    }
    let (address, certificate, met) = serve(&[], Speaks::Http1AfterBadRequest).await;
    let name = "protocol::an_answer_that_is_no_http_2_is_no_answer_to_a_request";
    run_client(name, address, &certificate).await;
    assert_eq!(met.requests(), (0, 2 * AT_ONCE));
}
