//! The ten lines of a test in each language: start, ready line, hits and misses, purge, stop.

use std::path::Path;

use cloudfront_local::{CloudFrontLocal, Options};
use tokio::process::Command;

use crate::stage::{Script, Stage, fixture};

#[tokio::test]
async fn in_rust() {
    let stage = Stage::start().await;
    let tagged = Script::ok("a").header("cache-tag", "t");
    stage.origin.answers("/open/a", tagged);
    let mut options = Options::for_templates(vec![fixture("Distribution"), fixture("Edge")]);
    options.origins = vec![format!("*={}", stage.origin_url).parse().unwrap()];
    options.parameters = vec![("ApiDomain".to_owned(), "api.example.com".to_owned())];

    let cloudfront = CloudFrontLocal::start(options).await.unwrap();
    cloudfront.assert_miss("/open/a").await;
    assert_eq!(cloudfront.assert_hit("/open/a").await.body, "a");
    cloudfront.purge(&["#t"]).await.unwrap();
    cloudfront.assert_miss("/open/a").await;
    let refused = cloudfront.purge(&["no path"]).await.unwrap_err();
    assert_eq!(refused.code, "InvalidArgument");
}

/// Runs the tests of a client against the program of this build.
async fn run(program: &str, folder: &str, arguments: &[&str]) {
    let packages = Path::new(env!("CARGO_MANIFEST_DIR")).join("packages");
    let output = Command::new(program)
        .args(arguments)
        .current_dir(packages.join(folder))
        .env("CLOUDFRONT_LOCAL", env!("CARGO_BIN_EXE_cloudfront-local"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .kill_on_drop(true)
        .output()
        .await
        .unwrap();
    let told = [output.stdout, output.stderr].concat();
    let told = String::from_utf8_lossy(&told).into_owned();
    assert!(output.status.success(), "{told}");
}

#[tokio::test]
async fn in_python() {
    run(
        "python3",
        "python",
        &["-m", "unittest", "tests.test_client"],
    )
    .await;
}

#[tokio::test]
async fn in_javascript() {
    run("node", "node", &["--test", "test/client.test.mjs"]).await;
}
