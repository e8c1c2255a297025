//! LocalStack in host mode: S3, Lambda, Step Functions, Secrets Manager, SSM, IAM, CloudFormation and logs on one loopback port.

use std::{sync::Arc, time::Duration};

use tokio::process::Command;

use crate::{
    error::StackError, folders, folders::Folders, http_client, part::Part, port, python::Python,
    reaper::Reaper,
};

/// A cold start reads some hundred megabytes of Python; this is for a slow disk and a busy machine.
const START_WITHIN: Duration = Duration::from_mins(2);
/// Function processes at once; above it callers get `TooManyRequestsException`, as at AWS's account limit.
const CONCURRENT_FUNCTIONS: &str = "200";

/// A running LocalStack.
#[derive(Debug)]
pub(crate) struct LocalStack {
    pub(crate) part: Part,
    pub(crate) endpoint: String,
}

impl LocalStack {
    /// Starts it and waits until it answers.
    pub(crate) async fn start(
        python: &Python,
        folders: &Folders,
        reaper: &Arc<Reaper>,
    ) -> Result<Self, StackError> {
        let address = format!("127.0.0.1:{}", port::free()?);
        let mut command = Command::new(python.program("python"));
        command
            .args(["-m", "localstack.runtime.main"])
            .current_dir(folders.root())
            // Nothing of the user's own AWS or LocalStack settings may change what is tested.
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", folders.volume())
            .env("TMPDIR", folders.temporary())
            .env("LOCALSTACK_VOLUME_DIR", folders.volume())
            .env(
                "PYTHONPATH",
                folders::project().join("tests/stack/localstack"),
            )
            .env("PYTHONUNBUFFERED", "1")
            .env("GATEWAY_LISTEN", &address)
            .env("LOCALSTACK_HOST", &address)
            // The default server listens on every interface whatever it is told.
            .env("GATEWAY_SERVER", "hypercorn")
            .env("DNS_ADDRESS", "0")
            .env("DISABLE_EVENTS", "1")
            .env("SKIP_SSL_CERT_DOWNLOAD", "1")
            .env("LAMBDA_RUNTIME_EXECUTOR", "process")
            // CloudFormation would look again only after five seconds.
            .env("LAMBDA_SYNCHRONOUS_CREATE", "1")
            .env("LAMBDA_LIMITS_CONCURRENT_EXECUTIONS", CONCURRENT_FUNCTIONS)
            .env("PROCESS_EXECUTOR_LOGS", folders.functions());
        let mut part = Part::start("localstack", command, &folders.logs(), reaper)?;
        let endpoint = format!("http://{address}");
        let health = format!("{endpoint}/_localstack/health");
        part.ready(START_WITHIN, async || answers(&health).await.then_some(()))
            .await?;
        Ok(Self { part, endpoint })
    }
}

/// Whether a GET is answered with success.
pub(crate) async fn answers(url: &str) -> bool {
    http_client::client()
        .get(url)
        .send()
        .await
        .is_ok_and(|answer| answer.status().is_success())
}
