//! A distribution of a trial's own, for another contract than the one that ships: the template that
//! the CDK app makes of it, in front of the stack's origin.

use std::path::{Path, PathBuf};

use cloudfront_local::{CloudFrontLocal, Options, OriginAddress};
use serde_json::Value;
use stack::CloudFrontControl;
use tokio::process::Command;

use crate::Trial;
use crate::pipeline::{Function, Step};

const APP: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../cdk");
const TEMPLATE: &str = "WarmfrontDistribution";

/// A distribution of a trial's own.
#[derive(Debug)]
pub struct Distribution {
    running: CloudFrontLocal,
    contract: Value,
}

impl Distribution {
    /// Synthesizes and starts it.
    pub async fn of_contract(trial: &Trial, contract: Value) -> Self {
        let template = synthesized(trial, &contract).await;
        let mut options = Options::for_templates(vec![template]);
        let origin = format!("*={}", trial.stack.state.endpoints.origin);
        let origin: OriginAddress = origin.parse().expect("the origin is a plain HTTP server");
        options.origins.push(origin);
        let running = CloudFrontLocal::start(options)
            .await
            .expect("the template can be served");
        Self { running, contract }
    }

    /// The same tenant, whose requests and purges go here.
    #[must_use]
    pub fn before(&self, trial: &Trial) -> Trial {
        let mut trial = trial.same();
        let ready = self.running.ready();
        trial.stack.cloudfront = CloudFrontControl::at(&ready.control);
        trial
            .stack
            .state
            .base_url
            .clone_from(&ready.distributions[0].url);
        trial
    }

    /// The functions of a pipeline for it.
    #[must_use]
    pub fn functions(&self) -> [Function; 3] {
        let ready = self.running.ready();
        let distribution = &ready.distributions[0];
        let control_plane = |step| {
            Function::of(&[step])
                .set("AWS_ENDPOINT_URL_CLOUDFRONT", &ready.control_plane)
                .set("DISTRIBUTION_ID", &distribution.id)
                .contract(|contract| *contract = self.contract.clone())
        };
        [
            control_plane(Step::Invalidate),
            control_plane(Step::AwaitInvalidation),
            Function::prewarm()
                .set("BASE_URL", &distribution.url)
                .contract(|contract| *contract = self.contract.clone()),
        ]
    }
}

/// The template of the stack's distribution, for this contract.
async fn synthesized(trial: &Trial, contract: &Value) -> PathBuf {
    let folder = trial.folder("distribution");
    write(&folder.join("contract.json"), &contract.to_string());
    let stack = trial.stack.state.logs.parent();
    let settings = stack
        .expect("the logs lie in the stack's folder")
        .join("cdk/distribution.settings.json");
    let settings =
        std::fs::read(settings).expect("the stack keeps the settings of its distribution");
    let mut settings: Value = serde_json::from_slice(&settings).expect("settings are JSON");
    settings["contract"] = folder.join("contract.json").display().to_string().into();
    write(&folder.join("settings.json"), &settings.to_string());
    let output = folder.join("out");
    let synth = Command::new("node_modules/.bin/cdk")
        .args(["synth", TEMPLATE, "--quiet", "--exclusively"])
        .args(["--context", "placeholders=allow"])
        .args(["--context", "cacheKey=accept", "--context"])
        .arg(format!(
            "settings={}",
            folder.join("settings.json").display()
        ))
        .arg("--output")
        .arg(&output)
        .current_dir(APP)
        .output()
        .await
        .expect("the CDK app is installed");
    let said = String::from_utf8_lossy(&synth.stderr);
    assert!(synth.status.success(), "{said}");
    output.join(format!("{TEMPLATE}.template.json"))
}

fn write(file: &Path, text: &str) {
    std::fs::write(file, text).expect("a trial's folder takes files");
}
