//! What a stack runs, and whether that is still what the sources say.
//!
//! A stack goes on running what was built and deployed when it came up. Whoever uses one that stays looks here first:
//! a test must not pass on code that is not there.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    error::StackError,
    folders::{self, Folders},
};

/// The functions, by the names of their crates and of their folders in the CDK app's setting `binaries`.
pub(crate) const FUNCTIONS: [&str; 3] = ["invalidate", "poll", "prewarm"];
/// What the deployed stacks are made from, beside the binaries and the contract.
const DEPLOYED: [&str; 3] = ["cdk/bin", "cdk/lib", "statemachine/refresh.asl.json"];

/// What a stack runs. Times are those of the files that it took.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Running {
    /// The folder that the functions' binaries came from.
    pub binaries: PathBuf,
    /// When each function's binary was built.
    pub functions: BTreeMap<String, Timestamp>,
    /// The programs of the stack itself, and when each was built.
    pub programs: BTreeMap<PathBuf, Timestamp>,
    /// The contract that was deployed.
    pub contract: PathBuf,
    /// When the CDK app was deployed.
    pub deployed: Timestamp,
}

/// Something that changed after the stack took it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    /// What the stack runs an older version of.
    pub(crate) part: String,
    /// The changed file.
    pub(crate) file: PathBuf,
    /// Whether it can be mended without a deployment.
    pub(crate) swappable: bool,
}

impl Running {
    /// What a stack runs that takes these files now.
    pub(crate) fn of(
        binaries: &Path,
        programs: &[PathBuf],
        contract: &Path,
    ) -> Result<Self, StackError> {
        let functions = FUNCTIONS
            .into_iter()
            .map(|function| Ok((function.to_owned(), built(&binaries.join(function))?)))
            .collect::<Result<_, StackError>>()?;
        let programs = programs
            .iter()
            .map(|program| Ok((program.clone(), built(program)?)))
            .collect::<Result<_, StackError>>()?;
        Ok(Self {
            binaries: binaries.to_owned(),
            functions,
            programs,
            contract: contract.to_owned(),
            deployed: Timestamp::now(),
        })
    }

    /// An error that names what changed since, and the command that mends it.
    pub(crate) fn check(&self, folders: &Folders) -> Result<(), StackError> {
        let changes = self.changes();
        // Bringing a stack up anew takes in everything: what asks for that comes first.
        let Some(change) = changes
            .iter()
            .find(|change| !change.swappable)
            .or(changes.first())
        else {
            return Ok(());
        };
        Err(StackError::Stale {
            name: folders.name(),
            part: change.part.clone(),
            changed: shown(&change.file),
            mend: folders.make(if change.swappable {
                "stack-refresh"
            } else {
                "stack-down stack-up"
            }),
        })
    }

    /// The first change of each part.
    pub(crate) fn changes(&self) -> Vec<Change> {
        let functions = self.functions.iter().filter_map(|(function, taken)| {
            let file = newer_than(*taken, &self.binaries.join(function))?;
            Some(Change {
                part: function.clone(),
                file,
                swappable: true,
            })
        });
        let programs = self.programs.iter().filter_map(|(program, taken)| {
            let file = sources(program)
                .into_iter()
                .find(|source| is_newer(source, *taken))?;
            let part = program.file_name().unwrap_or_default().to_string_lossy();
            Some(Change {
                part: part.into_owned(),
                file,
                swappable: false,
            })
        });
        let deployed = DEPLOYED
            .iter()
            .flat_map(|path| files(&folders::project().join(path)))
            .chain([self.contract.clone()])
            .find(|file| is_newer(file, self.deployed))
            .map(|file| Change {
                part: "the deployed CDK app".to_owned(),
                file,
                swappable: false,
            });
        functions.chain(programs).chain(deployed).collect()
    }
}

/// Tells at once what would otherwise fail after minutes, or pass on code that is not there.
pub(crate) fn require_built(binaries: &Path) -> Result<(), StackError> {
    let refuse = |reason| Err(StackError::unusable("use the functions' binaries", reason));
    let command = match binaries.file_name().and_then(|name| name.to_str()) {
        Some("local") => "make build-local",
        _ => "make build-host",
    };
    let missing: Vec<&str> = FUNCTIONS
        .into_iter()
        .filter(|function| !binaries.join(function).is_file())
        .collect();
    if !missing.is_empty() {
        let (folder, missing) = (binaries.display(), missing.join(", "));
        return refuse(format!("{folder} has no {missing}: {command}"));
    }
    for function in FUNCTIONS {
        let binary = binaries.join(function);
        let built = built(&binary)?;
        if let Some(source) = sources(&binary)
            .into_iter()
            .find(|source| is_newer(source, built))
        {
            let (binary, source) = (shown(&binary), shown(&source));
            return refuse(format!("{binary} is older than {source}: {command}"));
        }
    }
    Ok(())
}

/// One of the binary's sources, or the binary itself, if that is newer.
fn newer_than(taken: Timestamp, binary: &Path) -> Option<PathBuf> {
    let mut files = sources(binary);
    files.push(binary.to_owned());
    files.into_iter().find(|file| is_newer(file, taken))
}

/// What Cargo wrote beside a binary: its sources in this workspace. Nothing where somebody else built it.
fn sources(binary: &Path) -> Vec<PathBuf> {
    let text = fs::read_to_string(binary.with_extension("d")).unwrap_or_default();
    let Some((_, names)) = text.lines().next().and_then(|line| line.split_once(": ")) else {
        return Vec::new();
    };
    // A space in a name is escaped.
    let escaped = names.replace("\\ ", "\0");
    let names = escaped.split(' ').filter(|name| !name.is_empty());
    names.map(|name| name.replace('\0', " ").into()).collect()
}

/// The files of a folder but its tests, or the file itself.
fn files(path: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(path) else {
        return vec![path.to_owned()];
    };
    entries
        .flatten()
        .filter(|entry| entry.file_name() != "test")
        .flat_map(|entry| files(&entry.path()))
        .collect()
}

/// A file that is gone has changed, too.
fn is_newer(file: &Path, than: Timestamp) -> bool {
    modified(file).is_none_or(|modified| modified > than)
}

fn built(binary: &Path) -> Result<Timestamp, StackError> {
    modified(binary).ok_or_else(|| {
        let reason = "it is not there, or its file system keeps no times";
        StackError::unusable(format!("look at {}", binary.display()), reason)
    })
}

fn modified(file: &Path) -> Option<Timestamp> {
    let time = fs::metadata(file).and_then(|found| found.modified()).ok()?;
    Timestamp::try_from(time).ok()
}

/// Relative to the project, where it lies there.
fn shown(file: &Path) -> String {
    let inside = file.strip_prefix(folders::project()).unwrap_or(file);
    inside.display().to_string()
}

#[cfg(test)]
mod tests {
    use std::{fs::File, time::SystemTime};

    use super::*;

    const HOUR: std::time::Duration = std::time::Duration::from_hours(1);

    struct Built(PathBuf);

    impl Built {
        fn new(name: &str) -> Self {
            let folder = format!("warmfront-{name}-{}", std::process::id());
            let built = Self(std::env::temp_dir().join(folder));
            fs::create_dir_all(&built.0).unwrap();
            for function in FUNCTIONS {
                let source = built.file(&format!("the {function}.rs"), 2);
                let source = source.display().to_string().replace(' ', "\\ ");
                let binary = built.file(function, 1);
                let rule = format!("{}: {source}\n", binary.display());
                fs::write(binary.with_extension("d"), rule).unwrap();
            }
            built
        }

        /// A file that was changed so many hours ago.
        fn file(&self, name: &str, hours: u32) -> PathBuf {
            let path = self.0.join(name);
            let file = File::create(&path).unwrap();
            file.set_modified(SystemTime::now() - HOUR * hours).unwrap();
            path
        }

        fn running(&self) -> Running {
            Running::of(&self.0, &[], &self.file("contract.json", 1)).unwrap()
        }
    }

    impl Drop for Built {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn a_stack_is_stale_when_a_source_or_a_binary_is_newer_than_what_it_runs() {
        let built = Built::new("stale");
        let running = built.running();
        assert!(running.changes().is_empty(), "{:?}", running.changes());
        let file = built.file("the poll.rs", 0);
        let (part, swappable) = ("poll".to_owned(), true);
        let change = Change {
            part,
            file,
            swappable,
        };
        assert_eq!(running.changes(), [change]);
        built.file("the poll.rs", 2);
        let binary = built.file("prewarm", 0);
        assert_eq!(running.changes()[0].file, binary);
        fs::remove_file(built.0.join("the invalidate.rs")).unwrap();
        assert_eq!(
            running.changes()[0].part,
            "invalidate",
            "a source that is gone"
        );
    }

    #[test]
    fn what_cannot_be_swapped_is_named_first() {
        let built = Built::new("mend");
        let running = built.running();
        built.file("the poll.rs", 0);
        let folders = Folders::of("local").unwrap();
        let error = running.check(&folders).unwrap_err().to_string();
        assert!(
            error.ends_with("the poll.rs changed: make stack-refresh"),
            "{error}"
        );
        let contract = File::create(built.0.join("contract.json")).unwrap();
        contract.set_modified(SystemTime::now() + HOUR).unwrap();
        let error = running.check(&folders).unwrap_err().to_string();
        assert!(
            error.ends_with("contract.json changed: make stack-down stack-up"),
            "{error}"
        );
    }

    #[test]
    fn binaries_that_are_missing_or_old_are_refused_with_the_command_that_builds_them() {
        let built = Built::new("built");
        require_built(&built.0).unwrap();
        built.file("the poll.rs", 0);
        let error = require_built(&built.0).unwrap_err().to_string();
        assert!(
            error.contains("poll is older than") && error.ends_with("make build-host"),
            "{error}"
        );
        fs::remove_file(built.0.join("prewarm")).unwrap();
        let error = require_built(&built.0).unwrap_err().to_string();
        assert!(error.contains("has no prewarm"), "{error}");
    }
}
