//! Where a stack keeps its files: everything under the project's `target/stack`.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    sync::LazyLock,
};

use crate::error::StackError;

/// The stack that commands mean when no other is named.
pub(crate) const USUAL: &str = "local";

/// The project's own folder.
pub(crate) fn project() -> &'static Path {
    static PROJECT: LazyLock<PathBuf> = LazyLock::new(|| {
        let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        here.canonicalize().unwrap_or(here)
    });
    &PROJECT
}

/// The folders and files of one named stack.
#[derive(Clone, Debug)]
pub struct Folders {
    root: PathBuf,
}

impl Folders {
    /// The folders of the stack of this name; nothing is created yet.
    ///
    /// # Errors
    ///
    /// A name that is not a plain folder name.
    pub fn of(name: &str) -> Result<Self, StackError> {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if name.is_empty() || name.len() > 32 || !name.chars().all(plain) {
            return Err(StackError::unusable(
                format!("name a stack {name:?}"),
                "a name is 1 to 32 letters, digits, '-' or '_'",
            ));
        }
        Ok(Self {
            root: project().join("target/stack").join(name),
        })
    }

    /// The folders that this state file lies in.
    pub(crate) fn around(state: &Path) -> Self {
        Self {
            root: state.parent().unwrap_or(Path::new("")).to_owned(),
        }
    }

    /// The stack's name.
    pub(crate) fn name(&self) -> String {
        let name = self.root.file_name().unwrap_or_default();
        name.to_string_lossy().into_owned()
    }

    /// The command that makes these targets for this stack.
    pub(crate) fn make(&self, targets: &str) -> String {
        match self.name().as_str() {
            USUAL => format!("make {targets}"),
            name => format!("WARMFRONT_STACK_NAME={name} make {targets}"),
        }
    }

    /// Starts with empty folders: a stack has no memory.
    pub(crate) fn renew(&self) -> Result<(), StackError> {
        for folder in [
            self.logs(),
            self.functions(),
            self.temporary(),
            self.volume(),
            self.cdk(),
        ] {
            if folder.exists() {
                fs::remove_dir_all(&folder)
                    .map_err(StackError::io(format!("empty {}", folder.display())))?;
            }
            fs::create_dir_all(&folder)
                .map_err(StackError::io(format!("create {}", folder.display())))?;
        }
        Ok(())
    }

    /// What a stack that ended well leaves: its logs. Code, packages and templates take tens of megabytes.
    pub(crate) fn keep_logs_only(&self) {
        for folder in [self.temporary(), self.volume(), self.cdk()] {
            if let Err(error) = fs::remove_dir_all(&folder) {
                tracing::warn!(%error, folder = %folder.display(), "cannot be removed");
            }
        }
    }

    /// Everything of this stack.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where every part writes its log.
    #[must_use]
    pub fn logs(&self) -> PathBuf {
        self.root.join("logs")
    }

    /// The functions' output: a folder per function, a file per execution environment.
    #[must_use]
    pub fn functions(&self) -> PathBuf {
        self.logs().join("functions")
    }

    /// What a running stack tells others: see [`crate::State`].
    #[must_use]
    pub fn state(&self) -> PathBuf {
        self.root.join("state.json")
    }

    /// Locked as long as the supervisor lives.
    pub(crate) fn lock(&self) -> PathBuf {
        self.root.join("lock")
    }

    /// Whether a supervisor lives: only a living one holds the lock.
    #[must_use]
    pub fn in_use(&self) -> bool {
        File::open(self.lock()).is_ok_and(|lock| lock.try_lock().is_err())
    }

    pub(crate) fn temporary(&self) -> PathBuf {
        self.root.join("tmp")
    }

    pub(crate) fn volume(&self) -> PathBuf {
        self.root.join("volume")
    }

    pub(crate) fn cdk(&self) -> PathBuf {
        self.root.join("cdk")
    }

    /// The deployed binaries, as the CDK app wants them: a folder per function with its `bootstrap`.
    pub(crate) fn binaries(&self) -> PathBuf {
        self.cdk().join("binaries")
    }

    /// Keeps a copy of the contract, which may be edited while the stack stays.
    pub(crate) fn keep_contract(&self, contract: &Path) -> Result<PathBuf, StackError> {
        let kept = self.cdk().join("contract.json");
        fs::copy(contract, &kept)
            .map_err(StackError::io(format!("copy {}", contract.display())))?;
        Ok(kept)
    }

    /// Keeps a copy of this function's binary, which the next build would replace.
    pub(crate) fn keep(&self, function: &str, binary: &Path) -> Result<PathBuf, StackError> {
        let folder = self.binaries().join(function);
        fs::create_dir_all(&folder)
            .map_err(StackError::io(format!("create {}", folder.display())))?;
        let kept = folder.join("bootstrap");
        fs::copy(binary, &kept).map_err(StackError::io(format!("copy {}", binary.display())))?;
        Ok(kept)
    }
}
