use serde_json::json;

use crate::stage::{Stage, batch, element};

#[tokio::test]
async fn an_invalidation_is_in_progress_and_then_completed() {
    let stage = Stage::start_with(|options| options.completion_ms = Some(300)).await;
    let (status, xml) = stage.invalidate("r", &["/a", "#t"]).await;
    assert_eq!(status, 201, "{xml}");
    assert_eq!(element(&xml, "Status"), "InProgress");
    assert_eq!(element(&xml, "CallerReference"), "r");
    stage.completed(element(&xml, "Id")).await;
}

#[tokio::test]
async fn the_same_batch_again_is_answered_with_the_first_and_another_is_refused() {
    let stage = Stage::start().await;
    let (_, first) = stage.invalidate("r", &["/a"]).await;
    let (status, again) = stage.invalidate("r", &["/a"]).await;
    assert_eq!(
        (status, element(&again, "Id")),
        (201, element(&first, "Id"))
    );
    let (status, other) = stage.invalidate("r", &["/b"]).await;
    assert_eq!(
        (status, element(&other, "Code")),
        (409, "InvalidationBatchAlreadyExists")
    );
    stage
        .control(
            "PATCH",
            "/profile",
            json!({"replayForm": "invalidArgument"}),
        )
        .await;
    let (status, other) = stage.invalidate("r", &["/b"]).await;
    assert_eq!((status, element(&other, "Code")), (400, "InvalidArgument"));
    assert!(element(&other, "Message").contains("caller reference that was used"));
}

#[tokio::test]
async fn bad_batches_are_refused_with_the_documented_codes() {
    let stage = Stage::start().await;
    let path = format!("distribution/{}/invalidation", stage.distribution());
    let wrong_quantity = batch("r", &["/a"]).replace("<Quantity>1", "<Quantity>2");
    let many: Vec<String> = (0..3001).map(|n| format!("/{n}")).collect();
    let too_many = batch("r", &many.iter().map(String::as_str).collect::<Vec<_>>());
    let long_tag = format!("#{}", "x".repeat(257));
    let cases = [
        ("", 400, "MissingBody"),
        ("<a/>", 400, "MalformedXML"),
        (&wrong_quantity, 400, "InconsistentQuantities"),
        (&too_many, 413, "BatchTooLarge"),
        (&batch("r", &[]), 400, "InvalidArgument"),
        (&batch("", &["/a"]), 400, "InvalidArgument"),
        (&batch("r", &["tenant:acme"]), 400, "InvalidArgument"),
        (&batch("r", &["#"]), 400, "InvalidArgument"),
        (&batch("r", &["#a,b"]), 400, "InvalidArgument"),
        (&batch("r", &["/a b"]), 400, "InvalidArgument"),
        (&batch("r", &[&long_tag]), 400, "InvalidArgument"),
    ];
    for (body, status, code) in cases {
        let (answered, xml) = stage.call("POST", &path, body).await;
        assert_eq!((answered, element(&xml, "Code")), (status, code), "{xml}");
    }
    let (status, xml) = stage
        .call(
            "POST",
            "distribution/ENONE/invalidation",
            &batch("r", &["/a"]),
        )
        .await;
    assert_eq!((status, element(&xml, "Code")), (404, "NoSuchDistribution"));
    let (status, xml) = stage.call("GET", &format!("{path}/INONE"), "").await;
    assert_eq!((status, element(&xml, "Code")), (404, "NoSuchInvalidation"));
    let (status, xml) = stage
        .call(
            "POST",
            "distribution-tenant/dt_x/invalidation",
            &batch("r", &["/a"]),
        )
        .await;
    assert_eq!((status, element(&xml, "Code")), (404, "EntityNotFound"));
}

#[tokio::test]
async fn what_is_in_progress_counts_against_the_quota() {
    let stage = Stage::start_with(|options| options.completion_ms = Some(60_000)).await;
    let wildcards: Vec<String> = (0..15).map(|n| format!("/{n}/*")).collect();
    let wildcards: Vec<&str> = wildcards.iter().map(String::as_str).collect();
    assert_eq!(stage.invalidate("w", &wildcards).await.0, 201);
    let (status, xml) = stage.invalidate("w2", &["/z/*"]).await;
    assert_eq!(
        (status, element(&xml, "Code")),
        (400, "TooManyInvalidationsInProgress")
    );
    assert_eq!(
        stage.invalidate("t", &["#tag"]).await.0,
        201,
        "tags draw on the other pool"
    );
    stage
        .control("POST", "/clock/advance", json!({"ms": 61_000}))
        .await;
    assert_eq!(stage.invalidate("w2", &["/z/*"]).await.0, 201);
}

#[tokio::test]
async fn the_call_rate_is_a_token_bucket() {
    let stage = Stage::start().await;
    stage.control("POST", "/clock/stop", json!(null)).await;
    stage
        .control(
            "PATCH",
            "/profile",
            json!({"createRate": 0.5, "createBurst": 2}),
        )
        .await;
    let mut codes = Vec::new();
    for reference in ["a", "b", "c"] {
        codes.push(stage.invalidate(reference, &["/a"]).await.0);
    }
    assert_eq!(codes, [201, 201, 400]);
    stage
        .control("POST", "/clock/advance", json!({"ms": 2000}))
        .await;
    assert_eq!(stage.invalidate("c", &["/a"]).await.0, 201);
    let (_, xml) = stage.invalidate("d", &["/a"]).await;
    assert_eq!(
        (element(&xml, "Code"), element(&xml, "Message")),
        ("Throttling", "Rate exceeded")
    );
}

#[tokio::test]
async fn scripted_faults_strike_the_calls_they_are_for() {
    let stage = Stage::start().await;
    stage.fault(json!({"operation": "CreateInvalidation", "nth": 2, "when": {"item": "tenant:a"}, "effect": {"kind": "throttle"}}));
    assert_eq!(stage.invalidate("1", &["#tenant:a"]).await.0, 201);
    assert_eq!(stage.invalidate("2", &["#tenant:b"]).await.0, 201);
    let (status, xml) = stage.invalidate("3", &["#tenant:a"]).await;
    assert_eq!((status, element(&xml, "Code")), (400, "Throttling"));
    let (_, xml) = stage.invalidate("3", &["#tenant:a"]).await;
    let id = element(&xml, "Id").to_owned();
    stage.fault(json!({"operation": "GetInvalidation", "when": {"item": "tenant:a"}, "effect": {"kind": "unknownStatus", "text": "Paused"}}));
    let path = format!("distribution/{}/invalidation/{id}", stage.distribution());
    assert_eq!(
        element(&stage.call("GET", &path, "").await.1, "Status"),
        "Paused"
    );
    let calls = stage.history(
        json!({"plane": "control", "operation": "CreateInvalidation", "item": "tenant:a"}),
    );
    assert_eq!(
        calls.iter().map(|call| call.status).collect::<Vec<_>>(),
        [Some(201), Some(400), Some(201)]
    );
}

#[tokio::test]
async fn a_lost_response_leaves_the_invalidation_made() {
    let stage = Stage::start().await;
    stage.fault(json!({"operation": "CreateInvalidation", "effect": {"kind": "lostResponse"}}));
    let url = format!(
        "{}/2020-05-31/distribution/{}/invalidation",
        stage.cloudfront.ready().control_plane,
        stage.distribution()
    );
    assert!(
        stage
            .client
            .post(url)
            .body(batch("r", &["/a"]))
            .send()
            .await
            .is_err()
    );
    let (status, list) = stage
        .call(
            "GET",
            &format!("distribution/{}/invalidation", stage.distribution()),
            "",
        )
        .await;
    assert_eq!((status, element(&list, "Quantity")), (200, "1"));
    let calls = stage.history(json!({"operation": "CreateInvalidation"}));
    let told = calls[0].subject.as_deref();
    assert_eq!((calls[0].status, told), (None, Some(element(&list, "Id"))));
}

#[tokio::test]
async fn the_list_is_newest_first_and_paged() {
    let stage = Stage::start().await;
    for reference in ["1", "2", "3"] {
        stage.invalidate(reference, &["/a"]).await;
    }
    let path = format!("distribution/{}/invalidation", stage.distribution());
    let (_, first) = stage.call("GET", &format!("{path}?MaxItems=2"), "").await;
    assert_eq!(
        (element(&first, "IsTruncated"), element(&first, "Quantity")),
        ("true", "2")
    );
    let next = element(&first, "NextMarker");
    let (_, second) = stage
        .call("GET", &format!("{path}?MaxItems=2&Marker={next}"), "")
        .await;
    assert_eq!(
        (
            element(&second, "IsTruncated"),
            element(&second, "Quantity")
        ),
        ("false", "1")
    );
}

#[tokio::test]
async fn the_configuration_tells_the_tag_header() {
    let stage = Stage::start().await;
    let id = stage.distribution();
    let (status, xml) = stage
        .call("GET", &format!("distribution/{id}/config"), "")
        .await;
    assert_eq!(
        (status, element(&xml, "HeaderName")),
        (200, "x-origin-verify")
    );
    assert!(
        xml.contains("<CacheTagConfig><HeaderName>Cache-Tag</HeaderName></CacheTagConfig>"),
        "{xml}"
    );
    let (_, xml) = stage.call("GET", &format!("distribution/{id}"), "").await;
    assert_eq!(element(&xml, "Id"), id);
    let (_, xml) = stage.call("GET", "distribution", "").await;
    assert_eq!(
        (element(&xml, "Quantity"), element(&xml, "Id")),
        ("1", id.as_str())
    );
}

#[tokio::test]
async fn damaged_answers_of_the_api_are_damaged_as_scripted() {
    let stage = Stage::start().await;
    let (_, xml) = stage.invalidate("r", &["/a"]).await;
    let path = format!(
        "distribution/{}/invalidation/{}",
        stage.distribution(),
        element(&xml, "Id")
    );
    let fault = |effect: serde_json::Value| {
        stage.fault(json!({"operation": "GetInvalidation", "effect": effect}))
    };
    fault(json!({"kind": "malformedXml"}));
    let (status, xml) = stage.call("GET", &path, "").await;
    assert!(status == 200 && !xml.ends_with("</Invalidation>"));
    fault(json!({"kind": "staleRead"}));
    assert_eq!(
        element(&stage.call("GET", &path, "").await.1, "Code"),
        "NoSuchInvalidation"
    );
    fault(json!({"kind": "error", "status": 503, "code": "ServiceUnavailable"}));
    let (status, xml) = stage.call("GET", &path, "").await;
    assert_eq!(
        (status, element(&xml, "Code"), element(&xml, "Type")),
        (503, "ServiceUnavailable", "Receiver")
    );
    stage.fault(json!({"operation": "CreateInvalidation", "effect": {"kind": "overQuota"}}));
    assert_eq!(
        element(&stage.invalidate("q", &["/a"]).await.1, "Code"),
        "TooManyInvalidationsInProgress"
    );
    stage.fault(json!({"operation": "CreateInvalidation", "effect": {"kind": "referenceUsed", "form": "invalidArgument"}}));
    assert_eq!(
        element(&stage.invalidate("q", &["/a"]).await.1, "Code"),
        "InvalidArgument"
    );
}

#[tokio::test]
async fn the_same_seed_gives_the_same_ids_and_another_does_not() {
    let mut ids = Vec::new();
    for seed in [1, 1, 2] {
        let stage = Stage::start_with(|options| options.seed = Some(seed)).await;
        ids.push(element(&stage.invalidate("r", &["/a"]).await.1, "Id").to_owned());
    }
    assert_eq!(ids[0], ids[1]);
    assert_ne!(ids[0], ids[2]);
}

#[tokio::test]
async fn the_rough_profile_throttles_fails_and_takes_its_time() {
    let stage = Stage::start().await;
    stage
        .control("PUT", "/profile", json!({"name": "rough"}))
        .await;
    stage
        .control("PATCH", "/profile", json!({"createRate": 0.0}))
        .await;
    let mut codes = std::collections::BTreeMap::new();
    for n in 0..200 {
        *codes
            .entry(stage.invalidate(&format!("r{n}"), &["/a"]).await.0)
            .or_insert(0) += 1;
    }
    assert_eq!(
        codes.keys().copied().collect::<Vec<_>>(),
        [201, 400, 503],
        "{codes:?}"
    );
}
