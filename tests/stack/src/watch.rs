//! An execution while it runs: the states from its history, the endpoints from the prewarm function's log.

use std::{
    collections::HashMap,
    fs::File,
    io::{Read, Seek, SeekFrom},
    path::PathBuf,
    time::Duration,
};

use serde::Deserialize;

use crate::{
    error::StackError,
    execution::{self, Execution},
    stack::Stack,
};

const LOOK_EVERY: Duration = Duration::from_millis(250);

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// A state was entered.
    Entered(String),
    /// A task failed; the machine retries, catches or fails.
    TaskFailed(String),
    /// So many endpoints and variants are to be requested.
    Planned(u64),
    /// An endpoint has its verdict.
    Judged(Judged),
}

/// The verdict on one endpoint and variant.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct Judged {
    /// With its query.
    pub path: String,
    /// `header=value`, space-separated.
    #[serde(default)]
    pub variant: String,
    /// The verdict's name, as in the report.
    #[serde(deserialize_with = "camel_case")]
    pub verdict: String,
    /// How long the first complete answer took.
    #[serde(default)]
    pub millis: u64,
}

impl Stack {
    /// Waits for an execution's end and tells what happens meanwhile.
    pub async fn watch(
        &self,
        arn: &str,
        mut tell: impl FnMut(Progress),
    ) -> Result<Execution, StackError> {
        let mut seen = 0;
        let mut log = VerdictLog::of(self, arn);
        loop {
            // Asked for first: what is read after it is then complete.
            let ended = self.ended(arn).await?;
            let history = match &ended {
                Some(execution) => execution.history.clone(),
                None => self.history(arn).await?,
            };
            log.read().into_iter().for_each(&mut tell);
            for event in history.iter().skip(seen) {
                if let Some(state) = execution::entered(event) {
                    tell(Progress::Entered(state.to_owned()));
                }
                if let Some(error) = execution::failed(event) {
                    tell(Progress::TaskFailed(error.to_owned()));
                }
            }
            seen = history.len();
            if let Some(execution) = ended {
                return Ok(execution);
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
}

/// The prewarm function's log files, read as they grow.
struct VerdictLog {
    folder: PathBuf,
    execution: String,
    /// How far each file was read, in whole lines.
    read: HashMap<PathBuf, u64>,
}

/// The two lines of that log that matter here.
#[derive(Deserialize)]
#[serde(tag = "message")]
enum Line {
    #[serde(rename = "the cache can be refilled")]
    Planned { targets: u64 },
    #[serde(rename = "verdict")]
    Judged(Judged),
}

impl From<Line> for Progress {
    fn from(line: Line) -> Self {
        match line {
            Line::Planned { targets } => Self::Planned(targets),
            Line::Judged(judged) => Self::Judged(judged),
        }
    }
}

impl VerdictLog {
    fn of(stack: &Stack, arn: &str) -> Self {
        let folder = stack
            .state
            .logs
            .join("functions")
            .join(&stack.state.pipeline.prewarm_function);
        Self {
            folder,
            execution: arn.to_owned(),
            read: HashMap::new(),
        }
    }

    /// What is new. A log that cannot be read shows nothing: with a LocalStack of the user's own there is none.
    fn read(&mut self) -> Vec<Progress> {
        let files = std::fs::read_dir(&self.folder)
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path());
        let mut progress = Vec::new();
        for file in
            files.filter(|file| file.extension().is_some_and(|extension| extension == "log"))
        {
            let offset = self.read.entry(file.clone()).or_default();
            let text = text_from(&file, *offset).unwrap_or_default();
            let whole = text.rfind('\n').map_or(0, |end| end + 1);
            *offset += whole as u64;
            let ours = text[..whole]
                .lines()
                .filter(|line| line.contains(&self.execution));
            progress.extend(
                ours.filter_map(|line| serde_json::from_str::<Line>(line).ok())
                    .map(Progress::from),
            );
        }
        progress
    }
}

/// The log names the variant of the Rust type, the report its JSON form.
fn camel_case<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let mut name = String::deserialize(deserializer)?;
    if let Some(first) = name.get_mut(..1) {
        first.make_ascii_lowercase();
    }
    Ok(name)
}

fn text_from(file: &PathBuf, offset: u64) -> std::io::Result<String> {
    let mut file = File::open(file)?;
    file.seek(SeekFrom::Start(offset))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
