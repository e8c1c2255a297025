//! The HTTP client against a server on the loopback interface.

use std::io::Write;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::response::IntoResponse;
use axum::routing::get;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::{HeaderMap, HeaderValue};
use prewarm::fetch::{BodyWatch, Broken, Fetch, Get, Head, HttpFetch, NamedTenant};
use secrecy::SecretString;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

async fn serve(routes: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, routes).await });
    address
}

/// Answers every connection with these bytes, then closes it, or not.
async fn raw(answer: &'static [u8], close: bool) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            tokio::spawn(async move {
                let mut request = [0; 4096];
                assert!(stream.read(&mut request).await.is_ok());
                stream.write_all(answer).await.ok();
                if !close {
                    std::future::pending::<()>().await;
                }
            });
        }
    });
    address
}

async fn fetch(
    address: SocketAddr,
    path: &str,
    pointer: Option<&str>,
) -> (Result<Head, Broken>, u64, NamedTenant) {
    let client = HttpFetch::default();
    let mut headers = HeaderMap::new();
    headers.insert("accept-encoding", HeaderValue::from_static("gzip, br"));
    headers.insert("accept-language", HeaderValue::from_static("de"));
    let mut body = BodyWatch::new(pointer);
    let get = Get {
        method: http::Method::GET,
        base: &format!("http://{address}").parse().unwrap(),
        path,
        headers: &headers,
        token: &SecretString::from("t.o.k"),
    };
    let head = client.get(get, &mut body).await;
    let bytes = body.bytes();
    (head, bytes, body.finish())
}

#[tokio::test]
async fn sends_what_it_is_told_and_nothing_that_splits_the_cache() {
    let seen = Arc::new(Mutex::new(None));
    let keep = Arc::clone(&seen);
    let handler = move |request: Request| {
        let lines = (request.uri().to_string(), request.headers().clone());
        *keep.lock().unwrap() = Some(lines);
        async { "{}" }
    };
    let address = serve(Router::new().fallback(get(handler))).await;
    let path = "/api/a%20b/c;d?z=1&a=%2F&a=,~!()*:@&empty=&x";
    fetch(address, path, None).await.0.unwrap();
    let (uri, headers) = seen.lock().unwrap().take().unwrap();
    assert_eq!(uri, path, "byte for byte");
    let mut names: Vec<_> = headers.keys().map(http::HeaderName::as_str).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "accept",
            "accept-encoding",
            "accept-language",
            "authorization",
            "host"
        ]
    );
    assert_eq!(headers["authorization"], "Bearer t.o.k");
}

#[tokio::test]
async fn follows_no_redirect() {
    let elsewhere = [("location", "http://127.0.0.1:9/")];
    let moved = move || async move { (http::StatusCode::FOUND, elsewhere).into_response() };
    let address = serve(Router::new().route("/", get(moved))).await;
    assert_eq!(fetch(address, "/", None).await.0.unwrap().status, 302);
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

/// `{"organization": "acme"}` through `brotli -q 5`.
const BROTLI: &[u8] = include_bytes!("acme.json.br");

#[tokio::test]
async fn finds_the_tenant_in_coded_bodies_and_counts_bytes_as_transferred() {
    let text = format!(
        r#"{{"filler":"{}","organization":"acme"}}"#,
        "x".repeat(300_000)
    );
    let coded = gzip(&text);
    let length = coded.len() as u64;
    assert!(length < 5_000);
    let send = |coding: &'static str, bytes: Vec<u8>| {
        get(move || {
            let bytes = bytes.clone();
            async move { ([("content-encoding", coding)], bytes) }
        })
    };
    let routes = Router::new()
        .route("/gzip", send("gzip", coded.clone()))
        .route("/br", send("br", BROTLI.to_vec()))
        .route("/plain", send("identity", text.clone().into_bytes()))
        .route("/cut", send("gzip", coded[..40].to_vec()))
        .route("/noise", send("br", vec![0xff; 64]))
        .route(
            "/mark",
            send(
                "identity",
                b"\xef\xbb\xbf{\"organization\":\"acme\"}".to_vec(),
            ),
        )
        .route(
            "/bell",
            send("identity", br#"{"organization":"ac\u0007me"}"#.to_vec()),
        )
        .route("/zstd", send("zstd", vec![1, 2, 3]));
    let address = serve(routes).await;
    let acme = NamedTenant::Named("acme".into());
    for (path, bytes, named) in [
        ("/gzip", length, acme.clone()),
        ("/br", BROTLI.len() as u64, acme.clone()),
        ("/plain", text.len() as u64, acme),
        ("/mark", 26, NamedTenant::Named("acme".into())),
        ("/bell", 29, NamedTenant::Named("ac\u{fffd}me".into())),
        ("/cut", 40, NamedTenant::Missing),
        ("/noise", 64, NamedTenant::Missing),
        ("/zstd", 3, NamedTenant::Unreadable("zstd".into())),
    ] {
        let (head, counted, found) = fetch(address, path, Some("/organization")).await;
        head.unwrap();
        assert_eq!((counted, found), (bytes, named), "{path}");
    }
    assert_eq!(fetch(address, "/gzip", None).await.2, NamedTenant::NotAsked);
}

#[tokio::test]
async fn a_body_that_breaks_off_is_broken() {
    for (answer, part) in [
        (
            &b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n{\"a\""[..],
            "the body broke off",
        ),
        (
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{\"a\":\r\n",
            "the body broke off",
        ),
        (b"HTTP/1.1 200 OK\r\ncontent-le", "the answer broke off"),
        (b"", "the answer broke off"),
        (b"nonsense\r\n\r\n", "the answer broke off"),
    ] {
        let address = raw(answer, true).await;
        let broken = fetch(address, "/", None).await.0.unwrap_err();
        assert!(broken.detail.starts_with(part), "{broken:?}");
        assert!(!broken.detail.contains("t.o.k"), "{broken:?}");
    }
}

#[tokio::test]
async fn slow_headers_and_slow_bodies_are_waited_for() {
    let half = b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n{\"a\"";
    for answer in [&b"HTTP/1.1 200 OK\r\n"[..], half] {
        let address = raw(answer, false).await;
        let waited = tokio::time::timeout(Duration::from_millis(200), fetch(address, "/", None));
        assert!(waited.await.is_err(), "the time limit is the caller's");
    }
}

#[tokio::test]
async fn nobody_there_is_no_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let broken = fetch(address, "/", None).await.0.unwrap_err();
    assert!(broken.detail.starts_with("no connection"), "{broken:?}");
    assert!(broken.lost_connection, "{broken:?}");
}
