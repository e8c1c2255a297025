//! What can go wrong with the local stack. Every message names the part and where to look.

use std::{io, path::PathBuf};

/// A failure of the stack itself or of a question put to it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StackError {
    /// A part could not be started or was not ready in time.
    #[error("{part} did not come up: {reason}; its log: {}", log.display())]
    NotReady {
        /// Which part.
        part: String,
        /// What was seen instead.
        reason: String,
        /// Where the part wrote what happened.
        log: PathBuf,
    },
    /// A program that the stack needs is missing or of another version.
    #[error("{program} cannot be used: {reason}")]
    Program {
        /// The program.
        program: String,
        /// What is wrong and what would be right.
        reason: String,
    },
    /// A file or socket operation failed.
    #[error("cannot {what}")]
    Io {
        /// The operation.
        what: String,
        /// The system's reason.
        source: io::Error,
    },
    /// A part could not be reached over HTTP.
    #[error("cannot {what}")]
    Http {
        /// The operation.
        what: String,
        /// The client's reason.
        source: reqwest::Error,
    },
    /// An AWS call was refused or failed.
    #[error("cannot {what}")]
    Aws {
        /// The operation.
        what: String,
        /// The SDK's reason.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A part answered something that the stack cannot use.
    #[error("cannot {what}: {reason}")]
    Unusable {
        /// The operation.
        what: String,
        /// What was seen and what was expected.
        reason: String,
    },
    /// A stack of that name is up already.
    #[error("stack {name} is up already (process {pid}); take it down or choose another --name")]
    AlreadyUp {
        /// The name of the stack.
        name: String,
        /// Its supervisor's process.
        pid: u32,
    },
    /// No stack of that name is up.
    #[error("no stack {name} is up: {mend}")]
    NotUp {
        /// The name of the stack.
        name: String,
        /// The command that brings it up.
        mend: String,
    },
    /// The stack's supervisor ended without taking it down.
    #[error("the stack {name} was killed (its process {pid} is gone): {mend}")]
    Killed {
        /// The name of the stack.
        name: String,
        /// The supervisor's process.
        pid: u32,
        /// The command that brings it up anew.
        mend: String,
    },
    /// What the stack runs is older than what it was made from.
    #[error("the stack {name} runs {part} from before {changed} changed: {mend}")]
    Stale {
        /// The name of the stack.
        name: String,
        /// What is old.
        part: String,
        /// The file that changed since.
        changed: String,
        /// The command that brings it up to date.
        mend: String,
    },
}

impl StackError {
    pub(crate) fn io(what: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let what = what.into();
        move |source| Self::Io { what, source }
    }

    pub(crate) fn http(what: impl Into<String>) -> impl FnOnce(reqwest::Error) -> Self {
        let what = what.into();
        move |source| Self::Http { what, source }
    }

    pub(crate) fn aws<E>(what: impl Into<String>) -> impl FnOnce(E) -> Self
    where
        E: std::error::Error + Send + Sync + 'static,
    {
        let what = what.into();
        move |source| Self::Aws {
            what,
            source: Box::new(source),
        }
    }

    pub(crate) fn unusable(what: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::Unusable {
            what: what.into(),
            reason: reason.into(),
        }
    }

    /// The message with its causes, for people: SDK errors keep what matters in their sources.
    #[must_use]
    pub fn report(&self) -> String {
        let mut text = self.to_string();
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            let line = error.to_string();
            if !text.ends_with(&line) {
                text.push_str(": ");
                text.push_str(&line);
            }
            cause = error.source();
        }
        text
    }
}
