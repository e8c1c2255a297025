//! What of a viewer's request reaches the origin, and what is refused.

use serde_json::json;

use crate::stage::{Script, Stage, changed, fixture};

/// `AllViewer`.
const ALL_VIEWER: &str = "216adef6-5c7f-47e4-b989-5492eafa07d3";

#[tokio::test]
async fn headers_that_cloudfront_removes_do_not_reach_the_origin() {
    let template = changed("removed-headers", |config| {
        config["DefaultCacheBehavior"]["OriginRequestPolicyId"] = json!(ALL_VIEWER);
    });
    let stage =
        Stage::start_with(|options| options.templates = vec![template, fixture("Edge")]).await;
    let removed = [
        "x-forwarded-proto",
        "x-real-ip",
        "x-edge-location",
        "x-http-method-override",
        "proxy-connection",
        "cloudfront-viewer-country",
    ];
    let mut sent: Vec<(&str, &str)> = removed.iter().map(|name| (*name, "forged")).collect();
    sent.extend([
        ("x-own", "1"),
        ("via", "1.0 before"),
        ("x-forwarded-for", "192.0.2.4"),
    ]);
    stage.get("/elsewhere", &sent).await;
    let asked = &stage.origin.asked()[0].headers;
    for name in removed {
        assert!(!asked.contains_key(name), "{name}");
    }
    assert_eq!(asked["x-own"], "1");
    assert_eq!(asked["x-forwarded-for"], "192.0.2.4,127.0.0.1");
    let via = asked["via"].to_str().unwrap();
    assert!(
        via.starts_with("1.0 before, 1.1 ") && via.ends_with("(CloudFront)"),
        "{via}"
    );
}

#[tokio::test]
async fn cloudfronts_own_headers_are_in_the_key_and_reach_the_origin_where_they_are_asked_for() {
    let template = crate::stage::write_template("own-headers", |body| {
        let key = &mut body["Resources"]["TenantCache"]["Properties"]["CachePolicyConfig"]["ParametersInCacheKeyAndForwardedToOrigin"];
        key["HeadersConfig"]["Headers"] =
            json!(["CloudFront-Viewer-Country", "CloudFront-Is-Mobile-Viewer"]);
    });
    let stage =
        Stage::start_with(|options| options.templates = vec![template, fixture("Edge")]).await;
    let tokyo = ("x-cloudfront-local-pop", "NRT");
    let phone = ("user-agent", "Mozilla/5.0 (iPhone) Mobi");
    let forged = ("cloudfront-viewer-country", "XX");
    for headers in [vec![], vec![phone], vec![tokyo], vec![forged]] {
        stage.get("/open/c", &headers).await;
    }
    let asked: Vec<(String, String)> = stage
        .origin
        .asked()
        .iter()
        .map(|asked| {
            let text = |name: &str| asked.headers[name].to_str().unwrap().to_owned();
            (
                text("cloudfront-viewer-country"),
                text("cloudfront-is-mobile-viewer"),
            )
        })
        .collect();
    let expected = [("DE", "false"), ("DE", "true"), ("JP", "false")];
    assert_eq!(
        asked,
        expected.map(|(a, b)| (a.to_owned(), b.to_owned())),
        "the forged one is a hit"
    );
}

#[tokio::test]
async fn a_get_with_a_body_is_refused() {
    let stage = Stage::start().await;
    let url = format!("{}/open/x", stage.cloudfront.ready().distributions[0].url);
    let seen = stage.client.get(&url).body("b").send().await.unwrap();
    assert_eq!(seen.status(), 403);
    assert_eq!(stage.origin.asked().len(), 0);
}

#[tokio::test]
async fn behaviors_are_chosen_by_the_normalised_path_and_the_origin_is_sent_the_raw_one() {
    let stage = Stage::start().await;
    for path in ["/a/../api/cost", "//api/cost", "/%61pi/cost", "/api/./cost"] {
        let seen = raw_get(&stage, path).await;
        assert!(
            seen.starts_with("HTTP/1.1 401"),
            "{path} is guarded like /api/cost: {seen}"
        );
    }
    raw_get(&stage, "/x/..//open/p").await;
    assert_eq!(stage.origin.asked()[0].target, "/x/..//open/p");
}

/// A client library would normalise the path itself.
async fn raw_get(stage: &Stage, path: &str) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let url = &stage.cloudfront.ready().distributions[0].url;
    let mut stream = tokio::net::TcpStream::connect(&url[7..]).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn legacy_settings_forward_other_headers_and_a_star_forwards_all_and_caches_nothing() {
    let legacy = |headers: serde_json::Value| {
        move |config: &mut serde_json::Value| {
            let behavior = config["DefaultCacheBehavior"].as_object_mut().unwrap();
            behavior.remove("CachePolicyId");
            behavior.remove("OriginRequestPolicyId");
            behavior.insert(
                "ForwardedValues".to_owned(),
                json!({"QueryString": false, "Headers": headers}),
            );
        }
    };
    let sent = [
        ("x-own", "1"),
        ("accept-language", "de"),
        ("authorization", "t"),
        ("user-agent", "me"),
    ];
    let cases = [
        (json!([]), "Hit", [true, false, false], "Amazon CloudFront"),
        (
            json!(["Accept-Language"]),
            "Hit",
            [true, true, false],
            "Amazon CloudFront",
        ),
        (json!(["*"]), "Miss", [true, true, true], "me"),
    ];
    for (index, (headers, second, forwarded, agent)) in cases.into_iter().enumerate() {
        let template = changed(&format!("legacy-{index}"), legacy(headers));
        let stage =
            Stage::start_with(|options| options.templates = vec![template, fixture("Edge")]).await;
        stage.origin.answers("/x", Script::ok("x"));
        stage.get("/x", &sent).await;
        assert_eq!(stage.get("/x", &sent).await.cache(), second, "case {index}");
        let asked = &stage.origin.asked()[0].headers;
        let got =
            ["x-own", "accept-language", "authorization"].map(|name| asked.contains_key(name));
        assert_eq!(
            (got, asked["user-agent"].to_str().unwrap()),
            (forwarded, agent),
            "case {index}"
        );
    }
}
