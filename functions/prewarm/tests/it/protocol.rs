//! Which HTTP version the client speaks over TLS, how many connections it opens, and what it says
//! of those that break.
//!
//! The client trusts what the machine trusts, so each test runs itself once more, in a process
//! whose only root certificate is the test server's.

use std::io;
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
use prewarm::fetch::{BodyWatch, Broken, Fetch, Get, HttpFetch};
use secrecy::SecretString;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::process::Command;
use tokio::sync::{Barrier, Notify};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use url::Url;
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
    /// The connection is to be lost.
    lose: Notify,
}

impl Met {
    fn requests(&self) -> (usize, usize) {
        (self.over_http2.load(Relaxed), self.over_http1.load(Relaxed))
    }

    async fn answer<B>(
        self: Arc<Self>,
        request: http::Request<B>,
        speaks: Speaks,
    ) -> Result<Response<String>, io::Error> {
        let over = if request.version() == Version::HTTP_2 {
            &self.over_http2
        } else {
            &self.over_http1
        };
        over.fetch_add(1, Relaxed);
        self.round.wait().await;
        match speaks {
            Speaks::NoMoreAfterRequests => {
                self.lose.notify_one();
                std::future::pending().await
            }
            Speaks::ResetsStreams => Err(io::Error::other("this stream is reset")),
            _ => Ok(Response::new("{}".to_owned())),
        }
    }
}

/// What a server says to a connection.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Speaks {
    Http2,
    /// Closes a connection on which it understands nothing.
    Http1,
    /// Loses the first connection before the handshake.
    Http2AfterALoss,
    /// Loses the first connection after the handshake.
    Http2AfterAHandshake,
    /// Loses the connection when all requests are there.
    NoMoreAfterRequests,
    /// Ends each request, and keeps the connection.
    ResetsStreams,
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
        lose: Notify::new(),
    });
    let shared = Arc::clone(&met);
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let met = Arc::clone(&shared);
            let is_first = met.connections.fetch_add(1, Relaxed) == 0;
            if is_first && speaks == Speaks::Http2AfterALoss {
                continue;
            }
            let acceptor = acceptor.clone();
            tokio::spawn(converse(stream, acceptor, speaks, met, is_first));
        }
    });
    (address, certificate, met)
}

async fn converse(
    stream: TcpStream,
    acceptor: TlsAcceptor,
    speaks: Speaks,
    met: Arc<Met>,
    is_first: bool,
) {
    let Ok(mut stream) = acceptor.accept(stream).await else {
        return;
    };
    if is_first && speaks == Speaks::Http2AfterAHandshake {
        stream.shutdown().await.ok();
        return;
    }
    let mut builder = auto::Builder::new(TokioExecutor::new());
    if speaks == Speaks::Http1 {
        builder = builder.http1_only();
    }
    let answering = Arc::clone(&met);
    let service = service_fn(move |request| Arc::clone(&answering).answer(request, speaks));
    let connection = builder.serve_connection(TokioIo::new(stream), service);
    tokio::select! {
        _ = connection => {}
        () = met.lose.notified() => {}
    }
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
        .args(["--exact", &format!("protocol::{name}"), "--nocapture"])
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

/// In the second process: the client, with the server's address.
struct Client {
    base: Url,
    fetch: HttpFetch,
}

impl Client {
    fn of_this_process() -> Option<Self> {
        let address = ProcessEnvironment.variable(ADDRESS)?;
        let port = address.parse::<SocketAddr>().unwrap().port();
        let base = format!("https://localhost:{port}");
        Some(Self {
            fetch: HttpFetch::ready_for(&base.parse().unwrap()),
            base: base.parse().unwrap(),
        })
    }

    /// Requests that are under way at once.
    async fn round(&self) -> Vec<Result<(), Broken>> {
        join_all((0..AT_ONCE).map(|number| self.get(number))).await
    }

    async fn get(&self, number: usize) -> Result<(), Broken> {
        let get = Get {
            method: http::Method::GET,
            base: &self.base,
            path: &format!("/{number}"),
            headers: &HeaderMap::new(),
            token: &SecretString::from("t.o.k"),
        };
        let head = self.fetch.get(get, &mut BodyWatch::new(None)).await;
        head.map(drop)
    }

    /// Two rounds, in which what lost its connection is requested again.
    async fn two_rounds(&self) {
        for _ in 0..2 {
            let round = (0..AT_ONCE).map(async |number| {
                if let Err(broken) = self.get(number).await {
                    assert!(broken.lost_connection, "{broken:?}");
                    self.get(number).await.unwrap();
                }
            });
            join_all(round).await;
        }
    }
}

#[tokio::test]
async fn requests_at_once_share_one_connection_over_http_2() {
    if let Some(client) = Client::of_this_process() {
        return client.two_rounds().await;
    }
    let (address, certificate, met) = serve(&["h2", "http/1.1"], Speaks::Http2).await;
    let name = "requests_at_once_share_one_connection_over_http_2";
    run_client(name, address, &certificate).await;
    assert_eq!(met.requests(), (2 * AT_ONCE, 0));
    assert_eq!(met.connections.load(Relaxed), 1);
}

#[tokio::test]
async fn a_host_that_refuses_http_2_is_asked_over_http_1() {
    if let Some(client) = Client::of_this_process() {
        return client.two_rounds().await;
    }
    let (address, certificate, met) = serve(&["http/1.1"], Speaks::Http1).await;
    let name = "a_host_that_refuses_http_2_is_asked_over_http_1";
    run_client(name, address, &certificate).await;
    assert_eq!(met.requests(), (0, 2 * AT_ONCE));
}

#[tokio::test]
async fn a_host_that_knows_nothing_of_http_2_is_asked_over_http_1() {
    if let Some(client) = Client::of_this_process() {
        return client.two_rounds().await;
    }
    let (address, certificate, met) = serve(&[], Speaks::Http1).await;
    let name = "a_host_that_knows_nothing_of_http_2_is_asked_over_http_1";
    run_client(name, address, &certificate).await;
    assert_eq!(met.requests(), (0, 2 * AT_ONCE));
}

#[tokio::test]
async fn a_first_connection_that_is_lost_does_not_speak_against_http_2() {
    if let Some(client) = Client::of_this_process() {
        return client.two_rounds().await;
    }
    for speaks in [Speaks::Http2AfterALoss, Speaks::Http2AfterAHandshake] {
        let (address, certificate, met) = serve(&["h2", "http/1.1"], speaks).await;
        let name = "a_first_connection_that_is_lost_does_not_speak_against_http_2";
        run_client(name, address, &certificate).await;
        assert_eq!(met.requests(), (2 * AT_ONCE, 0));
    }
}

#[tokio::test]
async fn requests_whose_connection_is_lost_under_them_say_so() {
    if let Some(client) = Client::of_this_process() {
        for ended in client.round().await {
            assert!(ended.unwrap_err().lost_connection);
        }
        return;
    }
    let (address, certificate, met) = serve(&["h2"], Speaks::NoMoreAfterRequests).await;
    let name = "requests_whose_connection_is_lost_under_them_say_so";
    run_client(name, address, &certificate).await;
    assert_eq!(met.requests(), (AT_ONCE, 0));
}

#[tokio::test]
async fn a_request_that_is_reset_lost_no_connection() {
    if let Some(client) = Client::of_this_process() {
        for ended in client.round().await {
            assert!(!ended.unwrap_err().lost_connection);
        }
        return;
    }
    let (address, certificate, met) = serve(&["h2"], Speaks::ResetsStreams).await;
    let name = "a_request_that_is_reset_lost_no_connection";
    run_client(name, address, &certificate).await;
    assert_eq!(met.requests(), (AT_ONCE, 0));
    assert_eq!(met.connections.load(Relaxed), 1);
}
