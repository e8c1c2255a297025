//! The processes that serve a function, for tests of what happens when one dies.

use std::fs;

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use crate::stack::Stack;

impl Stack {
    /// Kills the processes of a function and tells how many there were.
    #[must_use]
    pub fn kill_function(&self, function: &str) -> usize {
        let folder = self.state.logs.join("functions").join(function);
        let files = fs::read_dir(folder)
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path());
        // The executor keeps a file per living process.
        let pids = files
            .filter(|file| file.extension().is_some_and(|extension| extension == "pid"))
            .filter_map(|file| fs::read_to_string(file).ok()?.trim().parse().ok());
        pids.filter(|pid| kill(Pid::from_raw(*pid), Signal::SIGKILL).is_ok())
            .count()
    }
}
