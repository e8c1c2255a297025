//! The demo's table: one row per endpoint.

use std::fmt::Write;

use super::report::Report;

pub(super) fn of(report: &Report) -> String {
    let width = report
        .endpoints
        .iter()
        .map(|row| row.path.len())
        .max()
        .unwrap_or_default()
        .max("endpoint".len());
    let mut text = String::from("\n");
    let mut line = |cells: [&str; 5]| {
        let [endpoint, first, before, after, verdict] = cells;
        // Writing to a string cannot fail.
        let row = format!("{endpoint:<width$}  {first:>12}  {before:>18}  {after:>18}  {verdict}");
        let _ = writeln!(text, "{}", row.trim_end());
    };
    line(["", "first load", "load after data change", "", ""]);
    line([
        "endpoint",
        "",
        "without Warmfront",
        "with Warmfront",
        "verdict",
    ]);
    for row in &report.endpoints {
        line([
            &row.path,
            &format!("{} ms", row.cold_ms),
            &format!("{} ms, data {}", row.without_ms, row.without_version),
            &format!("{} ms, data {}", row.after_ms, row.version),
            &row.verdict,
        ]);
    }
    let other = if report.other_tenant.still_cached {
        "still cached, untouched"
    } else {
        "NOT cached any more"
    };
    let seconds = report.wall_ms / 1000;
    let tenths = report.wall_ms % 1000 / 100;
    let _ = writeln!(
        text,
        "\nrefresh of {}: {} in {seconds}.{tenths} s; {}: {other}",
        report.tenant, report.outcome, report.other_tenant.tenant
    );
    text
}
