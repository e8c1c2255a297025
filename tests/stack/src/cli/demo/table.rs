//! The demo's table: one row per endpoint, one column for each way to end a data refresh.

use std::fmt::Write;

use super::{
    super::{
        summary::seconds,
        table::{BAD, Cell, GOOD, POOR, table},
    },
    report::{Load, Report},
};

/// The table, what it comes to, and what is not as it should be.
pub(super) fn of(report: &Report) -> String {
    let head = [
        "endpoint",
        "first load",
        "no purge",
        "purge only",
        "Warmfront",
        "verdict",
    ];
    let rows: Vec<Vec<Cell>> = report
        .endpoints
        .iter()
        .map(|row| {
            let fresh = row.verdict == "fresh";
            vec![
                Cell::of(&row.path),
                Cell::of(format!("{} ms", row.first.millis)).right(),
                load(row.no_purge.as_ref()),
                load(row.purge_only.as_ref()),
                load(row.warmfront.as_ref()),
                Cell::of(&row.verdict).style(if fresh { GOOD } else { BAD }),
            ]
        })
        .collect();
    let mut text = format!(
        "\nthe first person after the data changed\n\n{}\n",
        table(&head, &rows)
    );
    let style = if report.outcome == "fresh" { GOOD } else { BAD };
    // Writing to a string cannot fail.
    let _ = writeln!(
        text,
        "refresh of {}: {style}{}{style:#} in {} s",
        report.tenant,
        report.outcome,
        seconds(report.wall_ms)
    );
    for check in &report.checks {
        match &check.why {
            None => {
                let _ = writeln!(text, "{GOOD}true{GOOD:#}      {}", check.what);
            }
            Some(why) => {
                let why = why.replace(char::is_control, "\u{fffd}");
                let _ = writeln!(text, "{BAD}not true{BAD:#}  {}: {why}", check.what);
            }
        }
    }
    text
}

/// How long it took and what came.
fn load(load: Option<&Load>) -> Cell {
    let Some(load) = load else {
        return Cell::of("not seen").style(BAD);
    };
    if load.status != 200 {
        return Cell::of(format!("status {}", load.status)).style(BAD);
    }
    let age = if load.current { "new" } else { "old" };
    let style = match (load.hit, load.current) {
        (true, true) => GOOD,
        (true, false) => POOR,
        (false, _) => BAD,
    };
    let version = load.version.as_deref().unwrap_or("none");
    Cell::of(format!("{} ms, {age} data ({version})", load.millis)).style(style)
}
