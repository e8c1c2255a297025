//! Ends the stack's processes when the supervisor itself is killed.
//!
//! A killed process cannot tidy up, and asking the kernel to do it (`PR_SET_PDEATHSIG`) needs unsafe code and follows
//! the starting thread, not the process. So a small program holds the other end of a pipe: when that closes, it ends what is left.

use std::{
    io::Write,
    path::Path,
    process::{Child, ChildStdin, Command, Stdio},
    sync::{Mutex, PoisonError},
};

use std::os::unix::process::CommandExt;

use crate::{error::StackError, folders};

/// The other end of the pipe. Dropping it ends every group that is still watched.
#[derive(Debug)]
pub(crate) struct Reaper {
    child: Child,
    tell: Mutex<Option<ChildStdin>>,
}

impl Reaper {
    /// Starts the program with this interpreter.
    pub(crate) fn start(python: &Path) -> Result<Self, StackError> {
        let program = folders::project().join("tests/stack/localstack/process_executor/reaper.py");
        let mut child = Command::new(python)
            .arg(program)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            // A group of its own: Ctrl-C in the terminal must not end it before the others.
            .process_group(0)
            .spawn()
            .map_err(StackError::io(format!(
                "start the reaper with {}",
                python.display()
            )))?;
        let tell = Mutex::new(child.stdin.take());
        Ok(Self { child, tell })
    }

    /// From now on this process group ends with the supervisor.
    pub(crate) fn watch(&self, group: u32) {
        self.write(&format!("+{group}\n"));
    }

    /// The group is gone, its number may be given to another.
    pub(crate) fn forget(&self, group: u32) {
        self.write(&format!("-{group}\n"));
    }

    fn write(&self, line: &str) {
        let mut tell = self.tell.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pipe) = tell.as_mut()
            && let Err(error) = pipe.write_all(line.as_bytes())
        {
            tracing::warn!(%error, "the reaper is gone: a killed supervisor would leave processes behind");
            *tell = None;
        }
    }
}

impl Drop for Reaper {
    fn drop(&mut self) {
        self.tell
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        // It ends by itself once the pipe is closed; waiting only collects its status.
        let _ = self.child.wait();
    }
}
