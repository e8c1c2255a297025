//! Clients that nobody here wrote: the AWS SDK for Rust, boto3 and the AWS CLI, unmodified.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use aws_sdk_cloudfront::client::Waiters;
use aws_sdk_cloudfront::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_cloudfront::error::ProvideErrorMetadata;
use aws_sdk_cloudfront::types::{InvalidationBatch, Paths};
use serde_json::{Value, json};
use tokio::process::Command;

use crate::stage::Stage;

fn sdk(stage: &Stage) -> aws_sdk_cloudfront::Client {
    let config = aws_sdk_cloudfront::Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new("us-east-1"))
        .endpoint_url(&stage.cloudfront.ready().control_plane)
        .credentials_provider(Credentials::new("test", "test", None, None, "test"))
        .build();
    aws_sdk_cloudfront::Client::from_conf(config)
}

fn batch(reference: &str, item: &str) -> InvalidationBatch {
    let paths = Paths::builder().quantity(1).items(item).build().unwrap();
    InvalidationBatch::builder()
        .paths(paths)
        .caller_reference(reference)
        .build()
        .unwrap()
}

#[tokio::test]
async fn the_aws_sdk_for_rust_works_unmodified() {
    let stage = Stage::start().await;
    let (client, id) = (sdk(&stage), stage.distribution());
    let create = |item: &str| {
        client
            .create_invalidation()
            .distribution_id(&id)
            .invalidation_batch(batch("r", item))
    };
    let created = create("#tenant:acme").send().await.unwrap();
    let invalidation = created.invalidation.unwrap();
    assert_eq!(invalidation.status, "InProgress");
    assert!(
        created
            .location
            .is_some_and(|location| location.ends_with(&invalidation.id))
    );
    stage.completed(&invalidation.id).await;
    let waited = client
        .wait_until_invalidation_completed()
        .distribution_id(&id)
        .id(&invalidation.id);
    let done = waited.wait(Duration::from_secs(20)).await.unwrap();
    assert_eq!(
        done.into_result().unwrap().invalidation.unwrap().status,
        "Completed"
    );
    let error = create("#tenant:beta").send().await.unwrap_err();
    assert_eq!(error.code(), Some("InvalidationBatchAlreadyExists"));
    let error = client
        .get_invalidation()
        .distribution_id(&id)
        .id("INONE")
        .send()
        .await
        .unwrap_err();
    assert!(error.into_service_error().is_no_such_invalidation());
    let list = client
        .list_invalidations()
        .distribution_id(&id)
        .send()
        .await
        .unwrap();
    assert_eq!(list.invalidation_list.unwrap().quantity, 1);
}

#[tokio::test]
async fn the_aws_sdk_for_rust_reads_configurations() {
    let stage = Stage::start().await;
    let (client, id) = (sdk(&stage), stage.distribution());
    let config = client
        .get_distribution_config()
        .id(&id)
        .send()
        .await
        .unwrap()
        .distribution_config
        .unwrap();
    assert_eq!(config.cache_tag_config.unwrap().header_name, "Cache-Tag");
    assert_eq!(config.cache_behaviors.unwrap().quantity, 3);
    let shown = client
        .get_distribution()
        .id(&id)
        .send()
        .await
        .unwrap()
        .distribution
        .unwrap();
    assert_eq!(
        shown.domain_name,
        stage.cloudfront.ready().distributions[0].domain_name
    );
    let all = client
        .list_distributions()
        .send()
        .await
        .unwrap()
        .distribution_list
        .unwrap();
    assert_eq!(all.items()[0].id, id);
}

#[tokio::test]
async fn the_aws_sdk_for_rust_invalidates_a_distribution_tenant() {
    let stage = Stage::start().await;
    let (client, distribution) = (sdk(&stage), stage.distribution());
    stage
        .control(
            "POST",
            "/tenants",
            json!({"id": "dt_a", "distribution": distribution, "domains": ["a.example.com"]}),
        )
        .await;
    let host = [("host", "a.example.com")];
    stage.get("/open/x", &host).await;
    stage.get("/open/x", &[]).await;
    let create = client
        .create_invalidation_for_distribution_tenant()
        .id("dt_a")
        .invalidation_batch(batch("r", "/open/x"));
    let id = create.send().await.unwrap().invalidation.unwrap().id;
    crate::stage::eventually("the tenant's invalidation completes", async || {
        let get = client
            .get_invalidation_for_distribution_tenant()
            .distribution_tenant_id("dt_a")
            .id(&id);
        get.send().await.unwrap().invalidation.unwrap().status == "Completed"
    })
    .await;
    assert_eq!(stage.get("/open/x", &host).await.cache(), "Miss");
    assert_eq!(
        stage.get("/open/x", &[]).await.cache(),
        "Hit",
        "the distribution's own objects stay"
    );
    let list = client
        .list_invalidations_for_distribution_tenant()
        .id("dt_a")
        .send()
        .await
        .unwrap();
    assert_eq!(list.invalidation_list.unwrap().quantity, 1);
    let create = client
        .create_invalidation_for_distribution_tenant()
        .id("dt_none")
        .invalidation_batch(batch("r", "/a"));
    assert!(
        create
            .send()
            .await
            .unwrap_err()
            .into_service_error()
            .is_entity_not_found()
    );
}

/// The Python environment with the pinned clients, made on first use.
fn python() -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("cloudfront-local-clients");
    let requirements = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/requirements.txt");
    let pinned = std::fs::read_to_string(&requirements).unwrap();
    std::fs::create_dir_all(&folder).unwrap();
    // Tests run at the same time, perhaps as processes: one installs, the others wait.
    let lock = File::create(folder.join("lock")).unwrap();
    lock.lock().unwrap();
    let installed = folder.join("installed");
    let bin = folder.join("venv/bin");
    if std::fs::read_to_string(&installed).is_ok_and(|before| before == pinned) {
        return bin;
    }
    let run = |program: &Path, arguments: &[&std::ffi::OsStr]| {
        let status = std::process::Command::new(program)
            .args(arguments)
            .status()
            .unwrap();
        assert!(
            status.success(),
            "{} {arguments:?} failed",
            program.display()
        );
    };
    run(
        Path::new("python3"),
        &[
            "-m".as_ref(),
            "venv".as_ref(),
            "--clear".as_ref(),
            folder.join("venv").as_ref(),
        ],
    );
    let pip = [
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--require-hashes",
        "-r",
    ];
    let mut arguments: Vec<&std::ffi::OsStr> = pip.iter().map(std::ffi::OsStr::new).collect();
    arguments.push(requirements.as_ref());
    run(&bin.join("python"), &arguments);
    std::fs::write(installed, pinned).unwrap();
    bin
}

/// Runs a program with credentials that mean nothing; gives what it prints.
async fn run(program: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new(program);
    command.args(arguments).kill_on_drop(true);
    command.envs([
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("AWS_DEFAULT_REGION", "us-east-1"),
    ]);
    command.envs([
        ("AWS_CONFIG_FILE", "/dev/null"),
        ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null"),
    ]);
    let output = command.output().await.unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{} {arguments:?}: {errors}",
        program.display()
    );
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test]
async fn boto3_and_its_waiter_work_unmodified() {
    let stage = Stage::start_with(|options| options.completion_ms = Some(1500)).await;
    let bin = tokio::task::spawn_blocking(python).await.unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/boto3_client.py");
    let ready = stage.cloudfront.ready();
    let printed = run(
        &bin.join("python"),
        &[
            script.to_str().unwrap(),
            &ready.control_plane,
            &stage.distribution(),
        ],
    )
    .await;
    let seen: Value = serde_json::from_str(&printed).unwrap();
    let expected = json!({
        "created": "InProgress", "waited": "Completed", "listed": 1, "tagHeader": "Cache-Tag",
        "unchanged": true, "newVersion": true, "tags": [], "tenants": 0, "distributions": 1,
        "replay": "InvalidationBatchAlreadyExists", "missing": "NoSuchDistribution", "quantity": "InconsistentQuantities",
    });
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn the_aws_cli_works_unmodified() {
    let stage = Stage::start().await;
    let bin = tokio::task::spawn_blocking(python).await.unwrap();
    let (id, endpoint) = (
        stage.distribution(),
        stage.cloudfront.ready().control_plane.clone(),
    );
    let aws = async |arguments: &[&str]| {
        let all: Vec<&str> = ["cloudfront"]
            .iter()
            .chain(arguments)
            .chain(&["--endpoint-url", &endpoint])
            .copied()
            .collect();
        let printed = run(&bin.join("aws"), &all).await;
        serde_json::from_str::<Value>(&printed).unwrap_or_default()
    };
    stage.get_as("acme", "/api/cost").await;
    let created = aws(&[
        "create-invalidation",
        "--distribution-id",
        &id,
        "--paths",
        "#tenant:acme",
    ])
    .await;
    let invalidation = created["Invalidation"]["Id"].as_str().unwrap();
    aws(&[
        "wait",
        "invalidation-completed",
        "--distribution-id",
        &id,
        "--id",
        invalidation,
    ])
    .await;
    assert_eq!(stage.get_as("acme", "/api/cost").await.cache(), "Miss");
    let listed = aws(&["list-invalidations", "--distribution-id", &id]).await;
    assert_eq!(listed["InvalidationList"]["Items"][0]["Id"], invalidation);
    let config = aws(&["get-distribution-config", "--id", &id]).await;
    assert_eq!(config["DistributionConfig"]["Comment"], "fixture");
}
