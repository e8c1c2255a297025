//! Compression at the edge.

use crate::stage::{Script, Stage};

fn text(size: usize) -> Script {
    Script::ok(&"a".repeat(size)).header("etag", "\"1\"")
}

#[tokio::test]
async fn an_answer_is_compressed_as_viewer_and_policy_allow() {
    let stage = Stage::start().await;
    stage.origin.answers("/open/t", text(5_000));
    let cases = [
        ("gzip, deflate, br", "br", "W/\"1\""),
        ("gzip", "gzip", "W/\"1\""),
        ("identity", "", "\"1\""),
    ];
    for (accepted, encoding, tag) in cases {
        let headers = [("accept-encoding", accepted)];
        let miss = stage.get("/open/t", &headers).await;
        assert_eq!(
            (
                miss.cache(),
                miss.header("content-encoding"),
                miss.header("etag")
            ),
            ("Miss", encoding, tag)
        );
        let hit = fetch(&stage, "/open/t", accepted).await;
        let plain = decode(encoding, &hit);
        assert_eq!(plain, "a".repeat(5_000).as_bytes(), "{accepted}");
        assert_eq!(hit.len() < 5_000, !encoding.is_empty());
    }
    let known = [("accept-encoding", "gzip"), ("if-none-match", "\"1\"")];
    assert_eq!(stage.get("/open/t", &known).await.status, 304);
}

async fn fetch(stage: &Stage, target: &str, accepted: &str) -> Vec<u8> {
    let url = format!("{}{target}", stage.cloudfront.ready().distributions[0].url);
    let request = stage.client.get(url).header("accept-encoding", accepted);
    request
        .send()
        .await
        .unwrap()
        .bytes()
        .await
        .unwrap()
        .to_vec()
}

fn decode(encoding: &str, bytes: &[u8]) -> Vec<u8> {
    use std::io::Read;
    let mut plain = Vec::new();
    match encoding {
        "br" => brotli::Decompressor::new(bytes, 4096)
            .read_to_end(&mut plain)
            .unwrap(),
        "gzip" => flate2::read::GzDecoder::new(bytes)
            .read_to_end(&mut plain)
            .unwrap(),
        _ => return bytes.to_vec(),
    };
    plain
}

#[tokio::test]
async fn what_the_guide_leaves_alone_is_left_alone() {
    let stage = Stage::start().await;
    stage.origin.answers("/open/small", text(999));
    stage.origin.answers(
        "/open/encoded",
        text(5_000).header("content-encoding", "x-own"),
    );
    stage.origin.answers("/open/error", text(5_000).status(500));
    stage
        .origin
        .answers("/open/image", text(5_000).typed("image/png"));
    stage.origin.answers("/elsewhere", text(5_000));
    for target in [
        "/open/small",
        "/open/encoded",
        "/open/error",
        "/open/image",
        "/elsewhere",
    ] {
        let seen = stage.get(target, &[("accept-encoding", "gzip, br")]).await;
        let encoding = seen.header("content-encoding");
        assert!(["", "x-own"].contains(&encoding), "{target}: {encoding}");
        assert_eq!(seen.header("etag"), "\"1\"", "{target}");
    }
}

#[tokio::test]
async fn a_tag_that_is_none_is_removed_when_the_answer_is_compressed() {
    let stage = Stage::start().await;
    let bare = Script::ok(&"a".repeat(5_000)).header("etag", "bare");
    stage.origin.answers("/open/t", bare);
    let seen = stage.get("/open/t", &[("accept-encoding", "br")]).await;
    assert_eq!(
        (seen.header("content-encoding"), seen.header("etag")),
        ("br", "")
    );
}
