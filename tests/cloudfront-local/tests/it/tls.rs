use reqwest::{Certificate, Version};

use crate::stage::Stage;

fn client(stage: &Stage) -> reqwest::Client {
    let ready = stage.cloudfront.ready();
    let authority = Certificate::from_pem(ready.ca_certificate.as_bytes()).unwrap();
    let distribution = &ready.distributions[0];
    let address = distribution
        .tls_url
        .trim_start_matches("https://")
        .parse()
        .unwrap();
    let builder = reqwest::Client::builder()
        .tls_certs_only([authority])
        .resolve(&distribution.domain_name, address);
    builder
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap()
}

#[tokio::test]
async fn viewers_speak_http2_over_tls_by_the_distributions_own_name() {
    let stage = Stage::start().await;
    let distribution = &stage.cloudfront.ready().distributions[0];
    let port = distribution.tls_url.rsplit(':').next().unwrap();
    let url = format!("https://{}:{port}/open/x", distribution.domain_name);
    let client = client(&stage);
    let first = client.get(&url).send().await.unwrap();
    assert_eq!(
        (first.version(), first.status().as_u16()),
        (Version::HTTP_2, 200)
    );
    let second = client.get(&url).send().await.unwrap();
    assert_eq!(second.headers()["x-cache"], "Hit from cloudfront");
}

#[tokio::test]
async fn a_viewer_without_the_authority_gets_no_connection() {
    let stage = Stage::start().await;
    let url = format!(
        "{}/open/x",
        stage.cloudfront.ready().distributions[0].tls_url
    );
    assert!(stage.client.get(url).send().await.unwrap_err().is_connect());
}

#[tokio::test]
async fn the_viewer_protocol_policy_counts_where_plain_is_plain() {
    let stage = Stage::start_with(|options| options.plain_is_http = true).await;
    let seen = stage
        .get("/open/x?window=1", &[("host", "d.example.com")])
        .await;
    assert_eq!(
        (seen.status, seen.header("x-cache")),
        (301, "Redirect from cloudfront")
    );
    assert_eq!(
        seen.header("location"),
        "https://d.example.com/open/x?window=1"
    );
}

#[tokio::test]
async fn viewers_may_speak_http2_without_tls() {
    let stage = Stage::start().await;
    let client = reqwest::Client::builder()
        .http2_prior_knowledge()
        .build()
        .unwrap();
    let url = format!("{}/open/x", stage.cloudfront.ready().distributions[0].url);
    let response = client.get(url).send().await.unwrap();
    assert_eq!(
        (response.version(), response.status().as_u16()),
        (Version::HTTP_2, 200)
    );
}
