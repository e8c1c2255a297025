//! Those who do the same job: how each is started, told what to do, and measured.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::child::Running;
use crate::error::{BenchError, During};

/// What is to be requested, the same for all.
#[derive(Clone, Debug, Serialize)]
pub struct Job {
    /// Scheme and host.
    pub base: String,
    /// Path and query of each request.
    pub paths: Vec<String>,
    /// The headers of each request.
    pub headers: BTreeMap<String, String>,
    /// Most requests at a time.
    pub concurrency: usize,
    /// Longest time of one request, in seconds.
    pub timeout: u64,
    /// A PEM file with whom to trust; who does the job is told when it starts.
    #[serde(skip)]
    pub authority: PathBuf,
}

/// What doing it took.
#[derive(Clone, Copy, Debug)]
pub struct Took {
    /// From the order to the last answer.
    pub wall: Duration,
    /// Processor time in between.
    pub cpu: Duration,
    /// Highest resident memory of the process so far, in bytes.
    pub peak: u64,
}

/// A peer that says when it is ready, takes a job on one line, and answers on another.
#[derive(Debug)]
pub struct Peer {
    process: Running,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
}

/// What a peer answers.
#[derive(Debug, Deserialize)]
struct Counted {
    good: usize,
}

impl Peer {
    /// Starts it and waits until it is ready; blocks.
    pub fn start(program: &Path, arguments: &[&Path]) -> Result<Self, BenchError> {
        let mut command = Command::new(program);
        command
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut process = Running::spawn(&mut command)?;
        let orders = process.child().stdin.take().expect("it is piped");
        let answers = process.child().stdout.take().expect("it is piped");
        let mut peer = Self {
            process,
            orders,
            answers: BufReader::new(answers),
        };
        let said = peer.line()?;
        if said == "ready" {
            Ok(peer)
        } else {
            Err(BenchError::new(format!(
                "{} says {said:?} instead of \"ready\"",
                program.display()
            )))
        }
    }

    /// Has it do a job; blocks.
    pub fn done(mut self, job: &Job) -> Result<Took, BenchError> {
        let order = serde_json::to_string(job).during(|| "a job has no JSON".to_owned())? + "\n";
        let cpu = self.process.cpu()?;
        let began = Instant::now();
        let sent = self.orders.write_all(order.as_bytes());
        sent.during(|| "a peer takes no order".to_owned())?;
        let said = self.line()?;
        let wall = began.elapsed();
        let took = Took {
            wall,
            cpu: self.process.cpu()?.saturating_sub(cpu),
            peak: self.process.peak()?,
        };
        let counted: Counted =
            serde_json::from_str(&said).during(|| format!("a peer says {said:?}"))?;
        all_good(counted.good, job)?;
        Ok(took)
    }

    fn line(&mut self) -> Result<String, BenchError> {
        let mut line = String::new();
        let read = self.answers.read_line(&mut line);
        read.during(|| "a peer says nothing".to_owned())?;
        Ok(line.trim_end().to_owned())
    }
}

/// Has curl do a job, from its start to its end; blocks.
pub fn curl(job: &Job, folder: &Path) -> Result<Took, BenchError> {
    let port = job.base.rsplit(':').next().unwrap_or_default();
    let file = folder.join(format!("curl-{port}.conf"));
    std::fs::write(&file, configuration(job))
        .during(|| format!("{} could not be written", file.display()))?;
    let mut command = Command::new("curl");
    command
        .arg("--disable")
        .arg("--config")
        .arg(&file)
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    let ended = Running::spawn(&mut command)?.ended();
    std::fs::remove_file(&file).during(|| format!("{} could not be removed", file.display()))?;
    let ended = ended?;
    // It fails when one of its transfers does.
    if !ended.status.success() {
        return Err(BenchError::new(format!("curl ended with {}", ended.status)));
    }
    Ok(Took {
        wall: ended.took,
        cpu: ended.cpu,
        peak: ended.peak,
    })
}

fn configuration(job: &Job) -> String {
    let mut lines = vec![
        "no-progress-meter".to_owned(),
        "fail".to_owned(),
        "parallel".to_owned(),
        format!("parallel-max = {}", job.concurrency),
        format!("max-time = {}", job.timeout),
        format!("cacert = {:?}", job.authority.display().to_string()),
    ];
    // Over HTTP/1.1 there is no use in waiting whether a connection can be shared.
    let how = if job.base.starts_with("https:") {
        "http2"
    } else {
        "parallel-immediate"
    };
    lines.push(how.to_owned());
    for (name, value) in &job.headers {
        lines.push(format!("header = \"{name}: {value}\""));
    }
    for path in &job.paths {
        lines.push(format!("url = \"{}{path}\"", job.base));
        lines.push("output = /dev/null".to_owned());
    }
    lines.join("\n")
}

/// Nobody is faster by failing.
pub fn all_good(good: usize, job: &Job) -> Result<(), BenchError> {
    if good == job.paths.len() {
        return Ok(());
    }
    Err(BenchError::new(format!(
        "only {good} of {} requests were answered well",
        job.paths.len()
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn curl_shares_a_connection_where_it_can() {
        let mut job = Job {
            base: "https://localhost:1".to_owned(),
            paths: vec!["/a?b".to_owned()],
            headers: BTreeMap::from([("accept".to_owned(), "text/plain".to_owned())]),
            concurrency: 7,
            timeout: 3,
            authority: "/root.pem".into(),
        };
        let told = configuration(&job);
        for line in [
            "parallel-max = 7",
            "http2",
            "header = \"accept: text/plain\"",
            "url = \"https://localhost:1/a?b\"",
        ] {
            assert!(told.lines().any(|other| other == line), "{line}: {told}");
        }
        job.base = "http://localhost:1".to_owned();
        let told = configuration(&job);
        assert!(told.contains("parallel-immediate") && !told.contains("http2"));
    }
}
