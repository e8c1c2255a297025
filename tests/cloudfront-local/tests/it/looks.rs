//! An edge function before the origin that answers looks: requests which ask whether something is cached. Its answer is
//! 204 and `no-store`.

use serde_json::json;

use crate::functions::{lambda, template, version};
use crate::stage::{Origin, Script, Stage, eventually};

const LOOK: (&str, &str) = ("x-warmfront-look", "cached");

/// `/fn/*`, where looks do not get past the cache.
async fn stage(name: &str) -> (Stage, Origin) {
    let code = "exports.handler = async (event) => {
        const { request } = event.Records[0].cf;
        const look = request.headers['x-warmfront-look'];
        if (!look || look[0].value !== 'cached') return request;
        // Tells the test that it runs, and goes on when the test answers.
        await fetch('https://signal.example.com/look');
        return { status: '204', headers: { 'cache-control': [{ key: 'Cache-Control', value: 'no-store' }] } };
    };";
    let resources = json!({"L": lambda(code), "V": version("L")});
    let association = json!({"EventType": "origin-request", "LambdaFunctionARN": {"Ref": "V"}});
    let behavior = json!({"LambdaFunctionAssociations": [association]});
    let path = template(name, &resources, &behavior);
    let signal = Origin::default();
    let address = signal.clone().start().await;
    let host = format!("signal.example.com=http://{address}");
    let stage = Stage::start_with(|options| {
        options.templates = vec![path];
        options.edge_hosts = vec![host.parse().unwrap()];
    })
    .await;
    (stage, signal)
}

#[tokio::test]
async fn a_look_starts_nothing_at_the_origin_and_is_not_kept() {
    let (stage, _signal) = stage("looks").await;
    for _ in 0..2 {
        let look = stage.get("/fn/a", &[LOOK]).await;
        assert_eq!((look.status, look.header("age")), (204, ""));
    }
    assert_eq!(stage.origin.asked().len(), 0);
    let (_, copies) = stage.control("GET", "/cache", json!(null)).await;
    assert_eq!(copies, json!([]));
    stage.origin.answers("/fn/a", Script::ok("a"));
    let normal = stage.get("/fn/a", &[]).await;
    assert_eq!((normal.status, normal.cache()), (200, "Miss"));
    let look = stage.get("/fn/a", &[LOOK]).await;
    assert_eq!(
        (look.status, look.cache(), look.body.as_str()),
        (200, "Hit", "a")
    );
    assert_eq!(stage.origin.asked().len(), 1);
}

#[tokio::test]
async fn who_waits_for_a_look_does_not_get_its_answer() {
    let (stage, signal) = stage("looks-collapsed").await;
    signal.answers("/look", Script::ok("go on").slow(1_000));
    stage.origin.answers("/fn/a", Script::ok("a"));
    let look = stage.get("/fn/a", &[LOOK]);
    let normal = async {
        eventually("the look is under way", async || signal.asked().len() == 1).await;
        stage.get("/fn/a", &[]).await
    };
    let (look, normal) = tokio::join!(look, normal);
    assert_eq!((look.status, look.body.as_str()), (204, ""));
    assert_eq!((normal.status, normal.body.as_str()), (200, "a"));
    assert_eq!(stage.origin.asked().len(), 1);
}

#[tokio::test]
async fn a_look_that_waits_for_a_fetch_gets_what_it_fetched() {
    let (stage, _signal) = stage("looks-waiting").await;
    stage.origin.answers("/fn/a", Script::ok("a").slow(500));
    let normal = stage.get("/fn/a", &[]);
    let look = async {
        eventually("the origin is asked", async || {
            stage.origin.asked().len() == 1
        })
        .await;
        stage.get("/fn/a", &[LOOK]).await
    };
    let (normal, look) = tokio::join!(normal, look);
    assert_eq!((normal.status, look.status), (200, 200));
    assert_eq!(look.body, "a");
    assert_eq!(stage.origin.asked().len(), 1);
}
