//! What was measured on what: commit, binaries, machine, versions of everything that takes part.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::bench::Bench;
use crate::error::{BenchError, During};

/// The functions that are measured.
pub const FUNCTIONS: [&str; 3] = ["invalidate", "poll", "prewarm"];

/// Names and versions of the packages that a Python has.
const PYTHON_PACKAGES: &str = "\
from importlib import metadata
for package in metadata.distributions():
    print(package.name, package.version)";

/// What the measured binaries were made from.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Sources {
    /// The commit of the working tree.
    pub commit: String,
    /// Whether anything in the working tree differs from it.
    pub dirty: bool,
    /// SHA-256 of each function's binary.
    pub binaries: BTreeMap<&'static str, String>,
}

impl Sources {
    /// Looks at the working tree and the binaries.
    pub fn of(bench: &Bench) -> Result<Self, BenchError> {
        let git = |arguments: &[&str]| {
            said_by(
                Command::new("git")
                    .current_dir(bench.root())
                    .args(arguments),
            )
        };
        let mut binaries = BTreeMap::new();
        for name in FUNCTIONS {
            let file = bench.function(name);
            let bytes = fs::read(&file).during(|| {
                format!(
                    "{} could not be read: run `make build-host`",
                    file.display()
                )
            })?;
            let digest = Sha256::digest(bytes);
            let text = digest
                .iter()
                .fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
            binaries.insert(name, text);
        }
        Ok(Self {
            commit: git(&["rev-parse", "HEAD"])?,
            dirty: !git(&["status", "--porcelain"])?.is_empty(),
            binaries,
        })
    }
}

/// The machine and the versions of what runs on it.
#[derive(Debug, Serialize)]
pub struct Machine {
    /// Processor cores.
    pub cores: usize,
    /// The processor, as it calls itself.
    pub processor: String,
    /// The kernel.
    pub kernel: String,
    /// Mean of the processes that wanted to run in the minute before.
    pub load: String,
    /// Version by tool, library or SDK.
    pub versions: BTreeMap<String, String>,
}

impl Machine {
    /// Looks at the machine.
    pub fn of(bench: &Bench) -> Result<Self, BenchError> {
        let proc =
            |file: &str| fs::read_to_string(Path::new("/proc").join(file)).unwrap_or_default();
        let processor = proc("cpuinfo")
            .lines()
            .find_map(|line| line.strip_prefix("model name")?.split_once(": "))
            .map(|(_, name)| name.to_owned());
        Ok(Self {
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            processor: processor.unwrap_or_else(|| std::env::consts::ARCH.to_owned()),
            kernel: proc("sys/kernel/osrelease").trim().to_owned(),
            load: proc("loadavg")
                .split(' ')
                .next()
                .unwrap_or_default()
                .to_owned(),
            versions: versions(bench)?,
        })
    }
}

fn versions(bench: &Bench) -> Result<BTreeMap<String, String>, BenchError> {
    let mut versions = BTreeMap::new();
    let pythons = [bench.lambda_python(), bench.python()];
    for (name, program) in [
        ("rust", Path::new("rustc")),
        ("python", &pythons[0]),
        ("node", Path::new("node")),
        ("curl", Path::new("curl")),
    ] {
        let said = said_by(Command::new(program).arg("--version"))?;
        let version = said.split_whitespace().find(|word| word.contains('.'));
        versions.insert(name.into(), version.unwrap_or(&said).to_owned());
    }
    for python in pythons {
        let packages = said_by(Command::new(&python).args(["-c", PYTHON_PACKAGES]))?;
        for (name, version) in packages.lines().filter_map(|line| line.split_once(' ')) {
            versions.insert(format!("python {name}"), version.to_owned());
        }
    }
    for peers in ["cold-start", "prewarm"] {
        let lock = bench.peers().join(peers).join("package-lock.json");
        versions.extend(node_packages(&lock)?);
    }
    versions.extend(crates(&bench.root().join("Cargo.lock"))?);
    Ok(versions)
}

/// Everything that the Node peers ask for by name.
fn node_packages(lock: &Path) -> Result<BTreeMap<String, String>, BenchError> {
    let text = read(lock)?;
    let lock: Value =
        serde_json::from_str(&text).during(|| format!("{} is no JSON", lock.display()))?;
    let packages = &lock["packages"];
    let mut found = BTreeMap::new();
    for group in ["dependencies", "devDependencies"] {
        for name in packages[""][group]
            .as_object()
            .into_iter()
            .flat_map(|names| names.keys())
        {
            let version = packages[format!("node_modules/{name}")]["version"].as_str();
            found.insert(format!("node {name}"), version.unwrap_or("?").to_owned());
        }
    }
    Ok(found)
}

/// The crates that stand between the functions and the network.
fn crates(lock: &Path) -> Result<BTreeMap<String, String>, BenchError> {
    let text = read(lock)?;
    let mut found = BTreeMap::new();
    for package in text.split("[[package]]") {
        let field = |name: &str| {
            let value = package
                .lines()
                .find_map(|line| line.strip_prefix(name)?.strip_prefix(" = "));
            value.map(|value| value.trim_matches('"').to_owned())
        };
        if let (Some(name), Some(version)) = (field("name"), field("version"))
            && (name.starts_with("aws-sdk-")
                || ["lambda_runtime", "rustls", "hyper", "reqwest", "tokio"].contains(&&*name))
        {
            found.insert(format!("crate {name}"), version);
        }
    }
    Ok(found)
}

fn read(file: &Path) -> Result<String, BenchError> {
    fs::read_to_string(file).during(|| format!("{} could not be read", file.display()))
}

/// What a command that must succeed says.
fn said_by(command: &mut Command) -> Result<String, BenchError> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command
        .output()
        .during(|| format!("{program} could not be run; `make bench` installs the peers"))?;
    if !output.status.success() {
        return Err(BenchError::new(format!(
            "{program} failed: {}",
            output.status
        )));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
