//! Key value stores, modules and header rules of CloudFront Functions.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::stage::{Stage, write_template};

/// A stage with this function at both viewer events of `/open/*`.
async fn stage(name: &str, code: &str) -> Stage {
    let path = write_template(name, |body| {
        body["Resources"]["Store"] =
            json!({"Type": "AWS::CloudFront::KeyValueStore", "Properties": {"Name": "redirects"}});
        body["Resources"]["F"] = json!({"Type": "AWS::CloudFront::Function", "Properties": {
            "Name": "f", "FunctionCode": code, "FunctionConfig": {"Comment": "", "Runtime": "cloudfront-js-2.0",
                "KeyValueStoreAssociations": [{"KeyValueStoreARN": {"Fn::GetAtt": ["Store", "Arn"]}}]}}});
        let config = &mut body["Resources"]["Distribution"]["Properties"]["DistributionConfig"];
        let association = |event: &str| json!({"EventType": event, "FunctionARN": {"Fn::GetAtt": ["F", "FunctionARN"]}});
        let mut own = config["CacheBehaviors"][2].clone();
        own["FunctionAssociations"] = json!([
            association("viewer-request"),
            association("viewer-response")
        ]);
        config["CacheBehaviors"] = json!([own]);
    });
    let values = write_values(
        name,
        &json!({"data": [{"key": "/open/a", "value": "{\"to\":\"/open/b\"}"}]}),
    );
    Stage::start_with(|options| {
        options.templates = vec![path];
        options.key_values = vec![format!("redirects={}", values.display()).parse().unwrap()];
    })
    .await
}

fn write_values(name: &str, values: &Value) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-values.json"));
    std::fs::write(&path, values.to_string()).unwrap();
    path
}

#[tokio::test]
async fn a_function_reads_its_key_value_store() {
    let code = "import cf from 'cloudfront';
        const store = cf.kvs();
        async function handler(event) {
            if (event.response) return event.response;
            const request = event.request;
            const found = await store.exists(request.uri);
            request.headers['x-found'] = { value: String(found) };
            if (found) request.uri = (await store.get(request.uri, { format: 'json' })).to;
            try { await store.get('/nowhere'); } catch (error) { request.headers['x-error'] = { value: error.message.split(':')[0] }; }
            request.headers['x-count'] = { value: String((await store.meta()).keyCount) };
            return request;
        }";
    let stage = stage("store", code).await;
    stage.get("/open/a", &[]).await;
    stage.get("/open/c", &[]).await;
    let asked = stage.origin.asked();
    assert_eq!(
        (asked[0].target.as_str(), asked[1].target.as_str()),
        ("/open/b", "/open/c")
    );
    let header = |index: usize, name: &str| asked[index].headers[name].to_str().unwrap().to_owned();
    assert_eq!(
        (header(0, "x-found"), header(1, "x-found")),
        ("true".to_owned(), "false".to_owned())
    );
    assert_eq!(
        (header(0, "x-error"), header(0, "x-count")),
        ("KeyNotFound".to_owned(), "1".to_owned())
    );
}

#[tokio::test]
async fn a_store_without_a_file_is_empty_and_told_at_start() {
    let code = "function handler(event) { return event.response || event.request; }";
    let path = stage("told", code).await;
    assert!(
        path.cloudfront
            .ready()
            .not_modelled
            .iter()
            .all(|one| !one.contains("key value store"))
    );
    let malformed = write_values("malformed", &json!({"a": 1}));
    let templates = vec![
        PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
            .join("templates/told/Distribution.template.json"),
    ];
    let domain = ("ApiDomain".to_owned(), "api.example.com".to_owned());
    let mut options = cloudfront_local::Options::for_templates(templates);
    options.parameters = vec![domain];
    let without_file = options.clone();
    options.key_values = vec![format!("Store={}", malformed.display()).parse().unwrap()];
    let refused = cloudfront_local::CloudFrontLocal::start(options)
        .await
        .unwrap_err();
    let cause = std::error::Error::source(&refused).unwrap().to_string();
    assert!(cause.contains("holds no key values"), "{cause}");
    let empty = cloudfront_local::CloudFrontLocal::start(without_file)
        .await
        .unwrap();
    let told = empty.ready().not_modelled.join("\n");
    assert!(
        told.contains("fill it with --key-values redirects=FILE"),
        "{told}"
    );
}

#[tokio::test]
async fn a_function_that_changes_nothing_leaves_query_and_cookies_as_they_were() {
    let stage = stage(
        "nothing",
        "function handler(event) { return event.response || event.request; }",
    )
    .await;
    stage
        .get("/open/x?window=1&organization=a&window=&b", &[])
        .await;
    stage
        .get("/open/x?organization=a&window=1&window=&b", &[])
        .await;
    let asked: Vec<String> = stage
        .origin
        .asked()
        .into_iter()
        .map(|asked| asked.target)
        .collect();
    let expected = [
        "/open/x?window=1&organization=a&window=&b",
        "/open/x?organization=a&window=1&window=&b",
    ];
    assert_eq!(asked, expected, "two orders are two entries");
}

#[tokio::test]
async fn a_text_that_a_function_assigns_to_the_query_is_the_query() {
    let code = "function handler(event) {
        if (event.response) return event.response;
        event.request.querystring = 'organization=b&window=2';
        return event.request;
    }";
    let stage = stage("text-query", code).await;
    stage.get("/open/x?organization=a", &[]).await;
    assert_eq!(
        stage.origin.asked()[0].target,
        "/open/x?organization=b&window=2"
    );
}

#[tokio::test]
async fn header_rules_and_missing_modules_are_502() {
    let on_request = |change: &str| {
        format!(
            "function handler(event) {{ if (event.response) return event.response; {change} return event.request; }}"
        )
    };
    let on_response = |change: &str| {
        format!(
            "function handler(event) {{ if (!event.response) return event.request; {change} return event.response; }}"
        )
    };
    let cases = [
        on_request("event.request.headers['x-edge-a'] = { value: '1' };"),
        on_request("event.request.headers['connection'] = { value: 'close' };"),
        on_request("event.request.headers['host'] = { value: 'other' };"),
        on_request("event.request.headers['X-Upper'] = { value: '1' };"),
        on_request("event.request.method = 'PUT';"),
        on_request("event.request.querystring = 'a b';"),
        on_request("require('fs');"),
        on_response("event.response.headers['via'] = { value: 'me' };"),
        on_response("event.response.headers['x-cache'] = { value: 'me' };"),
    ];
    for (index, code) in cases.iter().enumerate() {
        let stage = stage(&format!("rules-{index}"), code).await;
        assert_eq!(stage.get("/open/x", &[]).await.status, 502, "{code}");
    }
}

#[tokio::test]
async fn a_function_sets_cookies_of_a_response() {
    let code = "function handler(event) {
        if (!event.response) return event.request;
        event.response.cookies.a = { value: '1', attributes: 'Secure; Path=/' };
        return event.response;
    }";
    let stage = stage("set-cookie", code).await;
    assert_eq!(
        stage.get("/open/x", &[]).await.header("set-cookie"),
        "a=1; Secure; Path=/"
    );
}
