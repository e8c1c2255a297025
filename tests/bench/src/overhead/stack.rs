//! A local stack of the benchmark's own, as `warmfront-stack` brings it up.

use std::fs;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::Method;
use jiff::Timestamp;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};
use tokio::process::{Child, Command};

use super::web;
use crate::bench::Bench;
use crate::error::{BenchError, During};

/// Longest time that a stack may take to come up, the first time with an installation.
const PATIENCE: Duration = Duration::from_mins(5);
const PAUSE: Duration = Duration::from_millis(100);

/// A running stack.
#[derive(Debug)]
pub(super) struct Stack {
    supervisor: Child,
    folder: PathBuf,
    /// What the stack tells of itself.
    state: Value,
    /// CloudFront's time to report a purge, and since when.
    reporting: Mutex<Vec<(Timestamp, Duration)>>,
}

/// An execution that succeeded.
#[derive(Debug)]
pub(super) struct Executed {
    /// Seconds from start to end.
    pub(super) took: f64,
    /// What happened, in order.
    pub(super) events: Vec<Value>,
}

impl Stack {
    /// Brings it up.
    pub(super) async fn start(bench: &Bench, reporting: Duration) -> Result<Self, BenchError> {
        let name = format!("bench-{}", std::process::id());
        let folder = bench.root().join("target/stack").join(&name);
        let file = folder.join("state.json");
        let mut supervisor = Command::new(bench.root().join("target/debug/warmfront-stack"))
            .args(["supervise", "--name", &name])
            .args(["--propagation-ms", "0"])
            .args(["--completion-ms", &reporting.as_millis().to_string()])
            .current_dir(bench.root())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .during(|| "warmfront-stack could not be started".to_owned())?;
        let begun = std::time::Instant::now();
        loop {
            if let Ok(text) = fs::read(&file) {
                let state = serde_json::from_slice(&text);
                let state = state.during(|| format!("{} is no JSON", file.display()))?;
                return Ok(Self {
                    supervisor,
                    folder,
                    state,
                    reporting: Mutex::new(vec![(Timestamp::now(), reporting)]),
                });
            }
            let ended = supervisor.try_wait().ok().flatten();
            if ended.is_some() || begun.elapsed() > PATIENCE {
                return Err(BenchError::new("the local stack did not come up"));
            }
            pause().await;
        }
    }

    /// Takes it down. The logs stay where they may tell why something failed.
    pub(super) async fn stop(mut self, keep_logs: bool) {
        let id = self.supervisor.id().and_then(|id| i32::try_from(id).ok());
        if let Some(id) = id {
            kill(Pid::from_raw(id), Signal::SIGTERM).ok();
            self.supervisor.wait().await.ok();
        }
        if !keep_logs {
            fs::remove_dir_all(&self.folder).ok();
        }
    }

    /// Something that the stack tells of itself.
    pub(super) fn told(&self, pointer: &str) -> &str {
        let found = self.state.pointer(pointer).and_then(Value::as_str);
        found.unwrap_or_default()
    }

    /// The deployed pipeline.
    pub(super) fn state_machine(&self) -> &str {
        self.told("/pipeline/stateMachineArn")
    }

    /// How long the origin takes.
    pub(super) async fn set_origin(
        &self,
        slowest: Duration,
        others: Duration,
    ) -> Result<(), BenchError> {
        let origin = self.told("/endpoints/originControl");
        let delays = [
            json!({ "milliseconds": millis(others) }),
            json!({ "path": "/api/overview", "milliseconds": millis(slowest) }),
        ];
        for delay in delays {
            web::call(Method::PUT, origin, "/delays", &delay).await?;
        }
        Ok(())
    }

    /// How long CloudFront takes to report a purge that has reached every place.
    pub(super) async fn set_reporting(&self, time: Duration) -> Result<(), BenchError> {
        let cloudfront = self.told("/endpoints/cloudfrontControl");
        let knob = json!({ "completionMs": millis(time) });
        web::call(Method::PATCH, cloudfront, "/profile", &knob).await?;
        self.reporting().push((Timestamp::now(), time));
        Ok(())
    }

    /// How long CloudFront took to report a purge that was created then: runs beside this one may
    /// have changed it since.
    pub(super) fn reporting_at(&self, created: Timestamp) -> Duration {
        let all = self.reporting();
        let set = all.iter().rev().find(|(since, _)| *since <= created);
        set.or(all.first())
            .map(|(_, time)| *time)
            .unwrap_or_default()
    }

    fn reporting(&self) -> MutexGuard<'_, Vec<(Timestamp, Duration)>> {
        self.reporting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// A tenant with data of version 1.
    pub(super) async fn create_tenant(&self, tenant: &str) -> Result<(), BenchError> {
        let origin = self.told("/endpoints/originControl");
        let path = format!("/tenants/{tenant}");
        web::call(Method::PUT, origin, &path, &json!({ "version": "1" })).await?;
        Ok(())
    }

    /// Makes a state machine and gives its ARN.
    pub(super) async fn create_state_machine(
        &self,
        name: &str,
        definition: &Value,
    ) -> Result<String, BenchError> {
        let wanted = json!({
            "name": name,
            "definition": definition.to_string(),
            "roleArn": "arn:aws:iam::000000000000:role/bench",
        });
        let made = self.step_functions("CreateStateMachine", &wanted).await?;
        Ok(made["stateMachineArn"]
            .as_str()
            .unwrap_or_default()
            .to_owned())
    }

    /// Runs a state machine to its end.
    pub(super) async fn execute(
        &self,
        state_machine: &str,
        input: &Value,
    ) -> Result<Executed, BenchError> {
        let order = json!({ "stateMachineArn": state_machine, "input": input.to_string() });
        let started = self.step_functions("StartExecution", &order).await?;
        let which = json!({ "executionArn": started["executionArn"] });
        let ended = loop {
            let described = self.step_functions("DescribeExecution", &which).await?;
            match described["status"].as_str() {
                Some("RUNNING") => pause().await,
                Some("SUCCEEDED") => break described,
                _ => return Err(BenchError::new(format!("a run failed: {described}"))),
            }
        };
        let mut ask = which;
        ask["maxResults"] = 1000.into();
        let mut history = self.step_functions("GetExecutionHistory", &ask).await?;
        let time = |field: &str| ended[field].as_f64().unwrap_or_default();
        Ok(Executed {
            took: time("stopDate") - time("startDate"),
            events: history["events"]
                .as_array_mut()
                .map(std::mem::take)
                .unwrap_or_default(),
        })
    }

    /// Makes a function that is like a deployed one, with other code, and gives its ARN.
    pub(super) async fn create_function(
        &self,
        name: &str,
        like: &str,
        zip: &str,
    ) -> Result<String, BenchError> {
        let base = self.told("/endpoints/localstack");
        let like = format!("/{like}/configuration");
        let like = web::lambda(Method::GET, base, &like, &Value::Null).await?;
        let wanted = json!({
            "FunctionName": name,
            "Runtime": like["Runtime"],
            "Handler": "bootstrap",
            "Role": like["Role"],
            "Timeout": like["Timeout"],
            "MemorySize": like["MemorySize"],
            "Architectures": like["Architectures"],
            "Environment": { "Variables": like["Environment"]["Variables"] },
            "Code": { "ZipFile": zip },
        });
        let made = web::lambda(Method::POST, base, "", &wanted).await?;
        let state = format!("/{name}/configuration");
        loop {
            let found = web::lambda(Method::GET, base, &state, &Value::Null).await?;
            match found["State"].as_str() {
                Some("Pending") => pause().await,
                Some("Active") => break,
                _ => return Err(BenchError::new(format!("{name} cannot start: {found}"))),
            }
        }
        Ok(made["FunctionArn"].as_str().unwrap_or_default().to_owned())
    }

    async fn step_functions(&self, operation: &str, body: &Value) -> Result<Value, BenchError> {
        web::step_functions(self.told("/endpoints/localstack"), operation, body).await
    }
}

impl Drop for Stack {
    /// A benchmark that failed leaves no stack behind.
    fn drop(&mut self) {
        let id = self.supervisor.id().and_then(|id| i32::try_from(id).ok());
        if let Some(id) = id {
            kill(Pid::from_raw(id), Signal::SIGTERM).ok();
        }
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).expect("it is short")
}

#[expect(clippy::disallowed_methods, reason = "looks again a moment later")]
async fn pause() {
    tokio::time::sleep(PAUSE).await;
}
