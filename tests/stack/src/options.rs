//! What a start can be told, on the command line and from Rust.

use std::{path::PathBuf, time::Duration};

use clap::Args;

use crate::folders;

/// Settings of one stack.
#[derive(Args, Clone, Debug)]
pub struct Options {
    /// Name of the stack: several can be up side by side
    #[arg(long, default_value = "local", env = "WARMFRONT_STACK_NAME")]
    pub name: String,

    /// Seconds that the origin aggregates
    #[arg(
        long,
        default_value_t = 3.0,
        env = "ORIGIN_SECONDS",
        value_name = "SECONDS"
    )]
    pub origin_seconds: f64,

    /// Folder with the functions' binaries, named after their crates [default: target/release]
    #[arg(long, value_name = "FOLDER")]
    pub binaries: Option<PathBuf>,

    /// Contract that says how tenants are named and which endpoints there are [default: shared/contract.json]
    #[arg(long, value_name = "FILE")]
    pub contract: Option<PathBuf>,

    /// Settings of the CDK app, of which this machine decides some itself
    #[arg(long, value_name = "FILE")]
    pub settings: Option<PathBuf>,

    /// The program cloudfront-local [default: beside this program]
    #[arg(long, value_name = "PROGRAM")]
    pub cloudfront_local: Option<PathBuf>,

    /// Template of a distribution, instead of the CDK app's own
    #[arg(long, value_name = "FILE")]
    pub distribution_template: Option<PathBuf>,

    /// How fast and how nasty cloudfront-local is: calm, real or rough
    #[arg(long, default_value = "calm")]
    pub profile: String,

    /// Seed of everything random in cloudfront-local
    #[arg(long)]
    pub seed: Option<u64>,

    /// Milliseconds until a purge has reached every place, instead of the profile's
    #[arg(long, value_name = "MS")]
    pub propagation_ms: Option<u64>,

    /// Milliseconds from there until the invalidation is completed, instead of the profile's
    #[arg(long, value_name = "MS")]
    pub completion_ms: Option<u64>,

    /// Endpoint of a LocalStack that is running already
    #[arg(long, env = "WARMFRONT_LOCALSTACK_ENDPOINT", value_name = "URL")]
    pub localstack: Option<String>,

    /// Endpoint of a Cognito that is running already, such as that of a licensed LocalStack
    #[arg(long, env = "WARMFRONT_COGNITO_ENDPOINT", value_name = "URL")]
    pub cognito: Option<String>,

    /// Endpoint of a CloudFront API that is running already, such as that of a licensed LocalStack
    #[arg(
        long,
        env = "WARMFRONT_CLOUDFRONT_ENDPOINT",
        value_name = "URL",
        requires_all = ["distribution_id", "base_url"]
    )]
    pub cloudfront: Option<String>,

    /// The distribution there that is purged
    #[arg(
        long,
        env = "WARMFRONT_DISTRIBUTION_ID",
        value_name = "ID",
        requires = "cloudfront"
    )]
    pub distribution_id: Option<String>,

    /// Where that distribution takes requests
    #[arg(
        long,
        env = "WARMFRONT_BASE_URL",
        value_name = "URL",
        requires = "cloudfront"
    )]
    pub base_url: Option<String>,
}

impl Options {
    /// The settings of a stack of this name, everything else as by default.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            origin_seconds: 3.0,
            binaries: None,
            contract: None,
            settings: None,
            cloudfront_local: None,
            distribution_template: None,
            profile: "calm".to_owned(),
            seed: None,
            propagation_ms: None,
            completion_ms: None,
            localstack: None,
            cognito: None,
            cloudfront: None,
            distribution_id: None,
            base_url: None,
        }
    }

    pub(crate) fn origin_delay(&self) -> Duration {
        Duration::try_from_secs_f64(self.origin_seconds).unwrap_or_default()
    }

    /// Absolute: others read it from other folders.
    pub(crate) fn binaries(&self) -> PathBuf {
        match &self.binaries {
            Some(given) => std::path::absolute(given).unwrap_or_else(|_| given.clone()),
            None => folders::project().join("target/release"),
        }
    }
}
