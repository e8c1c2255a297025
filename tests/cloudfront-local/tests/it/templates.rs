//! Templates of all kinds: YAML by hand, SAM, what the CDK emits for function URLs; and those that are refused.

use std::path::PathBuf;

use cloudfront_local::template::{self, Sources};
use cloudfront_local::{CloudFrontLocal, Options};
use serde_json::{Value, json};

use crate::stage::{Script, Stage, changed, element, fixture, with_resources, write_template};

fn yaml(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/yaml")
        .join(name)
}

/// Why a template is refused.
fn refusal(template: PathBuf) -> String {
    let sources = Sources {
        templates: vec![template, fixture("Edge")],
        parameters: [("ApiDomain".to_owned(), "api.example.com".to_owned())].into(),
        ..Sources::default()
    };
    template::read(&sources).unwrap_err().to_string()
}

#[tokio::test]
async fn a_yaml_template_by_hand_is_served() {
    let stage = Stage::start_with(|options| options.templates = vec![yaml("site.yaml")]).await;
    stage
        .origin
        .answers("/api/a", Script::ok("a").header("cache-tag", "t"));
    assert_eq!(stage.get("/api/a?page=1&x=1", &[]).await.cache(), "Miss");
    assert_eq!(stage.get("/api/a?page=1&x=2", &[]).await.cache(), "Hit");
    assert_eq!(stage.get("/api/a?page=2", &[]).await.cache(), "Miss");
    stage.purge("r", &["#t"]).await;
    assert_eq!(stage.get("/api/a?page=1", &[]).await.cache(), "Miss");
    let home = stage.get("/", &[]).await;
    assert_eq!(home.header("x-frame-options"), "SAMEORIGIN");
    let told = stage.cloudfront.ready().not_modelled.join("\n");
    assert!(
        told.contains(
            "ViewerCertificate.AcmCertificateArn is left out: parameter Certificate has no value"
        ),
        "{told}"
    );
    assert!(told.contains("HeaderValue is left out"), "{told}");
    let asked = stage.origin.asked();
    assert!(
        asked
            .iter()
            .all(|one| !one.headers.contains_key("x-origin-verify"))
    );
}

#[tokio::test]
async fn a_sam_template_is_served_with_its_function_from_the_folder() {
    let stage = Stage::start_with(|options| options.templates = vec![yaml("sam.yaml")]).await;
    let seen = stage.get("/a", &[]).await;
    assert_eq!((seen.status, seen.header("x-stamp")), (200, "edge"));
    let host = stage.origin.asked()[0].headers["host"].clone();
    let host = host.to_str().unwrap();
    assert!(
        host.ends_with(".execute-api.us-east-1.amazonaws.com"),
        "{host}"
    );
    let path = format!("distribution/{}/config", stage.distribution());
    let (_, xml) = stage.call("GET", &path, "").await;
    assert!(
        xml.contains(".lambda-url.us-east-1.on.aws</DomainName>"),
        "{xml}"
    );
}

#[tokio::test]
async fn a_function_url_origin_of_the_cdk_has_a_host_name() {
    let url = json!({"Type": "AWS::Lambda::Url", "Properties": {"AuthType": "NONE"}});
    let path = write_template("function-url", |body| {
        body["Resources"]["Url"] = url;
        let config = &mut body["Resources"]["Distribution"]["Properties"]["DistributionConfig"];
        config["Origins"][0]["DomainName"] = json!({"Fn::Select": [2, {"Fn::Split": ["/",
            {"Fn::GetAtt": ["Url", "FunctionUrl"]}]}]});
    });
    let stage = Stage::start_with(|options| options.templates[0] = path).await;
    stage.get("/open/a", &[]).await;
    let host = stage.origin.asked()[0].headers["host"].clone();
    assert!(
        host.to_str()
            .unwrap()
            .ends_with(".lambda-url.us-east-1.on.aws"),
        "{host:?}"
    );
}

#[tokio::test]
async fn a_tenant_has_the_domain_that_its_parameter_says() {
    let path = write_template("tenant-domain", |body| {
        body["Parameters"]["TenantDomain"] = json!({"Type": "String", "Default": "t.example.com"});
        body["Resources"]["Tenant"] = json!({"Type": "AWS::CloudFront::DistributionTenant", "Properties": {
            "DistributionId": {"Ref": "Distribution"}, "Name": "t", "Domains": [{"Ref": "TenantDomain"}]}});
    });
    let stage = Stage::start_with(|options| options.templates[0] = path).await;
    let (_, tenants) = stage.control("GET", "/tenants", Value::Null).await;
    assert_eq!(tenants[0]["domains"], json!(["t.example.com"]));
}

#[tokio::test]
async fn what_is_needed_and_cannot_be_known_is_refused_at_start() {
    let path = changed("unknown", |config| {
        config["Origins"][0]["DomainName"] = json!({"Fn::ImportValue": "api-host"});
        config["DefaultCacheBehavior"]["CachePolicyId"] = json!({"Ref": "Nowhere"});
    });
    let told = refusal(path);
    assert!(
        told.contains("Distribution.Origins[0].DomainName: no given template exports \"api-host\""),
        "{told}"
    );
    assert!(
        told.contains(
            "DefaultCacheBehavior.CachePolicyId: there is no parameter or resource Nowhere"
        ),
        "{told}"
    );
}

#[test]
fn a_template_that_cloudfront_would_refuse_is_refused_with_every_problem() {
    let path = changed("refused", |config| {
        config["Comment"] = json!("a\u{1}");
        config["HttpVersion"] = json!("http4");
        config["CacheTagConfig"] = json!({"HeaderName": "no header"});
        config["Aliases"] = (0..101).map(|n| format!("a{n}.example.com")).collect();
        config["Origins"][0]["DomainName"] = json!("https://api.example.com/x");
        config["Origins"][0]["OriginCustomHeaders"] =
            json!([{"HeaderName": "X-Edge-Location", "HeaderValue": "x"}]);
        config["Origins"][0]["CustomOriginConfig"]["OriginReadTimeout"] = json!(121);
        config["DefaultCacheBehavior"] = json!({
            "TargetOriginId": "none", "ViewerProtocolPolicy": "https", "AllowedMethods": ["GET", "POST"],
            "CachedMethods": ["GET", "HEAD", "OPTIONS"], "MinTTL": 10, "DefaultTTL": 5,
            "ForwardedValues": {"QueryString": true}});
        config["CustomErrorResponses"] =
            json!([{"ErrorCode": 404, "ResponsePagePath": "/e"}, {"ErrorCode": 418}]);
    });
    let told = refusal(path);
    for reason in [
        "Distribution: Comment has control characters",
        "Distribution: HttpVersion is \"http4\"; CloudFront takes http1.1",
        "\"no header\" is no header name",
        "101 aliases, over the quota of 100",
        "without https:// and a path",
        "CloudFront does not add X-Edge-Location",
        "OriginReadTimeout is 121; CloudFront takes 1 to 120",
        "default behavior: there is no origin or origin group \"none\"",
        "ViewerProtocolPolicy is \"https\"; CloudFront takes allow-all",
        "AllowedMethods is GET POST; CloudFront takes GET HEAD, or",
        "MinTTL 10, DefaultTTL 5, MaxTTL 31536000: each may be at most the next",
        "error response 404: ResponsePagePath and ResponseCode go together",
        "error response 418: ErrorCode is none of",
    ] {
        assert!(told.contains(reason), "{reason} is not in {told}");
    }
}

#[test]
fn a_policy_that_cloudfront_would_refuse_is_refused() {
    let policy = |key: Value, ttls: [u64; 3]| {
        json!({"TenantCache": {"Type": "AWS::CloudFront::CachePolicy", "Properties": {"CachePolicyConfig": {
            "Name": "p", "MinTTL": ttls[0], "DefaultTTL": ttls[1], "MaxTTL": ttls[2],
            "ParametersInCacheKeyAndForwardedToOrigin": key}}}})
    };
    let none = |part: &str| json!({ part: "none" });
    let key = |headers: Value| {
        json!({"HeadersConfig": headers, "CookiesConfig": none("CookieBehavior"),
            "QueryStringsConfig": none("QueryStringBehavior"), "EnableAcceptEncodingGzip": false})
    };
    let listed = |names: Value| json!({"HeaderBehavior": "whitelist", "Headers": names});
    let many: Value = (0..11).map(|n| format!("x-{n}")).collect();
    let cases = [
        (
            key(listed(json!(["x y"]))),
            [0, 1, 2],
            "\"x y\" is no header name",
        ),
        (
            key(listed(many)),
            [0, 1, 2],
            "11 Headers, over the quota of 10",
        ),
        (
            key(listed(json!([]))),
            [0, 1, 2],
            "HeaderBehavior whitelist with 0 names",
        ),
        (
            key(none("HeaderBehavior")),
            [5, 1, 2],
            "each may be at most the next",
        ),
        (
            key(listed(json!(["x"]))),
            [0, 0, 0],
            "takes nothing into the key",
        ),
    ];
    for (index, (key, ttls, reason)) in cases.into_iter().enumerate() {
        let path = with_resources(&format!("policy-{index}"), &policy(key, ttls));
        let told = refusal(path);
        assert!(told.contains(reason), "{reason} is not in {told}");
    }
}

#[tokio::test]
async fn a_policy_of_another_stack_comes_from_a_file_as_the_api_gives_it() {
    let id = "11111111-2222-3333-4444-555555555555";
    let path = changed("foreign-policy", |config| {
        config["DefaultCacheBehavior"]["CachePolicyId"] = json!(id);
    });
    let told = refusal(path.clone());
    assert!(told.contains(&format!("--policy {id}=FILE")), "{told}");
    let policy = json!({"ETag": "E1", "CachePolicy": {"Id": id, "CachePolicyConfig": {
        "Name": "foreign", "MinTTL": 0, "DefaultTTL": 60, "MaxTTL": 60,
        "ParametersInCacheKeyAndForwardedToOrigin": {
            "EnableAcceptEncodingGzip": false, "CookiesConfig": {"CookieBehavior": "none"},
            "HeadersConfig": {"HeaderBehavior": "whitelist", "Headers": {"Quantity": 1, "Items": ["x-device"]}},
            "QueryStringsConfig": {"QueryStringBehavior": "none"}}}}});
    let file = path.with_file_name("policy.json");
    std::fs::write(&file, policy.to_string()).unwrap();
    let stage = Stage::start_with(|options| {
        options.templates[0] = path;
        options.policies = vec![(id.to_owned(), file.display().to_string())];
    })
    .await;
    for (device, cache) in [("phone", "Miss"), ("phone", "Hit"), ("desk", "Miss")] {
        let seen = stage.get("/a", &[("x-device", device)]).await;
        assert_eq!(seen.cache(), cache, "{device}");
    }
}

#[tokio::test]
async fn functions_can_be_skipped_and_each_is_told() {
    let stage = Stage::start_with(|options| {
        // Without the stack that has the functions.
        options.templates.truncate(1);
        options.skip_functions = true;
    })
    .await;
    assert_eq!(stage.get("/api/cost", &[]).await.status, 200);
    let told = stage.cloudfront.ready().not_modelled.join("\n");
    assert!(
        told.contains("behavior \"/api/*\": the viewer-request function is skipped, as asked"),
        "{told}"
    );
}

#[tokio::test]
async fn every_template_shows_the_members_that_the_api_requires() {
    for template in [yaml("site.yaml"), yaml("sam.yaml")] {
        let mut options = Options::for_templates(vec![template]);
        options.skip_functions = true;
        let cloudfront = CloudFrontLocal::start(options).await.unwrap();
        let url = format!(
            "{}/2020-05-31/distribution",
            cloudfront.ready().control_plane
        );
        let xml = reqwest::get(url).await.unwrap().text().await.unwrap();
        for name in [
            "ViewerCertificate",
            "Restrictions",
            "Staging",
            "HTTPPort",
            "HTTPSPort",
        ] {
            assert!(xml.contains(&format!("<{name}>")), "{name} is not in {xml}");
        }
        assert_eq!(element(&xml, "RestrictionType"), "none");
    }
}
