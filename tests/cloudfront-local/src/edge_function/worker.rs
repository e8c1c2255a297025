//! Worker processes of one function: one event at a time each, as a Lambda instance does.

use std::path::PathBuf;
use std::process::Stdio;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::Semaphore;

use super::{EdgeError, KeyValues};
use crate::options::RewrittenHost;
use crate::template::{CodeSource, FunctionCode, FunctionKind};

/// The program that each worker runs.
const PROGRAM: &str = include_str!("worker.js");
/// Processes per function: a Node process takes some 40 MiB, and a test machine is small.
const MAX_WORKERS: usize = 4;
/// Time for a process to start and load its code, on top of the function's own limit.
const START: Duration = Duration::from_secs(20);

/// The workers of one function.
#[derive(Debug)]
pub(crate) struct Pool {
    node: PathBuf,
    hosts: Value,
    code: FunctionCode,
    /// The key value store that it reads.
    store: Option<KeyValues>,
    /// Where inline code lies.
    unpacked: OnceLock<PathBuf>,
    idle: Mutex<Vec<Worker>>,
    permits: Arc<Semaphore>,
}

#[derive(Debug)]
struct Worker {
    stdin: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
    is_warm: bool,
    /// Killed when dropped.
    _process: Child,
}

#[derive(Deserialize)]
struct Outcome {
    #[serde(default)]
    value: Value,
    error: Option<String>,
    #[serde(default)]
    logs: Vec<String>,
}

impl Pool {
    pub(crate) fn new(
        node: PathBuf,
        hosts: &[RewrittenHost],
        code: FunctionCode,
        store: Option<KeyValues>,
    ) -> Self {
        let hosts = hosts
            .iter()
            .map(|one| (one.host.clone(), Value::from(one.url.clone())))
            .collect();
        Self {
            node,
            hosts: Value::Object(hosts),
            code,
            store,
            unpacked: OnceLock::new(),
            idle: Mutex::default(),
            permits: Arc::new(Semaphore::new(MAX_WORKERS)),
        }
    }

    pub(crate) fn name(&self) -> &str {
        &self.code.name
    }

    pub(crate) fn kind(&self) -> FunctionKind {
        self.code.kind
    }

    /// Runs the function; its log lines come with the outcome. A worker that fails its time is killed.
    pub(crate) async fn run(
        &self,
        event: Value,
        limit: Duration,
    ) -> (Result<Value, EdgeError>, Vec<String>) {
        let _permit = self
            .permits
            .acquire()
            .await
            .expect("the semaphore is never closed");
        let idle = self.lock().pop();
        let mut worker = match idle.map_or_else(|| self.start(), Ok) {
            Ok(worker) => worker,
            Err(error) => return (Err(EdgeError::Start(error)), Vec::new()),
        };
        let limit = limit.min(self.code.timeout);
        let patience = if worker.is_warm { limit } else { limit + START };
        match tokio::time::timeout(patience, worker.ask(&event)).await {
            Err(_) => (Err(EdgeError::TimedOut(limit)), Vec::new()),
            Ok(None) => (Err(EdgeError::Died), Vec::new()),
            Ok(Some(outcome)) => {
                self.lock().push(worker);
                let result = outcome
                    .error
                    .map_or(Ok(outcome.value), |error| Err(EdgeError::Failed(error)));
                (result, outcome.logs)
            }
        }
    }

    fn start(&self) -> std::io::Result<Worker> {
        let folder = match &self.code.source {
            CodeSource::Folder(folder) => std::path::absolute(folder)?,
            CodeSource::Inline(text) => self.unpack(text)?,
        };
        let settings = json!({
            "folder": folder,
            "handler": self.code.handler,
            "hosts": self.hosts,
            "cloudfront": self.kind() == FunctionKind::CloudFront,
            "store": self.store,
        });
        let mut process = Command::new(&self.node)
            .arg(format!("--max-old-space-size={}", self.code.memory))
            .args(["-e", PROGRAM, "worker"])
            .arg(settings.to_string())
            // A Lambda@Edge function has no environment variables of its own.
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("AWS_REGION", "us-east-1")
            .env("AWS_EXECUTION_ENV", "AWS_Lambda_nodejs")
            .current_dir(&folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let (stdin, stdout) = (process.stdin.take(), process.stdout.take());
        Ok(Worker {
            stdin: stdin.expect("stdin was asked for"),
            lines: BufReader::new(stdout.expect("stdout was asked for")).lines(),
            is_warm: false,
            _process: process,
        })
    }

    /// Writes inline code where Node can load it; the folder goes with the pool.
    fn unpack(&self, text: &str) -> std::io::Result<PathBuf> {
        static SERIAL: AtomicU64 = AtomicU64::new(0);
        if let Some(folder) = self.unpacked.get() {
            return Ok(folder.clone());
        }
        let serial = SERIAL.fetch_add(1, Ordering::Relaxed);
        let folder =
            std::env::temp_dir().join(format!("cloudfront-local-{}-{serial}", std::process::id()));
        std::fs::create_dir_all(&folder)?;
        std::fs::write(folder.join("index.js"), text)?;
        Ok(self.unpacked.get_or_init(|| folder).clone())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Worker>> {
        self.idle
            .lock()
            .expect("nothing panics while it holds the workers")
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        if let Some(folder) = self.unpacked.get()
            && let Err(error) = std::fs::remove_dir_all(folder)
        {
            tracing::debug!(%error, folder = %folder.display(), "unpacked code stays behind");
        }
    }
}

impl Worker {
    /// Nothing if the process ended or answered with what is no answer.
    async fn ask(&mut self, event: &Value) -> Option<Outcome> {
        let mut line = event.to_string();
        line.push('\n');
        self.stdin.write_all(line.as_bytes()).await.ok()?;
        let answer = self.lines.next_line().await.ok()??;
        self.is_warm = true;
        serde_json::from_str(&answer).ok()
    }
}
