//! Bodies that are passed on while they come, from an origin that speaks byte by byte.

use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

use crate::stage::{Stage, eventually};

/// An origin whose connections the test answers by hand.
struct RawOrigin {
    connections: mpsc::UnboundedReceiver<TcpStream>,
}

impl RawOrigin {
    async fn start() -> (Self, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (tell, connections) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                if tell.send(stream).is_err() {
                    break;
                }
            }
        });
        (Self { connections }, address)
    }

    /// Reads the next request's head and answers with these bytes; the connection stays open.
    async fn answer(&mut self, bytes: &str) -> TcpStream {
        let mut stream = self.connections.recv().await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.unwrap());
        }
        stream.write_all(bytes.as_bytes()).await.unwrap();
        stream
    }
}

async fn stage() -> (Stage, RawOrigin) {
    let (origin, address) = RawOrigin::start().await;
    let stage = Stage::start_with(|options| {
        options.origins = vec![format!("*=http://{address}").parse().unwrap()];
    })
    .await;
    (stage, origin)
}

fn url(stage: &Stage, target: &str) -> String {
    format!("{}{target}", stage.cloudfront.ready().distributions[0].url)
}

#[tokio::test]
async fn the_first_byte_arrives_before_the_origin_has_sent_the_last() {
    let (stage, mut origin) = stage().await;
    for (target, head) in [
        (
            "/open/length",
            "HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\none",
        ),
        (
            "/open/chunked",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\none\r\n",
        ),
        (
            "/open/no-store",
            "HTTP/1.1 200 OK\r\ncache-control: no-store\r\ncontent-length: 6\r\n\r\none",
        ),
        (
            "/elsewhere",
            "HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\none",
        ),
    ] {
        let asked = stage.client.get(url(&stage, target)).send();
        let (answer, mut connection) = tokio::join!(asked, origin.answer(head));
        let mut answer = answer.unwrap();
        assert_eq!(answer.chunk().await.unwrap().unwrap(), "one", "{target}");
        let rest: &[u8] = if target == "/open/chunked" {
            b"3\r\ntwo\r\n0\r\n\r\n"
        } else {
            b"two"
        };
        connection.write_all(rest).await.unwrap();
        assert_eq!(answer.text().await.unwrap(), "two", "{target}");
    }
    for target in ["/open/length", "/open/chunked"] {
        let again = stage.get(target, &[]).await;
        assert_eq!(
            (again.cache(), again.body.as_str()),
            ("Hit", "onetwo"),
            "{target}"
        );
    }
}

#[tokio::test]
async fn a_truncated_body_is_passed_on_and_not_kept() {
    let (stage, mut origin) = stage().await;
    for (target, head) in [
        (
            "/open/length",
            "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\none",
        ),
        (
            "/open/chunked",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\none\r\n",
        ),
    ] {
        let asked = stage.client.get(url(&stage, target)).send();
        let (answer, connection) = tokio::join!(asked, origin.answer(head));
        let mut answer = answer.unwrap();
        assert_eq!(answer.chunk().await.unwrap().unwrap(), "one", "{target}");
        drop(connection);
        assert!(
            answer.chunk().await.is_err(),
            "{target}: the end is missing"
        );
        eventually("the fetch has ended", async || {
            let filter = format!("/cache?path={target}");
            stage.control("GET", &filter, json!(null)).await.1 == json!([])
        })
        .await;
        let again = stage.client.get(url(&stage, target)).send();
        let whole = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nwhole";
        let (again, _connection) = tokio::join!(again, origin.answer(whole));
        let again = again.unwrap();
        assert_eq!(again.headers()["x-cache"], "Miss from cloudfront");
        assert_eq!(again.text().await.unwrap(), "whole");
    }
}

#[tokio::test]
async fn what_came_of_a_body_that_breaks_off_at_once_reaches_the_viewer() {
    let (stage, mut origin) = stage().await;
    let head = "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\none";
    for round in 0..10 {
        let target = url(&stage, &format!("/open/{round}"));
        let broken = async { drop(origin.answer(head).await) };
        let (answer, ()) = tokio::join!(stage.client.get(target).send(), broken);
        let mut answer = answer.unwrap();
        assert_eq!(answer.chunk().await.unwrap().unwrap(), "one");
        assert!(answer.chunk().await.is_err());
    }
}

#[tokio::test]
async fn a_body_that_ends_with_its_connection_is_kept_as_it_came() {
    let (stage, mut origin) = stage().await;
    let asked = stage.client.get(url(&stage, "/open/close")).send();
    let (answer, connection) = tokio::join!(asked, origin.answer("HTTP/1.1 200 OK\r\n\r\none"));
    drop(connection);
    assert_eq!(answer.unwrap().text().await.unwrap(), "one");
    let again = stage.get("/open/close", &[]).await;
    assert_eq!((again.cache(), again.body.as_str()), ("Hit", "one"));
}

#[tokio::test]
async fn an_object_is_stored_although_the_viewer_leaves_in_the_middle() {
    let (stage, mut origin) = stage().await;
    let asked = stage.client.get(url(&stage, "/open/left")).send();
    let head = "HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\none";
    let (answer, mut connection) = tokio::join!(asked, origin.answer(head));
    drop(answer);
    connection.write_all(b"two").await.unwrap();
    eventually("the object is cached", async || {
        stage
            .control("GET", "/cache?path=/open/left", json!(null))
            .await
            .1
            != json!([])
    })
    .await;
    assert_eq!(stage.get("/open/left", &[]).await.body, "onetwo");
}

#[tokio::test]
async fn an_origin_that_falls_silent_in_the_body_ends_the_answer() {
    let (stage, mut origin) = stage().await;
    let asked = stage.client.get(url(&stage, "/open/silent")).send();
    let head = "HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\none";
    let (answer, _connection) = tokio::join!(asked, origin.answer(head));
    let read = tokio::time::timeout(Duration::from_secs(8), answer.unwrap().text()).await;
    assert!(read.unwrap().is_err(), "cut after the read timeout of 2 s");
}

#[tokio::test]
async fn a_request_of_http_1_1_without_a_host_is_refused() {
    let (stage, _origin) = stage().await;
    let address = url(&stage, "").trim_start_matches("http://").to_owned();
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream
        .write_all(b"GET /open/x HTTP/1.1\r\n\r\n")
        .await
        .unwrap();
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 400");
}
