//! Who does a function's job, and how its process is started. `peers/README.md` says why so.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::bench::Bench;
use crate::services::Services;

/// Starts a bundle of Node with the code that was compiled before.
const NODE_START: &str = "start.cjs";

/// Who does a function's job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Contestant {
    /// The function that ships.
    Warmfront,
    /// boto3 on `awslambdaric`.
    Python,
    /// AWS SDK v3, bundled.
    Node,
}

/// What a process has to know.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'a> {
    pub(super) bench: &'a Bench,
    pub(super) function: &'static str,
    pub(super) services: &'a Services,
    /// The Runtime API.
    pub(super) lambda: &'a str,
    /// Root certificates of the machine and the test.
    pub(super) roots: &'a Path,
    /// Root certificate of the test.
    pub(super) own_root: &'a Path,
}

impl Contestant {
    /// In the order of the table.
    pub(super) const ALL: [Self; 3] = [Self::Warmfront, Self::Python, Self::Node];

    /// Column of the table.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Warmfront => "warmfront",
            Self::Python => "python",
            Self::Node => "node",
        }
    }

    /// What is uploaded.
    pub(super) fn package(self, bench: &Bench, function: &str) -> Vec<PathBuf> {
        match self {
            Self::Warmfront => vec![
                bench.function(function),
                bench.root().join("shared/contract.json"),
            ],
            Self::Python => vec![peers(bench).join(format!("{function}.py"))],
            Self::Node => {
                let bundle = bundle(bench, function);
                let cache = bundle.with_extension("js.cache");
                vec![peers(bench).join(NODE_START), bundle, cache]
            }
        }
    }

    /// How its process is started.
    pub(super) fn command(self, place: &Place<'_>) -> Command {
        let bench = place.bench;
        let mut command = match self {
            Self::Warmfront => Command::new(bench.function(place.function)),
            Self::Python => {
                let mut command = Command::new(bench.lambda_python());
                command
                    .args(["-m", "awslambdaric"])
                    .arg(format!("{}.handler", place.function))
                    .current_dir(peers(bench));
                command
            }
            Self::Node => {
                let mut command = Command::new("node");
                command
                    .arg(peers(bench).join(NODE_START))
                    .arg(bundle(bench, place.function));
                command
            }
        };
        // `node` is found by it.
        let path = std::env::var_os("PATH").unwrap_or_default();
        command.env_clear().env("PATH", path);
        self.environment(&mut command, place);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::inherit());
        command
    }

    fn environment(self, command: &mut Command, place: &Place<'_>) {
        let (function, services) = (place.function, place.services);
        command
            .env("AWS_LAMBDA_RUNTIME_API", place.lambda)
            .env("AWS_LAMBDA_FUNCTION_NAME", function)
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
            .env(
                "AWS_LAMBDA_LOG_GROUP_NAME",
                format!("/aws/lambda/{function}"),
            )
            .env("AWS_LAMBDA_LOG_STREAM_NAME", "bench")
            .env("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand")
            .env("LAMBDA_TASK_ROOT", place.bench.root().join("shared"))
            .env("AWS_REGION", "eu-central-1")
            .env("AWS_DEFAULT_REGION", "eu-central-1")
            .env("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
            .env(
                "AWS_SECRET_ACCESS_KEY",
                "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            )
            .env("AWS_SESSION_TOKEN", "s".repeat(600))
            .env("AWS_ENDPOINT_URL_CLOUDFRONT", &services.api)
            .env("AWS_ENDPOINT_URL_SECRETS_MANAGER", &services.api)
            .env(
                "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER",
                &services.login,
            )
            .env("DISTRIBUTION_ID", "E1A2SI6ABUP8J5")
            .env("BASE_URL", &services.distribution)
            .env("SECRET_ID", "prewarmer")
            .env("USER_POOL_ID", "eu-central-1_AbCdEfGhI")
            .env("CLIENT_ID", "4h57agexample");
        match self {
            Self::Warmfront => command.env("SSL_CERT_FILE", place.roots),
            Self::Python => command
                .env("AWS_CA_BUNDLE", place.roots)
                .env("SSL_CERT_FILE", place.roots)
                .env("AWS_EC2_METADATA_DISABLED", "true")
                .env("AWS_RETRY_MODE", "standard"),
            // Node has the machine's roots built in.
            Self::Node => command
                .env("NODE_EXTRA_CA_CERTS", place.own_root)
                .env("AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED", "true"),
        };
    }
}

fn peers(bench: &Bench) -> PathBuf {
    bench.peers().join("cold-start")
}

fn bundle(bench: &Bench, function: &str) -> PathBuf {
    bench
        .folder()
        .join(format!("cold-start/node/{function}.js"))
}
