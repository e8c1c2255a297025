//! The CDK app, used as its users use it: a settings file, `cdk synth`, `cdk bootstrap`, `cdk deploy`.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use serde::Deserialize;
use serde_json::Value;
use tokio::process::Command;

use crate::{
    aws, error::StackError, folders, folders::Folders, part::Part, reaper::Reaper, state::Pipeline,
};

/// Synthesis compiles TypeScript and bundles edge functions: seconds on an idle machine, minutes on a busy one.
const SYNTH_WITHIN: Duration = Duration::from_mins(10);
const DEPLOY_WITHIN: Duration = Duration::from_mins(10);
const INSTALL_WITHIN: Duration = Duration::from_mins(10);

const PIPELINE_STACK: &str = "WarmfrontPipeline";
const DISTRIBUTION_STACK: &str = "WarmfrontDistribution";

/// The app, and where this stack keeps what comes out of it.
#[derive(Debug)]
pub(crate) struct Cdk<'a> {
    pub(crate) folders: &'a Folders,
    pub(crate) reaper: &'a Arc<Reaper>,
}

impl Cdk<'_> {
    /// Installs the app's packages unless they are there.
    pub(crate) async fn install(&self, say: &impl Fn(&str)) -> Result<(), StackError> {
        if bin("cdklocal").exists() {
            return Ok(());
        }
        say("installing the CDK app's packages (npm ci, once)");
        let mut npm = Command::new("npm");
        npm.args(["ci", "--no-audit", "--no-fund"])
            .current_dir(app());
        Part::start("npm", npm, &self.folders.logs(), self.reaper)?
            .finish(INSTALL_WITHIN)
            .await
    }

    /// Prepares LocalStack's account for deployments.
    pub(crate) async fn bootstrap(&self, localstack: &str) -> Result<(), StackError> {
        let mut command = self.local(localstack);
        command
            .arg("bootstrap")
            .arg(format!("aws://{}/{}", aws::ACCOUNT, aws::REGION))
            // Away from the app: with an environment named, nothing has to be synthesized.
            .current_dir(self.folders.cdk());
        Part::start("cdk-bootstrap", command, &self.folders.logs(), self.reaper)?
            .finish(DEPLOY_WITHIN)
            .await
    }

    /// The template of the distribution for these settings.
    pub(crate) async fn synthesize_distribution(
        &self,
        settings: &Value,
    ) -> Result<PathBuf, StackError> {
        let file = self.settings("distribution", settings)?;
        let output = self.folders.cdk().join("distribution");
        let mut command = self.command("cdk");
        command
            .args(["synth", DISTRIBUTION_STACK, "--quiet", "--exclusively"])
            .args(["--context", "placeholders=allow"])
            // A stack's distribution is a new one: nobody has accepted another key for it.
            .args(["--context", "cacheKey=accept", "--context"])
            .arg(format!("settings={}", file.display()))
            .arg("--output")
            .arg(&output);
        Part::start("cdk-synth", command, &self.folders.logs(), self.reaper)?
            .finish(SYNTH_WITHIN)
            .await?;
        Ok(output.join(format!("{DISTRIBUTION_STACK}.template.json")))
    }

    /// Deploys the pipeline with these settings and reads its outputs.
    pub(crate) async fn deploy_pipeline(
        &self,
        localstack: &str,
        settings: &Value,
    ) -> Result<Pipeline, StackError> {
        let file = self.settings("pipeline", settings)?;
        let outputs = self.folders.cdk().join("outputs.json");
        let mut command = self.local(localstack);
        command
            .args([
                "deploy",
                PIPELINE_STACK,
                "--exclusively",
                "--require-approval",
                "never",
            ])
            .args(["--method", "direct", "--progress", "events", "--context"])
            .arg(format!("settings={}", file.display()))
            .arg("--output")
            .arg(self.folders.cdk().join("pipeline"))
            .arg("--outputs-file")
            .arg(&outputs);
        Part::start("cdk-deploy", command, &self.folders.logs(), self.reaper)?
            .finish(DEPLOY_WITHIN)
            .await?;
        read_outputs(&outputs)
    }

    fn settings(&self, name: &str, settings: &Value) -> Result<PathBuf, StackError> {
        let file = self.folders.cdk().join(format!("{name}.settings.json"));
        let text = serde_json::to_vec_pretty(settings).expect("settings are plain data");
        fs::write(&file, text).map_err(StackError::io(format!("write {}", file.display())))?;
        Ok(file)
    }

    /// The CLI for LocalStack.
    fn local(&self, localstack: &str) -> Command {
        let mut command = self.command("cdklocal");
        command
            .envs(aws::CREDENTIALS)
            .env("AWS_ENDPOINT_URL", localstack)
            .env("AWS_ENDPOINT_URL_S3", localstack)
            .env("AWS_S3_FORCE_PATH_STYLE", "1");
        command
    }

    /// A CLI that sees nothing of the user's own AWS settings.
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(bin(program));
        command
            .current_dir(app())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.folders.cdk())
            .env("CI", "1")
            .env("NO_COLOR", "1");
        command
    }
}

fn app() -> PathBuf {
    folders::project().join("cdk")
}

fn bin(program: &str) -> PathBuf {
    app().join("node_modules/.bin").join(program)
}

fn read_outputs(file: &Path) -> Result<Pipeline, StackError> {
    #[derive(Deserialize)]
    struct Outputs(BTreeMap<String, Pipeline>);

    let what = format!("read {}", file.display());
    let text = fs::read(file).map_err(StackError::io(what.clone()))?;
    let Outputs(mut stacks) = serde_json::from_slice(&text)
        .map_err(|error| StackError::unusable(what.clone(), error.to_string()))?;
    stacks
        .remove(PIPELINE_STACK)
        .ok_or_else(|| StackError::unusable(what, format!("{PIPELINE_STACK} has no outputs")))
}
