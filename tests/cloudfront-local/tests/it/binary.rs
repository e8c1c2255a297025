//! The program itself, as launchers use it.

use std::process::Stdio;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::stage::fixture;

fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cloudfront-local"));
    command
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

fn templates() -> [String; 2] {
    ["Distribution", "Edge"].map(|name| format!("--template={}", fixture(name).display()))
}

async fn ready_line(child: &mut Child) -> Value {
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    serde_json::from_str(&lines.next_line().await.unwrap().unwrap()).unwrap()
}

#[tokio::test]
async fn the_first_line_tells_where_everything_is_and_a_signal_ends_it() {
    let [main, edge] = templates();
    let mut child = program(&[
        &main,
        &edge,
        "--parameter",
        "ApiDomain=api.example.com",
        "--seed",
        "7",
    ])
    .spawn()
    .unwrap();
    let ready = ready_line(&mut child).await;
    assert_eq!(
        (&ready["seed"], &ready["profile"]),
        (&Value::from(7), &Value::from("calm"))
    );
    let client = reqwest::Client::builder().build().unwrap();
    let again: Value = serde_json::from_str(
        &client
            .get(ready["control"].as_str().unwrap())
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap(),
    )
    .unwrap();
    assert_eq!(again, ready, "the control port tells the same");
    let told = ready["notModelled"].to_string();
    assert!(told.contains("(api.example.com) has no address"), "{told}");
    let id = child.id().unwrap().to_string();
    assert!(
        Command::new("kill")
            .args(["-TERM", &id])
            .status()
            .await
            .unwrap()
            .success()
    );
    assert!(child.wait().await.unwrap().success());
}

#[tokio::test]
async fn ids_are_the_same_on_every_start() {
    let [main, edge] = templates();
    let mut seen = Vec::new();
    for _ in 0..2 {
        let mut child = program(&[&main, &edge, "--parameter=ApiDomain=api.example.com"])
            .spawn()
            .unwrap();
        seen.push(ready_line(&mut child).await["distributions"][0]["id"].clone());
    }
    assert_eq!(seen[0], seen[1]);
}

#[tokio::test]
async fn what_cannot_be_started_says_why() {
    let main = &templates()[0];
    let cases: [(&[&str], &str); 5] = [
        (
            &["--template=/nowhere.template.json"],
            "cannot read template /nowhere.template.json",
        ),
        (
            &[main, "--parameter=ApiDomain=api.example.com"],
            "give that stack's template too",
        ),
        (
            &[main],
            "Distribution.Origins[0].DomainName: parameter ApiDomain has no value: give --parameter ApiDomain=VALUE",
        ),
        (
            &[main, "--origin=*=https://127.0.0.1:1"],
            "http://HOST:PORT without a path is expected",
        ),
        (&[main, "--profile=wild"], "calm, real or rough"),
    ];
    for (arguments, reason) in cases {
        let output = program(arguments).output().await.unwrap();
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            !output.status.success() && told.contains(reason),
            "{arguments:?}: {told}"
        );
    }
}

#[tokio::test]
async fn it_ends_with_its_parent_on_request() {
    let [main, edge] = templates();
    let mut command = program(&[
        &main,
        &edge,
        "--parameter=ApiDomain=api.example.com",
        "--with-parent",
    ]);
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    ready_line(&mut child).await;
    assert!(child.try_wait().unwrap().is_none(), "stdin is still open");
    drop(child.stdin.take());
    let ended = tokio::time::timeout(std::time::Duration::from_mins(1), child.wait()).await;
    assert!(ended.unwrap().unwrap().success());
}

#[tokio::test]
async fn a_page_shows_the_cache_and_asks_nothing_elsewhere() {
    let stage =
        crate::stage::Stage::start_with(|options| options.propagation_ms = Some(60_000)).await;
    let tagged = crate::stage::Script::ok("a").header("cache-tag", "t");
    stage.origin.answers("/open/a", tagged);
    stage.get("/open/a", &[]).await;
    assert_eq!(stage.invalidate("r", &["#t", "/open/*"]).await.0, 201);
    let (_, purges) = stage.control("GET", "/purges", Value::Null).await;
    assert_eq!(purges[0]["items"], serde_json::json!(["#t", "/open/*"]));
    assert_eq!(
        purges[0]["owners"],
        serde_json::json!([stage.distribution()])
    );
    let places = purges[0]["waiting"].as_array().unwrap();
    assert!(
        places.iter().any(|one| one["place"] == "FRA56-P4"),
        "{purges}"
    );
    let url = format!("{}/page", stage.cloudfront.ready().control);
    let response = stage.client.get(url).send().await.unwrap();
    let policy = response.headers()["content-security-policy"]
        .to_str()
        .unwrap()
        .to_owned();
    assert!(policy.starts_with("default-src 'none'"), "{policy}");
    let html = response.text().await.unwrap();
    assert!(
        html.contains("Purges on their way") && !html.contains("://"),
        "an address elsewhere"
    );
}
