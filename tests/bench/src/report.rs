//! The report: what was measured, of what, on what.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::bench::Bench;
use crate::error::{BenchError, During};
use crate::machine::{Machine, Sources};
use crate::part::Part;

/// Everything that one run of the benchmarks found.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// When it began.
    pub at: String,
    /// Whether it took only few samples.
    pub quick: bool,
    /// The project's commit and the measured binaries.
    pub sources: Sources,
    /// The machine and its tools.
    pub machine: Machine,
    /// What each part found.
    pub parts: Vec<Part>,
}

impl Report {
    /// Begins with no part.
    pub fn begin(bench: &Bench) -> Result<Self, BenchError> {
        Ok(Self {
            at: jiff::Timestamp::now().to_string(),
            quick: bench.is_quick(),
            sources: Sources::of(bench)?,
            machine: Machine::of(bench)?,
            parts: Vec::new(),
        })
    }

    /// Writes `report.json` into `folder`.
    pub fn write(&self, folder: &Path) -> Result<PathBuf, BenchError> {
        let file = folder.join("report.json");
        let text = serde_json::to_string_pretty(self).during(|| "the report has no JSON".into())?;
        fs::create_dir_all(folder)
            .and_then(|()| fs::write(&file, text + "\n"))
            .during(|| format!("{} could not be written", file.display()))?;
        Ok(file)
    }
}
