//! The shipping binary of *prewarm*, driven as Lambda does it, through the Runtime API. What it
//! asks of AWS is answered at once.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::contender::{Job, Took, all_good};
use super::edge::{TENANT, VERSION};
use crate::child::Running;
use crate::error::{BenchError, During};
use crate::lambda::Lambda;
use crate::services::Services;

/// A process of the function, waiting for its next event.
#[derive(Debug)]
pub struct Function {
    process: Running,
    lambda: Lambda,
    /// What it logs in with; ends with it.
    _services: Services,
}

impl Function {
    /// Starts a process with a contract that lists the paths of `job`, and waits until it is ready.
    pub async fn start(
        binary: &Path,
        folder: &Path,
        contract: &Value,
        job: &Job,
    ) -> Result<Self, BenchError> {
        let mut lambda = Lambda::start().await?;
        let services = Services::start(None).await?;
        let task_root = folder.join(format!("task-{}", lambda.address.replace(':', "-")));
        fs::create_dir_all(&task_root)
            .and_then(|()| fs::write(task_root.join("contract.json"), contract.to_string()))
            .during(|| format!("{} could not be written", task_root.display()))?;
        let mut command = command(binary, &lambda, &services, &task_root, job);
        let process = Running::spawn(&mut command)?;
        let ready = lambda.ready().await;
        fs::remove_dir_all(&task_root)
            .during(|| format!("{} could not be removed", task_root.display()))?;
        ready?;
        Ok(Self {
            process,
            lambda,
            _services: services,
        })
    }

    /// Has it do a job as the state machine does: Preflight, which logs in, and then the requests.
    /// What both took together.
    pub async fn warm(&mut self, job: &Job) -> Result<Took, BenchError> {
        let input = json!({ "tenant": TENANT, "expectedVersion": VERSION });
        let preflight = json!({
            "action": "preflight",
            "execution": { "Id": "bench", "Input": input },
        });
        let (passed, before) = self.invoke(&preflight).await?;

        let now = Timestamp::now();
        let purged = now.saturating_sub(Duration::from_mins(1));
        let purged = purged.during(|| "the clock is at its beginning".to_owned())?;
        let requests = json!({
            "action": "prewarm",
            "run": passed["run"],
            "progress": passed["progress"],
            "invalidation": {
                "id": "IBENCH", "target": { "distribution": "EBENCH" },
                "items": [format!("#tenant:{TENANT}")], "ordinal": 1, "redriveCount": 0,
                "createTime": purged.to_string(), "status": "Completed", "seconds": 5,
                "timedOut": false, "settled": true,
            },
            "execution": { "Id": "bench" },
        });
        let (answer, took) = self.invoke(&requests).await?;
        let fresh = answer["report"]["totals"]["fresh"].as_u64();
        let fresh = fresh.and_then(|fresh| usize::try_from(fresh).ok());
        all_good(fresh.unwrap_or_default(), job)
            .during(|| format!("the function answered {answer:.500}"))?;
        Ok(Took {
            wall: before.wall + took.wall,
            cpu: before.cpu + took.cpu,
            peak: took.peak,
        })
    }

    async fn invoke(&mut self, event: &Value) -> Result<(Value, Took), BenchError> {
        let cpu = self.process.cpu()?;
        let event = Bytes::from(event.to_string());
        let invocation = self.lambda.invoke(event).await?;
        let took = Took {
            wall: invocation.took,
            cpu: self.process.cpu()?.saturating_sub(cpu),
            peak: self.process.peak()?,
        };
        let answer = serde_json::from_slice(&invocation.answer);
        Ok((answer.during(|| "an answer is no JSON".to_owned())?, took))
    }
}

fn command(
    binary: &Path,
    lambda: &Lambda,
    services: &Services,
    task_root: &Path,
    job: &Job,
) -> Command {
    let mut command = Command::new(binary);
    command
        .env_clear()
        .env("AWS_LAMBDA_RUNTIME_API", &lambda.address)
        .env("AWS_LAMBDA_FUNCTION_NAME", "prewarm")
        .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")
        .env("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/prewarm")
        .env("AWS_LAMBDA_LOG_STREAM_NAME", "bench")
        .env("AWS_REGION", "eu-central-1")
        .env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
        .env("AWS_SECRET_ACCESS_KEY", "example")
        .env("AWS_ENDPOINT_URL_SECRETS_MANAGER", &services.api)
        .env(
            "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER",
            &services.login,
        )
        .env("LAMBDA_TASK_ROOT", task_root)
        .env("DISTRIBUTION_ID", "EBENCH")
        .env("BASE_URL", &job.base)
        .env("SECRET_ID", "prewarmer")
        .env("USER_POOL_ID", "eu-central-1_Bench")
        .env("CLIENT_ID", "bench")
        .env("PREWARM_CONCURRENCY", job.concurrency.to_string())
        .env("SSL_CERT_FILE", &job.authority)
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    command
}
