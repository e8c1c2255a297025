//! Configurations, tenants and resource tags through the API.

use serde_json::json;

use crate::stage::{Script, Stage, batch, changed, element, fixture, write_template};

/// `GetDistributionConfig`: `ETag` and the configuration's XML.
async fn configuration(stage: &Stage) -> (String, String) {
    let url = format!(
        "{}/2020-05-31/distribution/{}/config",
        stage.cloudfront.ready().control_plane,
        stage.distribution()
    );
    let response = stage.client.get(url).send().await.unwrap();
    let etag = response.headers()["etag"].to_str().unwrap().to_owned();
    (etag, response.text().await.unwrap())
}

/// `UpdateDistribution`: status and XML.
async fn update(stage: &Stage, etag: Option<&str>, config: &str) -> (u16, String) {
    let url = format!(
        "{}/2020-05-31/distribution/{}/config",
        stage.cloudfront.ready().control_plane,
        stage.distribution()
    );
    let mut request = stage.client.put(url).body(config.to_owned());
    if let Some(etag) = etag {
        request = request.header("if-match", etag);
    }
    let response = request.send().await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

#[tokio::test]
async fn cache_tags_can_be_switched_on_at_run_time() {
    let path = changed("untagged", |config| {
        config.as_object_mut().unwrap().remove("CacheTagConfig");
    });
    let stage = Stage::start_with(|options| options.templates = vec![path, fixture("Edge")]).await;
    let tagged = Script::ok("a").header("cache-tag", "t");
    stage.origin.answers("/open/a", tagged);
    stage.get("/open/a", &[]).await;
    stage.purge("r1", &["#t"]).await;
    assert_eq!(
        stage.get("/open/a", &[]).await.cache(),
        "Hit",
        "tags do nothing"
    );
    let (etag, config) = configuration(&stage).await;
    let with_tags =
        "<CacheTagConfig><HeaderName>Cache-Tag</HeaderName></CacheTagConfig></DistributionConfig>";
    let config = config.replace("</DistributionConfig>", with_tags);
    let (status, xml) = update(&stage, Some(&etag), &config).await;
    assert_eq!(
        (status, element(&xml, "Status")),
        (200, "Deployed"),
        "{xml}"
    );
    stage.purge("r2", &["/open/a"]).await;
    stage.get("/open/a", &[]).await;
    stage.purge("r3", &["#t"]).await;
    assert_eq!(stage.get("/open/a", &[]).await.cache(), "Miss");
    let (next, again) = configuration(&stage).await;
    assert!(
        next != etag && again.contains("<HeaderName>Cache-Tag</HeaderName>"),
        "{again}"
    );
}

#[tokio::test]
async fn what_the_api_gives_it_takes_back_unchanged() {
    let stage = Stage::start().await;
    let (etag, before) = configuration(&stage).await;
    let (status, xml) = update(&stage, Some(&etag), &before).await;
    assert_eq!(status, 200, "{xml}");
    assert_eq!(configuration(&stage).await.1, before);
}

#[tokio::test]
async fn updates_are_refused_with_the_documented_codes() {
    let stage = Stage::start().await;
    let (etag, config) = configuration(&stage).await;
    let other = config.replace("<CallerReference>Distribution", "<CallerReference>Other");
    let bad = config.replace("<ViewerProtocolPolicy>", "<ViewerProtocolPolicy>x");
    let odd = config.replace("<Comment>", "<Colour>red</Colour><Comment>");
    let count = config.replace("<Aliases><Quantity>0", "<Aliases><Quantity>1");
    let cases = [
        (None, &config, 400, "InvalidIfMatchVersion"),
        (Some("E0"), &config, 412, "PreconditionFailed"),
        (Some(etag.as_str()), &other, 400, "IllegalUpdate"),
        (Some(etag.as_str()), &bad, 400, "InvalidArgument"),
        (Some(etag.as_str()), &odd, 400, "MalformedXML"),
        (Some(etag.as_str()), &count, 400, "InconsistentQuantities"),
    ];
    for (version, body, status, code) in cases {
        let (answered, xml) = update(&stage, version, body).await;
        assert_eq!((answered, element(&xml, "Code")), (status, code), "{xml}");
    }
    assert_eq!(configuration(&stage).await, (etag, config));
}

#[tokio::test]
async fn tenants_and_resource_tags_are_shown() {
    let path = write_template("shown-tenants", |body| {
        body["Resources"]["Distribution"]["Properties"]["Tags"] =
            json!([{"Key": "team", "Value": "a & b"}]);
        for name in ["A", "B"] {
            body["Resources"][name] = json!({"Type": "AWS::CloudFront::DistributionTenant", "Properties": {
                "DistributionId": {"Ref": "Distribution"}, "Name": name, "Domains": [format!("{name}.example.com")],
                "Tags": [{"Key": "tenant", "Value": name}]}});
        }
    });
    let stage = Stage::start_with(|options| options.templates[0] = path).await;
    let list = |rest: &str| {
        format!("<ListDistributionTenantsRequest>{rest}</ListDistributionTenantsRequest>")
    };
    let first = list("<MaxItems>1</MaxItems>");
    let (_, xml) = stage.call("POST", "distribution-tenants", &first).await;
    let id = element(&xml, "NextMarker").to_owned();
    let second = list(&format!("<Marker>{id}</Marker>"));
    let (_, rest) = stage.call("POST", "distribution-tenants", &second).await;
    assert!(
        !rest.contains("NextMarker") && element(&rest, "Id") != id,
        "{rest}"
    );
    let elsewhere =
        list("<AssociationFilter><DistributionId>ENONE</DistributionId></AssociationFilter>");
    let (_, none) = stage.call("POST", "distribution-tenants", &elsewhere).await;
    assert!(!none.contains("<Id>"), "{none}");
    let (status, one) = stage
        .call("GET", &format!("distribution-tenant/{id}"), "")
        .await;
    assert_eq!(
        (status, element(&one, "DistributionId")),
        (200, stage.distribution().as_str())
    );
    let name = element(&one, "Name");
    assert_eq!(element(&one, "Domain"), format!("{name}.example.com"));
    let (status, _) = stage.call("GET", "distribution-tenant/dt_none", "").await;
    assert_eq!(status, 404);
    let arn = |kind: &str, id: &str| {
        format!("tagging?Resource=arn%3Aaws%3Acloudfront%3A%3A000000000000%3A{kind}%2F{id}")
    };
    let (_, xml) = stage
        .call("GET", &arn("distribution", &stage.distribution()), "")
        .await;
    assert!(
        xml.contains("<Key>team</Key><Value>a &amp; b</Value>"),
        "{xml}"
    );
    let (_, xml) = stage
        .call("GET", &arn("distribution-tenant", &id), "")
        .await;
    assert_eq!(element(&xml, "Value"), name);
    let (status, xml) = stage.call("GET", &arn("distribution", "ENONE"), "").await;
    assert_eq!((status, element(&xml, "Code")), (404, "NoSuchResource"));
}

#[tokio::test]
async fn lists_take_an_empty_marker_and_the_number_of_items() {
    let path = write_template("two", |body| {
        body["Resources"]["Second"] = body["Resources"]["Distribution"].clone();
    });
    let stage = Stage::start_with(|options| options.templates[0] = path).await;
    let (_, xml) = stage
        .call("GET", "distribution?Marker=&MaxItems=1", "")
        .await;
    assert_eq!(
        (
            element(&xml, "Quantity"),
            element(&xml, "MaxItems"),
            element(&xml, "IsTruncated")
        ),
        ("1", "1", "true")
    );
    let next = format!("distribution?Marker={}", element(&xml, "NextMarker"));
    let (_, rest) = stage.call("GET", &next, "").await;
    assert_eq!(
        (element(&rest, "Quantity"), element(&rest, "IsTruncated")),
        ("1", "false")
    );
    assert_ne!(element(&xml, "Id"), element(&rest, "Id"));
}

#[tokio::test]
async fn an_empty_item_is_an_item_and_is_refused() {
    let stage = Stage::start().await;
    let path = format!("distribution/{}/invalidation", stage.distribution());
    let body = batch("r", &["/a", ""]).replace("<Path></Path>", "<Path/>");
    let (status, xml) = stage.call("POST", &path, &body).await;
    assert_eq!(
        (status, element(&xml, "Code")),
        (400, "InvalidArgument"),
        "{xml}"
    );
}

#[tokio::test]
async fn the_message_says_which_quota_is_exceeded() {
    let stage = Stage::start_with(|options| options.completion_ms = Some(60_000)).await;
    let wildcards: Vec<String> = (0..16).map(|n| format!("/{n}/*")).collect();
    let wildcards: Vec<&str> = wildcards.iter().map(String::as_str).collect();
    let (_, xml) = stage.invalidate("w", &wildcards).await;
    assert!(
        element(&xml, "Message").ends_with("number of in-progress wildcard invalidations."),
        "{xml}"
    );
    let paths: Vec<String> = (0..3000).map(|n| format!("/{n}")).collect();
    let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
    assert_eq!(stage.invalidate("p", &paths).await.0, 201);
    let (_, xml) = stage.invalidate("p2", &["#t"]).await;
    assert!(
        element(&xml, "Message").ends_with("number of in-progress invalidations."),
        "{xml}"
    );
}
