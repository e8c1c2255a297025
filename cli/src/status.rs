//! Exit statuses.

use std::process::ExitCode;

/// How a command ended. Usage errors end with 2, by clap's own convention.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// What was asked for holds.
    Fine = 0,
    /// It does not.
    Problems = 1,
    /// A file could not be read, or there is nothing in it to look at.
    CouldNotLook = 3,
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> Self {
        Self::from(status as u8)
    }
}
