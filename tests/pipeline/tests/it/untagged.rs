//! A distribution that reads no cache tags: CloudFront accepts invalidations of tags on it, and they
//! purge nothing.

use std::path::PathBuf;

use cloudfront_local::{CloudFrontLocal, Options};
use pipeline::{Function, Pipeline, Step, Trial, trial};
use serde_json::Value;

use crate::overview;

/// The template of the stack's distribution without `CacheTagConfig`, beside its assets.
fn template_without_tags(t: &Trial) -> PathBuf {
    let stack = t.stack.state.logs.parent().unwrap();
    let cdk = stack.join("cdk/distribution");
    let folder = t.folder("untagged");
    for entry in std::fs::read_dir(&cdk).unwrap().flatten() {
        let _ = std::os::unix::fs::symlink(entry.path(), folder.join(entry.file_name()));
    }
    let file = folder.join("WarmfrontDistribution.template.json");
    let mut template: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    let resources = template["Resources"].as_object_mut().unwrap().values_mut();
    for resource in resources.filter(|resource| resource["Type"] == "AWS::CloudFront::Distribution")
    {
        let config = &mut resource["Properties"]["DistributionConfig"];
        config
            .as_object_mut()
            .unwrap()
            .remove("CacheTagConfig")
            .unwrap();
    }
    std::fs::remove_file(&file).unwrap();
    std::fs::write(&file, template.to_string()).unwrap();
    file
}

#[test]
fn a_distribution_that_reads_no_tags_is_not_purged() {
    trial(async |t| {
        let options = Options::for_templates(vec![template_without_tags(t)]);
        let untagged = CloudFrontLocal::start(options).await.unwrap();
        let ready = untagged.ready();
        let function = Function::of(&[Step::Invalidate])
            .set("AWS_ENDPOINT_URL_CLOUDFRONT", &ready.control_plane)
            .set("DISTRIBUTION_ID", &ready.distributions[0].id);
        let own = Pipeline::with(t, vec![function]).await;
        let ended = t.start(&own.state_machine, overview()).await.ended().await;
        let cause = ended.failed("Invalidate", "CacheTagConfigMismatch");
        assert!(
            cause.contains("reads no cache tags") && cause.contains("cache-tag"),
            "{cause}"
        );
        assert_eq!(ended.stumbles().len(), 1, "it is not repeated");
        let calls = stack::CloudFrontControl::at(&ready.control)
            .history(&[])
            .await
            .unwrap();
        assert!(
            calls
                .iter()
                .all(|call| call["operation"] != "CreateInvalidation"),
            "{calls:?}"
        );
    });
}
