//! The SDK's client of *invalidate*, against a server that answers as scripted.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use aws_sdk_cloudfront::config::{BehaviorVersion, Credentials, Region, SharedCredentialsProvider};
use invalidate::cloudfront::{CreateInvalidation, SdkCloudFront};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use warmfront::message::PurgeTarget;
use warmfront::service_fault::{FaultKind, ServiceFault};
use warmfront::step::SdkConfig;

const THROTTLED: &str = "<?xml version=\"1.0\"?><ErrorResponse xmlns=\"http://cloudfront.amazonaws.com/doc/\
     2020-05-31/\"><Error><Type>Sender</Type><Code>Throttling</Code><Message>Rate exceeded</Message></Error>\
     <RequestId>r</RequestId></ErrorResponse>";

/// What the client makes of this answer to every call, and how many calls it makes.
async fn asked(status: u16, body: &str) -> (ServiceFault, u32) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let answer = format!(
        "HTTP/1.1 {status} X\r\ncontent-type: text/xml\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    let calls = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&calls);
    let server = tokio::spawn(async move {
        loop {
            let (mut connection, _) = listener.accept().await.unwrap();
            counted.fetch_add(1, Ordering::Relaxed);
            let mut request = Vec::new();
            // The request's last line.
            while !request.ends_with(b"</InvalidationBatch>") {
                assert_ne!(connection.read_buf(&mut request).await.unwrap(), 0);
            }
            connection.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    let credentials = Credentials::new("id", "key", None, None, "test");
    let config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-central-1"))
        .endpoint_url(url)
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .build();
    let target = PurgeTarget::Distribution("E1".into());
    let cloudfront = SdkCloudFront::new(&config);
    let answer = cloudfront
        .create_invalidation(&target, &["#tenant:acme".into()], "r")
        .await;
    server.abort();
    (answer.unwrap_err(), calls.load(Ordering::Relaxed))
}

/// Repeating is the state machine's: tries within tries multiply the calls of a crowd.
#[tokio::test]
async fn a_refused_call_is_made_once() {
    for (status, body) in [(400, THROTTLED), (503, "")] {
        assert_eq!(asked(status, body).await.1, 1, "{status}");
    }
}

#[tokio::test]
async fn a_whole_error_is_what_it_says() {
    let (fault, _) = asked(400, THROTTLED).await;
    assert_eq!(
        (fault.kind, &*fault.code),
        (FaultKind::Throttled, "Throttling")
    );
}

/// Cut within `Throttling`, the SDK reads the code `Thr`, which nobody knows and nobody repeats.
#[tokio::test]
async fn an_error_that_is_cut_short_is_no_answer() {
    let end = THROTTLED.find("ottling").unwrap();
    for body in [
        &THROTTLED[..end],
        &THROTTLED[..THROTTLED.len() - 1],
        "<html>",
    ] {
        let (fault, _) = asked(400, body).await;
        assert_eq!(fault.kind, FaultKind::Unavailable, "{body}: {fault}");
        assert_eq!(fault.code, "", "{body}");
    }
}

#[tokio::test]
async fn a_success_that_is_cut_short_is_no_answer() {
    let body = "<?xml version=\"1.0\"?><Invalidation><Id>I1</Id><Status>InProg";
    let (fault, _) = asked(201, body).await;
    assert_eq!(fault.kind, FaultKind::Unavailable, "{fault}");
}
