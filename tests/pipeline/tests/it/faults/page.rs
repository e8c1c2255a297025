//! The page with the table of faults.

use std::fmt::Write as _;

use super::call::{Call, Fault};
use super::row::Row;

const HEAD: &str = "# Faults

What becomes of a run when one of its calls fails. Read it to learn where a run ends, under which [error](errors.md), and what people get
from the cache then.

Each row is a run on the local stack, with the real state machine and the release binaries. A tenant has old data cached, new data is at
the origin, and one call fails in one way, every time. A test makes the runs again and compares this page with them.

| column | meaning |
|---|---|
| fault | How the call fails. *Answer lost*: the call had its effect, then the connection broke. *No answer*: nothing ever came. |
| ends in | The state in which the run ended. `Done` means success. |
| outcome | The error, and for a target its verdict; or what the report says. |
| invalidations | Purges that CloudFront accepted. |
| cached afterwards | What a reader finds in the cache. *Nothing* means that the reader waits for the origin. |

These runs are in a hurry: the state machine repeats a step once where it would repeat it many times, an endpoint has 3 s, and the wait for
the purge 12 s. A fault that passes within the real [retries](../statemachine/README.md#retries) does a run no harm.

To write the page anew: `WARMFRONT_ACCEPT_FAULTS=1 cargo nextest run -p pipeline faults`, on a stack that is up (`make stack-up`).
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
