//! Edge functions written into a template: CloudFront Functions, and Lambda@Edge at all four events.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::stage::{Script, Stage, write_template};

/// The fixture's template with one behavior `/fn/*` of the test's own.
pub(crate) fn template(name: &str, resources: &Value, behavior: &Value) -> PathBuf {
    write_template(name, |body| {
        for (id, resource) in resources.as_object().unwrap() {
            body["Resources"][id] = resource.clone();
        }
        let behaviors = &mut body["Resources"]["Distribution"]["Properties"]["DistributionConfig"]
            ["CacheBehaviors"];
        let mut own = behaviors[2].clone();
        own["PathPattern"] = json!("/fn/*");
        for (member, value) in behavior.as_object().unwrap() {
            own[member] = value.clone();
        }
        *behaviors = json!([own]);
    })
}

fn cloudfront_function(code: &str) -> Value {
    json!({"Type": "AWS::CloudFront::Function", "Properties": {
        "Name": "f", "FunctionCode": code, "FunctionConfig": {"Comment": "", "Runtime": "cloudfront-js-2.0"}}})
}

pub(crate) fn lambda(code: &str) -> Value {
    json!({"Type": "AWS::Lambda::Function", "Properties": {
        "Code": {"ZipFile": code}, "Handler": "index.handler", "Runtime": "nodejs20.x", "Timeout": 5}})
}

pub(crate) fn version(function: &str) -> Value {
    json!({"Type": "AWS::Lambda::Version", "Properties": {"FunctionName": {"Ref": function}}})
}

#[tokio::test]
async fn a_cloudfront_function_changes_requests_and_responses_and_answers_itself() {
    let code = "function handler(event) {
        if (event.response) { event.response.headers['x-seen'] = { value: event.context.eventType }; return event.response; }
        var request = event.request;
        if (request.querystring.stop) {
            return { statusCode: 418, statusDescription: 'Teapot', headers: { 'x-why': { value: request.querystring.stop.value } }, body: 'short' };
        }
        request.uri = request.uri + '/index';
        request.querystring.added = { value: '1' };
        return request;
    }";
    let association = |event: &str| json!({"EventType": event, "FunctionARN": {"Fn::GetAtt": ["F", "FunctionARN"]}});
    let behavior = json!({"FunctionAssociations": [association("viewer-request"), association("viewer-response")]});
    let path = template(
        "cloudfront-function",
        &json!({"F": cloudfront_function(code)}),
        &behavior,
    );
    let stage = Stage::start_with(|options| options.templates = vec![path]).await;
    let seen = stage.get("/fn/a?b=2", &[]).await;
    assert_eq!(
        (seen.status, seen.header("x-seen")),
        (200, "viewer-response")
    );
    assert_eq!(stage.origin.asked()[0].target, "/fn/a/index?b=2&added=1");
    let stopped = stage.get("/fn/a?stop=x", &[]).await;
    assert_eq!(
        (
            stopped.status,
            stopped.body.as_str(),
            stopped.header("x-why")
        ),
        (418, "short", "x")
    );
    assert_eq!(
        stopped.header("x-cache"),
        "FunctionGeneratedResponse from cloudfront"
    );
}

#[tokio::test]
async fn lambda_at_edge_runs_at_all_four_events() {
    let code = "exports.handler = async (event) => {
        const cf = event.Records[0].cf;
        const target = cf.response || cf.request;
        const name = 'x-' + cf.config.eventType;
        target.headers[name] = [{ key: name, value: cf.request.origin ? cf.request.origin.custom.domainName : 'viewer' }];
        return target;
    };";
    let events = [
        "viewer-request",
        "origin-request",
        "origin-response",
        "viewer-response",
    ];
    let associations: Vec<Value> = events
        .iter()
        .map(|event| json!({"EventType": event, "LambdaFunctionARN": {"Ref": "V"}}))
        .collect();
    let behavior = json!({"LambdaFunctionAssociations": associations});
    let path = template(
        "four-events",
        &json!({"L": lambda(code), "V": version("L")}),
        &behavior,
    );
    let stage = Stage::start_with(|options| options.templates = vec![path]).await;
    let seen = stage.get("/fn/a", &[]).await;
    assert_eq!(
        (
            seen.header("x-origin-response"),
            seen.header("x-viewer-response")
        ),
        ("api.example.com", "viewer")
    );
    let asked = stage.origin.asked();
    assert_eq!(
        (
            asked[0].headers["x-viewer-request"].as_bytes(),
            asked[0].headers["x-origin-request"].as_bytes()
        ),
        (&b"viewer"[..], &b"api.example.com"[..])
    );
    let again = stage.get("/fn/a", &[]).await;
    assert_eq!(
        (again.cache(), again.header("x-viewer-response")),
        ("Hit", "viewer")
    );
    let runs = stage.history(json!({"plane": "edge"}));
    let names: Vec<&str> = runs.iter().map(|run| run.operation.as_str()).collect();
    assert_eq!(
        names,
        [
            "viewer-request",
            "origin-request",
            "origin-response",
            "viewer-response",
            "viewer-request",
            "viewer-response"
        ]
    );
}

#[tokio::test]
async fn origin_response_runs_for_errors_and_viewer_response_does_not() {
    let code = "exports.handler = async (event) => {
        const cf = event.Records[0].cf;
        cf.response.headers['x-' + cf.config.eventType] = [{ value: cf.response.status }];
        return cf.response;
    };";
    let associations = ["origin-response", "viewer-response"]
        .map(|event| json!({"EventType": event, "LambdaFunctionARN": {"Ref": "V"}}));
    let path = template(
        "errors",
        &json!({"L": lambda(code), "V": version("L")}),
        &json!({"LambdaFunctionAssociations": associations}),
    );
    let stage = Stage::start_with(|options| options.templates = vec![path]).await;
    stage.origin.answers("/fn/gone", Script::ok("").status(404));
    let seen = stage.get("/fn/gone", &[]).await;
    assert_eq!(
        (
            seen.status,
            seen.header("x-origin-response"),
            seen.header("x-viewer-response")
        ),
        (404, "404", "")
    );
}

#[tokio::test]
async fn origin_events_show_the_query_only_where_all_of_it_is_forwarded() {
    let code = "exports.handler = async (event) => {
        const { request, response } = event.Records[0].cf;
        response.headers['x-query'] = [{ value: '[' + request.querystring + ']' }];
        return response;
    };";
    let associations = json!([{"EventType": "origin-response", "LambdaFunctionARN": {"Ref": "V"}}]);
    let functions = json!({"L": lambda(code), "V": version("L")});
    let all = json!({"LambdaFunctionAssociations": associations});
    let listed = json!({"LambdaFunctionAssociations": associations, "OriginRequestPolicyId": "acba4595-bd28-49b8-b9fe-13317c0390fa"});
    for (name, behavior, expected) in [
        ("query-all", all, "[organization=a]"),
        ("query-listed", listed, "[]"),
    ] {
        let path = template(name, &functions, &behavior);
        let stage = Stage::start_with(|options| options.templates = vec![path]).await;
        let seen = stage.get("/fn/a?organization=a", &[]).await;
        assert_eq!(seen.header("x-query"), expected, "{name}");
        assert_eq!(
            stage.origin.asked()[0].target,
            "/fn/a?organization=a",
            "the origin is sent it all the same"
        );
    }
}

fn sources(template: PathBuf) -> cloudfront_local::template::Sources {
    cloudfront_local::template::Sources {
        templates: vec![template],
        parameters: [("ApiDomain".to_owned(), "api.example.com".to_owned())].into(),
        ..Default::default()
    }
}

#[tokio::test]
async fn templates_that_cloudfront_would_refuse_are_refused_with_the_reason() {
    let both = json!({
        "FunctionAssociations": [{"EventType": "viewer-response", "FunctionARN": {"Fn::GetAtt": ["F", "FunctionARN"]}}],
        "LambdaFunctionAssociations": [{"EventType": "viewer-request", "LambdaFunctionARN": {"Ref": "V"}}],
    });
    let functions = json!({"F": cloudfront_function("function handler(e) {}"), "L": lambda(""), "V": version("L")});
    let large = json!({"F": cloudfront_function(&" ".repeat(10_241))});
    let one = json!({"FunctionAssociations": [{"EventType": "viewer-request", "FunctionARN": {"Fn::GetAtt": ["F", "FunctionARN"]}}]});
    let elsewhere = json!({"LambdaFunctionAssociations": [{"EventType": "viewer-request", "LambdaFunctionARN": {"Fn::ImportValue": "Edge:V"}}]});
    let cases = [
        (template("both", &functions, &both), "one kind or the other"),
        (template("large", &large, &one), "10241 bytes"),
        (
            template("elsewhere", &json!({}), &elsewhere),
            "give that stack's template too",
        ),
        (
            template("policy", &json!({}), &json!({"CachePolicyId": "none"})),
            "neither a policy of the given templates",
        ),
    ];
    for (path, reason) in cases {
        let told = cloudfront_local::template::read(&sources(path))
            .unwrap_err()
            .to_string();
        assert!(told.contains(reason), "{told}");
    }
}

#[tokio::test]
async fn hosts_that_a_function_calls_can_be_elsewhere() {
    let code = "const https = require('https');
        const get = (url) => new Promise((resolve, reject) => https.get(url, (response) => {
            let text = ''; response.on('data', (part) => { text += part; }); response.on('end', () => resolve(text));
        }).on('error', reject));
        exports.handler = async (event) => {
            const { response } = event.Records[0].cf;
            response.headers['x-fetched'] = [{ value: await (await fetch('https://keys.example.com/keys?by=fetch')).text() }];
            response.headers['x-got'] = [{ value: await get('https://keys.example.com/keys?by=https') }];
            return response;
        };";
    let associations = json!([{"EventType": "origin-response", "LambdaFunctionARN": {"Ref": "V"}}]);
    let functions = json!({"L": lambda(code), "V": version("L")});
    let path = template(
        "hosts",
        &functions,
        &json!({"LambdaFunctionAssociations": associations}),
    );
    let keys = Stage::start().await;
    keys.origin.answers("/keys", Script::ok("the keys"));
    let address = format!("keys.example.com={}", keys.origin_url)
        .parse()
        .unwrap();
    let stage = Stage::start_with(|options| {
        options.templates = vec![path];
        options.edge_hosts = vec![address];
    })
    .await;
    let seen = stage.get("/fn/a", &[]).await;
    assert_eq!(
        (seen.header("x-fetched"), seen.header("x-got")),
        ("the keys", "the keys"),
        "{seen:?}"
    );
    assert_eq!(keys.origin.asked()[1].headers["host"], "keys.example.com");
}
