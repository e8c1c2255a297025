//! One run of the benchmarks: which parts, how long, and where everything lies.

use std::path::{Path, PathBuf};

use clap::{Parser, ValueEnum};

use crate::cold_start;
use crate::cost;
use crate::error::BenchError;
use crate::overhead;
use crate::prewarm;
use crate::report::Report;
use crate::table;

/// Measures the functions and the pipeline beside what people would use instead.
#[derive(Debug, Parser)]
pub struct Arguments {
    /// Only these parts.
    #[arg(long, value_enum)]
    only: Vec<PartName>,
    /// Few samples: says whether everything works, not how fast it is.
    #[arg(long)]
    quick: bool,
}

/// A part of the benchmarks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PartName {
    /// From exec to the first answer.
    ColdStart,
    /// Many endpoints through one process.
    Prewarm,
    /// What a run takes beyond CloudFront and the origin.
    Overhead,
    /// What a run costs.
    Cost,
}

/// One run of the benchmarks.
#[derive(Debug)]
pub struct Bench {
    only: Vec<PartName>,
    quick: bool,
    root: PathBuf,
}

impl Bench {
    /// Measures nothing yet.
    #[must_use]
    pub fn new(arguments: Arguments) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        Self {
            only: arguments.only,
            quick: arguments.quick,
            root: root.canonicalize().unwrap_or(root),
        }
    }

    /// Runs the parts, prints the table and writes the report.
    pub async fn run(&self) -> Result<(), BenchError> {
        let mut report = Report::begin(self)?;
        if self.wants(PartName::ColdStart) {
            report.parts.push(cold_start::measure(self).await?);
        }
        if self.wants(PartName::Prewarm) {
            report.parts.push(prewarm::measure(self).await?);
        }
        if self.wants(PartName::Overhead) {
            report.parts.push(overhead::measure(self).await?);
        }
        if self.wants(PartName::Cost) {
            let part = cost::measure(self, &report.parts).await?;
            report.parts.push(part);
        }
        print!("{}", table::render(&report));
        let file = report.write(&self.folder())?;
        println!("\nThe numbers are in {}.", file.display());
        Ok(())
    }

    /// How many samples to take: `samples`, or a few in a quick run.
    #[must_use]
    pub fn rounds(&self, samples: usize) -> usize {
        if self.quick { samples.min(3) } else { samples }
    }

    /// Whether this run is only to show that everything works.
    #[must_use]
    pub fn is_quick(&self) -> bool {
        self.quick
    }

    /// The project's folder.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where everything that the benchmarks install and write lies.
    #[must_use]
    pub fn folder(&self) -> PathBuf {
        self.root.join("target/bench")
    }

    /// The binary of a function, as `make build-host` makes it.
    #[must_use]
    pub fn function(&self, name: &str) -> PathBuf {
        self.root.join("target/release").join(name)
    }

    /// A Python with the packages of the prewarm peers.
    #[must_use]
    pub fn python(&self) -> PathBuf {
        self.folder().join("prewarm/python/bin/python")
    }

    /// A Python with what a Lambda function in Python has, and nothing else.
    #[must_use]
    pub fn lambda_python(&self) -> PathBuf {
        self.folder().join("cold-start/python/bin/python")
    }

    /// The sources of the peers.
    #[must_use]
    pub fn peers(&self) -> PathBuf {
        self.root.join("tests/bench/peers")
    }

    /// Whether a part is to be run.
    #[must_use]
    pub fn wants(&self, part: PartName) -> bool {
        self.only.is_empty() || self.only.contains(&part)
    }
}
