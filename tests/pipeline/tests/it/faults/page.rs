//! The page that tells the table.

use std::fmt::Write as _;

use super::call::{Call, Fault};
use super::row::Row;

const HEAD: &str = "# Faults

What becomes of a run when one of its calls fails in one way, every time, to the end. Each row is a run on the local
stack: the real state machine and the release binaries, a tenant with old data cached and new data at the origin. A test
makes the runs again and compares this page with them; `WARMFRONT_ACCEPT_FAULTS=1` writes it anew.

In these runs the state machine repeats once where it would repeat many times, the endpoint has 3 s and the wait
for the invalidation 12 s. What passes within the real retries is no fault to the run. *Ends in* `Done` means success.
Until something is purged, people keep what was cached.
";

pub(super) fn page(rows: &[Row]) -> String {
    let mut page = HEAD.to_owned();
    for call in Call::ALL {
        write!(
            page,
            "\n## {}\n\n| fault | ends in | outcome | invalidations | cached afterwards |\n|---|---|---|---|---|\n",
            call.title()
        )
        .expect("a String takes everything");
        let of_call = rows.iter().filter(|row| row.call == call);
        let mut of_call: Vec<_> = of_call.collect();
        of_call.sort_by_key(|row| Fault::ALL.iter().position(|fault| *fault == row.fault));
        for row in of_call {
            let Row {
                fault,
                state,
                outcome,
                purges,
                cached,
                ..
            } = row;
            writeln!(
                page,
                "| {} | {state} | {outcome} | {purges} | {cached} |",
                fault.title()
            )
            .expect("a String takes everything");
        }
    }
    page
}
