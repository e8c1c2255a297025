//! The table of faults: each call of a run fails in each way, every time. `docs/faults.md` is what these runs show.

mod call;
mod page;
mod row;

use std::path::Path;

use futures_util::StreamExt;
use futures_util::stream;
use pipeline::trial;

use call::{Call, Fault};
use row::Bench;

/// Writes the page instead of comparing with it.
const ACCEPT: &str = "WARMFRONT_ACCEPT_FAULTS";
/// Runs at once: they wait most of the time.
const AT_ONCE: usize = 16;

#[test]
fn the_page_of_faults_is_what_runs_show() {
    trial(async |t| {
        let bench = Bench::new(t).await;
        let mut cases: Vec<_> = Call::ALL
            .iter()
            .flat_map(|&call| Fault::ALL.map(|fault| (call, fault)))
            .collect();
        // The longest first: a throttled endpoint is asked for three minutes.
        cases.sort_by_key(|(call, fault)| (*fault != Fault::Throttled, call.is_control_plane()));
        let runs = cases
            .into_iter()
            .map(|(call, fault)| bench.run(t, call, fault));
        let rows: Vec<_> = stream::iter(runs).buffer_unordered(AT_ONCE).collect().await;
        let shown = page::page(&rows);
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/faults.md");
        if std::env::var_os(ACCEPT).is_some() {
            std::fs::write(&file, &shown).expect("the page is written");
        }
        let written = std::fs::read_to_string(&file).unwrap_or_default();
        for (shown, written) in shown.lines().zip(written.lines()) {
            assert_eq!(
                shown,
                written,
                "{}: accept it with {ACCEPT}=1",
                file.display()
            );
        }
        assert_eq!(shown, written);
    });
}
