//! The Python environment of LocalStack and Cognito: made once from the lock files, kept under `target/stack/python`.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::Stdio,
};

use sha2::{Digest, Sha256};
use tokio::process::Command;

use crate::{error::StackError, folders};

/// LocalStack 4.9 annotates with types that later versions evaluate, and its lock holds wheels of this version.
const VERSION: &str = "3.11";
const CANDIDATES: [&str; 3] = ["python3.11", "python3", "python"];

/// The environment's folder, and the folder of the lock files that it is made from.
fn folders_of_locks() -> Result<(PathBuf, PathBuf), StackError> {
    let sources = folders::project().join("tests/stack/localstack");
    let read =
        |name: &str| fs::read(sources.join(name)).map_err(StackError::io(format!("read {name}")));
    let mut digest = Sha256::new();
    digest.update(read("installer.lock")?);
    digest.update(read("requirements.lock")?);
    let digest = digest
        .finalize()
        .iter()
        .take(6)
        .fold(String::new(), |name, byte| name + &format!("{byte:02x}"));
    Ok((
        folders::project().join("target/stack/python").join(digest),
        sources,
    ))
}

/// An installed environment.
#[derive(Clone, Debug)]
pub(crate) struct Python {
    folder: PathBuf,
}

impl Python {
    /// Installs the environment unless the one for these locks is there; `say` is told when that takes time.
    pub(crate) async fn install(say: &impl Fn(&str)) -> Result<Self, StackError> {
        let (folder, sources) = folders_of_locks()?;
        let python = Self { folder };
        let root = folders::project().join("target/stack/python");
        fs::create_dir_all(&root).map_err(StackError::io("create target/stack/python"))?;

        // Stacks that start at the same time install once.
        let lock =
            File::create(root.join("lock")).map_err(StackError::io("lock target/stack/python"))?;
        let lock = tokio::task::spawn_blocking(move || lock.lock().map(|()| lock))
            .await
            .expect("locking a file does not panic")
            .map_err(StackError::io("lock target/stack/python"))?;
        let complete = python.folder.join("complete");
        if !complete.exists() {
            say("installing LocalStack and Cognito (Python packages, once)");
            python.fill(&sources, &root.join("install.log")).await?;
            File::create(complete)
                .map_err(StackError::io("mark the Python environment as complete"))?;
        }
        drop(lock);
        Ok(python)
    }

    /// The environment, which a running stack has installed.
    pub(crate) fn installed() -> Result<Self, StackError> {
        folders_of_locks().map(|(folder, _)| Self { folder })
    }

    /// A program of the environment.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.folder.join("bin").join(name)
    }

    async fn fill(&self, sources: &Path, log: &Path) -> Result<(), StackError> {
        let interpreter = interpreter().await?;
        if self.folder.exists() {
            fs::remove_dir_all(&self.folder)
                .map_err(StackError::io("remove a half-made Python environment"))?;
        }
        File::create(log).map_err(StackError::io(format!("write {}", log.display())))?;
        let mut venv = Command::new(interpreter);
        venv.args(["-m", "venv"]).arg(&self.folder);
        run(venv, log).await?;
        let mut pip = Command::new(self.program("python"));
        pip.args([
            "-m",
            "pip",
            "install",
            "--disable-pip-version-check",
            "--no-deps",
            "--require-hashes",
            "-r",
        ])
        .arg(sources.join("installer.lock"));
        run(pip, log).await?;
        let mut uv = Command::new(self.program("uv"));
        uv.args(["pip", "install", "--no-deps", "--require-hashes", "-r"])
            .arg(sources.join("requirements.lock"))
            .env("VIRTUAL_ENV", &self.folder);
        run(uv, log).await
    }
}

async fn interpreter() -> Result<&'static str, StackError> {
    for candidate in CANDIDATES {
        let answer = Command::new(candidate)
            .args([
                "-c",
                "import sys, venv; print('%d.%d' % sys.version_info[:2])",
            ])
            .stderr(Stdio::null())
            .output()
            .await;
        if answer.is_ok_and(|answer| String::from_utf8_lossy(&answer.stdout).trim() == VERSION) {
            return Ok(candidate);
        }
    }
    Err(StackError::Program {
        program: "Python".to_owned(),
        reason: format!(
            "none of {} is Python {VERSION} with its venv module",
            CANDIDATES.join(", ")
        ),
    })
}

async fn run(mut command: Command, log: &Path) -> Result<(), StackError> {
    let program = command
        .as_std()
        .get_program()
        .to_string_lossy()
        .into_owned();
    let append = || File::options().append(true).open(log);
    let output = append().map_err(StackError::io(format!("write {}", log.display())))?;
    let errors = append().map_err(StackError::io(format!("write {}", log.display())))?;
    let status = command
        .stdin(Stdio::null())
        .stdout(output)
        .stderr(errors)
        .kill_on_drop(true)
        .status()
        .await
        .map_err(StackError::io(format!("run {program}")))?;
    if status.success() {
        return Ok(());
    }
    Err(StackError::NotReady {
        part: "the Python environment".to_owned(),
        reason: format!("{program} ended with {status}"),
        log: log.to_owned(),
    })
}
