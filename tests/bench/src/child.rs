//! A process that is measured: when it began, what it took of processor and memory.

use std::fs;
use std::process::{Child, Command, ExitStatus};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::wait::{Id, WaitPidFlag, waitid};
use nix::time::{clock_getcpuclockid, clock_gettime};
use nix::unistd::Pid;

use crate::error::{BenchError, During};

/// Pause between two looks at the memory of a process that ends by itself.
const LOOK: Duration = Duration::from_millis(1);

/// A process that is measured. It is killed when it is dropped.
#[derive(Debug)]
pub struct Running {
    child: Child,
    /// Just before the process was made.
    pub began: Instant,
}

/// A process that ended by itself.
#[derive(Clone, Copy, Debug)]
pub struct Ended {
    /// How.
    pub status: ExitStatus,
    /// From before exec to its end.
    pub took: Duration,
    /// Processor time, user and system, of all its threads.
    pub cpu: Duration,
    /// Highest resident memory in bytes.
    pub peak: u64,
}

impl Running {
    /// Starts a process.
    pub fn spawn(command: &mut Command) -> Result<Self, BenchError> {
        let began = Instant::now();
        let child = command.spawn().during(|| {
            let program = command.get_program().to_string_lossy();
            format!("{program} could not be started")
        })?;
        Ok(Self { child, began })
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Its standard output and error, where they were asked for.
    pub fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// Highest resident memory so far in bytes, from the kernel's own books (`VmHWM`).
    ///
    /// `ru_maxrss` would not do: it begins with the memory of the process that forked.
    pub fn peak(&self) -> Result<u64, BenchError> {
        peak_of(self.id()).ok_or_else(|| BenchError::new("the process has no memory any more"))
    }

    /// Processor time so far, user and system, of all its threads.
    pub fn cpu(&self) -> Result<Duration, BenchError> {
        let time = clock_getcpuclockid(self.pid())
            .and_then(clock_gettime)
            .during(|| "the process has no clock any more".into())?;
        Ok(time.into())
    }

    /// Waits for its end; blocks.
    pub fn ended(mut self) -> Result<Ended, BenchError> {
        let (id, done) = (self.id(), AtomicBool::new(false));
        let (took, peak) = thread::scope(|scope| {
            let watch = scope.spawn(|| {
                let mut peak = 0;
                while !done.load(Ordering::Relaxed) {
                    peak = peak_of(id).unwrap_or_default().max(peak);
                    thread::sleep(LOOK);
                }
                peak
            });
            // Leaves the process as a zombie, which still has its clock.
            let end = waitid(
                Id::Pid(self.pid()),
                WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT,
            );
            let took = self.began.elapsed();
            done.store(true, Ordering::Relaxed);
            (end.map(|_| took), watch.join())
        });
        let cpu = self.cpu()?;
        let status = self
            .child
            .wait()
            .during(|| "the process has no end".into())?;
        Ok(Ended {
            status,
            took: took.during(|| "the process cannot be waited for".into())?,
            cpu,
            peak: peak.expect("looking at memory does not panic"),
        })
    }

    fn pid(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.id()).expect("process ids are positive"))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn peak_of(id: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kibibytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_that_works_has_used_the_processor() {
        let script = "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; exit 3";
        let running = Running::spawn(Command::new("sh").args(["-c", script])).unwrap();
        let ended = running.ended().unwrap();
        assert_eq!(ended.status.code(), Some(3));
        assert!(ended.cpu > Duration::from_millis(1), "{ended:?}");
        assert!(ended.took >= ended.cpu / 2, "{ended:?}");
        assert!(ended.peak > 100_000, "{ended:?}");
    }

    #[test]
    fn a_process_that_waits_can_be_looked_at() {
        let running = Running::spawn(Command::new("sleep").arg("60")).unwrap();
        while running.peak().unwrap() == 0 {}
        assert!(running.cpu().unwrap() < Duration::from_secs(1));
    }
}
