//! The log lines of one test: each test has a thread of its own.

use std::cell::RefCell;
use std::io::Write;

use tracing::Level;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use warmfront::telemetry::JsonLines;

thread_local! {
    static LINES: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

struct ThisThread;

impl Write for ThisThread {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        LINES.with_borrow_mut(|lines| lines.write(bytes))
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Begins to keep the lines, of every level. Any test may have been the first.
pub(crate) fn keep() {
    let lines = JsonLines {
        level: Level::TRACE,
        out: || ThisThread,
    };
    tracing_subscriber::registry().with(lines).try_init().ok();
}

pub(crate) fn lines() -> String {
    LINES.with_borrow(|lines| String::from_utf8(lines.clone()).unwrap())
}
