//! Input that means no good. Each test ends by asking whether everything still answers.

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::stage::{Stage, batch, element};

/// The address behind a base URL.
fn address(url: &str) -> String {
    url.trim_start_matches("http://").to_owned()
}

/// Sends bytes as they are and reads until the other side closes or has nothing more to say.
async fn raw(url: &str, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address(url)).await.unwrap();
    // The other side may close before it has read everything.
    let _ = stream.write_all(bytes).await;
    let mut answer = Vec::new();
    let read = stream.read_to_end(&mut answer);
    let _ = tokio::time::timeout(std::time::Duration::from_secs(5), read).await;
    String::from_utf8_lossy(&answer).into_owned()
}

async fn still_answers(stage: &Stage) {
    assert_eq!(stage.get("/open/alive", &[]).await.status, 200);
    let (status, _) = stage.call("GET", "distribution", "").await;
    assert_eq!(status, 200);
    let (status, _) = stage.control("GET", "/profile", json!(null)).await;
    assert_eq!(status, 200);
}

#[tokio::test]
async fn malformed_http_is_answered_or_dropped() {
    let stage = Stage::start().await;
    let ready = stage.cloudfront.ready().clone();
    let long_line = format!("GET /{} HTTP/1.1\r\nhost: x\r\n\r\n", "a".repeat(200_000));
    let many_headers = format!("GET / HTTP/1.1\r\n{}\r\n", "x: y\r\n".repeat(5_000));
    let cases: [&[u8]; 8] = [
        b"\x00\x01\x02\x03\xff\xfe\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET / HTTP/1.1\r\nhost x\r\n\r\n",
        b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nZZZ\r\n",
        long_line.as_bytes(),
        many_headers.as_bytes(),
    ];
    for url in [
        &ready.control_plane,
        &ready.distributions[0].url,
        &ready.control,
    ] {
        for case in cases {
            let answer = raw(url, case).await;
            let shown = String::from_utf8_lossy(&case[..case.len().min(40)]);
            let is_refused = answer.is_empty() || answer.starts_with("HTTP/1.1 4");
            assert!(
                is_refused,
                "{shown:?} was answered {:?}",
                answer.lines().next()
            );
        }
    }
    still_answers(&stage).await;
}

#[tokio::test]
async fn garbage_in_place_of_http2_frames_is_dropped() {
    let stage = Stage::start().await;
    let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
    let huge_frame = [&preface[..], &[0xff; 9], &[0; 4096]].concat();
    let wrong_stream = [&preface[..], &[0, 0, 4, 4, 0, 0, 0, 0, 9, 1, 2, 3, 4]].concat();
    for case in [huge_frame, wrong_stream] {
        raw(&stage.cloudfront.ready().distributions[0].url, &case).await;
    }
    still_answers(&stage).await;
}

#[tokio::test]
async fn hostile_xml_is_refused_quickly() {
    let stage = Stage::start().await;
    let path = format!("distribution/{}/invalidation", stage.distribution());
    let entities = (0..20).fold(String::new(), |all, n| {
        format!("{all}<!ENTITY e{} \"&e{n};&e{n};\">", n + 1)
    });
    let bomb = format!(
        "<?xml version=\"1.0\"?><!DOCTYPE b [<!ENTITY e0 \"ha\">{entities}]><InvalidationBatch>&e20;</InvalidationBatch>"
    );
    let file = "<!DOCTYPE b [<!ENTITY f SYSTEM \"file:///etc/passwd\">]><InvalidationBatch><CallerReference>&f;</CallerReference></InvalidationBatch>";
    let deep = "<a>".repeat(100_000);
    let cases = [
        bomb.as_str(),
        file,
        &deep,
        "<InvalidationBatch",
        "{}",
        "\u{0}",
    ];
    for body in cases {
        let (status, xml) = stage.call("POST", &path, body).await;
        assert_eq!(
            (status, element(&xml, "Code")),
            (400, "MalformedXML"),
            "{}",
            &body[..body.len().min(40)]
        );
        assert!(!xml.contains("root:"), "no file is read");
    }
    let oversize = "x".repeat(17 << 20);
    let (status, xml) = stage.call("POST", &path, &oversize).await;
    assert_eq!((status, element(&xml, "Code")), (413, "BatchTooLarge"));
    still_answers(&stage).await;
}

#[tokio::test]
async fn what_clients_send_is_escaped_where_it_is_told_again() {
    let stage = Stage::start().await;
    let body = batch("&lt;r&gt;&amp;", &["/a?x=%3C&y=1"]);
    let path = format!("distribution/{}/invalidation", stage.distribution());
    let (status, xml) = stage.call("POST", &path, &body).await;
    assert_eq!(
        (status, element(&xml, "CallerReference")),
        (201, "&lt;r&gt;&amp;"),
        "{xml}"
    );
    assert_eq!(element(&xml, "Path"), "/a?x=%3C&amp;y=1");
}

#[tokio::test]
async fn limits_of_the_data_plane_are_answered_with_their_statuses() {
    let stage = Stage::start().await;
    let long = format!("/open/{}", "a".repeat(8200));
    assert_eq!(stage.get(&long, &[]).await.status, 414);
    let big = "a".repeat(21_000);
    assert_eq!(stage.get("/open/x", &[("x-big", &big)]).await.status, 494);
    let url = format!(
        "{}/elsewhere",
        stage.cloudfront.ready().distributions[0].url
    );
    let response = stage
        .client
        .post(url)
        .body(vec![0_u8; 21 << 20])
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 413);
    assert_eq!(stage.origin.asked().len(), 0);
    still_answers(&stage).await;
}

#[tokio::test]
async fn a_thousand_idle_and_half_sent_connections_do_not_keep_others_out() {
    let stage = Stage::start().await;
    let ready = stage.cloudfront.ready();
    let mut held = Vec::new();
    for n in 0..1000 {
        let url = if n % 2 == 0 {
            &ready.control_plane
        } else {
            &ready.distributions[0].url
        };
        let mut stream = TcpStream::connect(address(url)).await.unwrap();
        if n % 4 < 2 {
            stream
                .write_all(b"GET /open/x HTTP/1.1\r\nhost: ")
                .await
                .unwrap();
        }
        held.push(stream);
    }
    still_answers(&stage).await;
    drop(held);
}

#[tokio::test]
async fn the_cache_stays_within_its_bound() {
    let stage = Stage::start_with(|options| options.cache_capacity = 40_000).await;
    for n in 0..30 {
        stage.origin.answers(
            &format!("/open/{n}"),
            crate::stage::Script::ok(&"x".repeat(8_000)),
        );
        stage.get(&format!("/open/{n}"), &[]).await;
    }
    let (_, copies) = stage
        .control("GET", "/cache?place=FRA56-P4", json!(null))
        .await;
    let paths: Vec<&str> = copies
        .as_array()
        .unwrap()
        .iter()
        .map(|copy| copy["key"]["path"].as_str().unwrap())
        .collect();
    assert_eq!(
        paths,
        ["/open/26", "/open/27", "/open/28", "/open/29"],
        "the least recently used went first"
    );
}

#[tokio::test]
async fn bad_control_requests_are_refused_with_the_reason() {
    let stage = Stage::start().await;
    let cases = [
        (
            "POST",
            "/faults",
            json!({"operation": "Nothing", "effect": {"kind": "throttle"}}),
            "unknown variant `Nothing`",
        ),
        (
            "POST",
            "/faults",
            json!({"operation": "GetInvalidation"}),
            "missing field `effect`",
        ),
        (
            "PATCH",
            "/profile",
            json!({"propagation": 1}),
            "unknown field `propagation`",
        ),
        (
            "POST",
            "/tenants",
            json!({"id": "dt_a", "distribution": "E0", "domains": []}),
            "there is no distribution",
        ),
        ("POST", "/clock/back", json!(null), "is no action"),
    ];
    for (method, path, body, reason) in cases {
        let (status, told) = stage.control(method, path, body).await;
        assert!(
            (400..500).contains(&status) && told.to_string().contains(reason),
            "{path}: {status} {told}"
        );
    }
    still_answers(&stage).await;
}

#[tokio::test]
async fn listeners_are_on_loopback_only() {
    let stage = Stage::start().await;
    let ready = stage.cloudfront.ready();
    let own = std::net::UdpSocket::bind("0.0.0.0:0").unwrap();
    // No packet is sent: connecting a datagram socket only chooses the address of this machine.
    if own.connect("192.0.2.1:9").is_err() {
        return;
    }
    let outside = own.local_addr().unwrap().ip();
    for url in [
        &ready.control_plane,
        &ready.control,
        &ready.distributions[0].url,
    ] {
        let port = url.rsplit(':').next().unwrap();
        assert!(
            TcpStream::connect(format!("{outside}:{port}"))
                .await
                .is_err(),
            "{url} answers on {outside}"
        );
    }
}
