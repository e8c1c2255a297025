//! What a run came to: a row per endpoint and variant, and a line that sums them up.

use serde_json::Value;
use stack::Execution;

use super::table::{BAD, Cell, GOOD, POOR, table};

/// The rows of the report, or of the failure's cause, under what the run came to.
pub(super) fn of(execution: &Execution) -> String {
    match &execution.output {
        Some(report) => format!("{}\n{}", rows(report), sums(report)),
        None => failure(
            execution.error.as_deref().unwrap_or("no error name"),
            execution.cause.as_deref().unwrap_or_default(),
        ),
    }
}

fn rows(report: &Value) -> String {
    let rows: Vec<Vec<Cell>> = report["endpoints"]
        .as_array()
        .into_iter()
        .flatten()
        .map(row)
        .collect();
    if rows.is_empty() {
        return String::new();
    }
    table(
        &["verdict", "status", "x-cache", "ms", "data", "endpoint"],
        &rows,
    )
}

fn row(row: &Value) -> Vec<Cell> {
    let verdict = text(&row["verdict"]);
    let style = if verdict == "fresh" { GOOD } else { BAD };
    let variant: Vec<String> = row["variant"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(header, value)| format!("{header}={}", text(value)))
        .collect();
    let detail = row["detail"].as_str().map(|detail| format!(": {detail}"));
    let endpoint = format!(
        "{} {}{}",
        text(&row["path"]),
        variant.join(" "),
        detail.unwrap_or_default()
    );
    vec![
        Cell::of(verdict).style(style),
        Cell::of(text(&row["status"])).right(),
        Cell::of(text(&row["xCache"])),
        Cell::of(text(&row["millis"])).right(),
        Cell::of(text(&row["version"])),
        Cell::of(endpoint),
    ]
}

fn sums(report: &Value) -> String {
    let outcome = text(&report["outcome"]);
    let style = if outcome == "fresh" { GOOD } else { POOR };
    let totals = &report["totals"];
    let purges: Vec<String> = report["invalidations"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|purge| {
            let (id, status) = (text(&purge["id"]), text(&purge["status"]));
            format!("{id} {status} in {} s", text(&purge["seconds"]))
        })
        .collect();
    let purges = if purges.is_empty() {
        "nothing".to_owned()
    } else {
        purges.join(", ")
    };
    let seconds = seconds(totals["millis"].as_u64().unwrap_or_default());
    format!(
        "{style}{outcome}{style:#}: {} of {} in {seconds} s with {} requests; purged: {purges}",
        text(&totals["fresh"]),
        text(&totals["targets"]),
        text(&totals["requests"]),
    )
}

/// The cause as it is, with the rows in it as a table where there are any.
fn failure(error: &str, cause: &str) -> String {
    let from = cause.find('{').unwrap_or(cause.len());
    let report = serde_json::from_str::<Value>(&cause[from..]).unwrap_or_default();
    let rows = rows(&report);
    let said = if rows.is_empty() {
        cause
    } else {
        &cause[..from]
    };
    let said: String = said
        .trim()
        .replace(|c: char| c.is_control() && c != '\n', "\u{fffd}");
    format!("{rows}{BAD}failed{BAD:#}: {error}: {said}")
}

/// A value as a person writes it; nothing for an absent one.
fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// With one decimal.
pub(super) fn seconds(millis: u64) -> String {
    format!("{}.{}", millis / 1000, millis % 1000 / 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> String {
        anstream::adapter::strip_str(text).to_string()
    }

    #[test]
    fn a_report_becomes_a_row_per_target_and_one_line() {
        let report = include_str!("../../../../statemachine/examples/report.json");
        let report: Value = serde_json::from_str(report).unwrap();
        let rows = plain(&rows(&report));
        assert_eq!(rows.lines().count(), 3, "{rows}");
        assert!(
            rows.contains("fresh       200  Hit from cloudfront  41218  42"),
            "{rows}"
        );
        assert!(rows.contains("x-locale-bucket=de"), "{rows}");
        let sums = plain(&sums(&report));
        assert!(
            sums.starts_with("fresh: 2 of 2 in 61.2 s with 4 requests; purged: I2J0I21PCUYOIK"),
            "{sums}"
        );
    }

    #[test]
    fn a_failure_says_its_error_its_cause_and_its_rows() {
        let cause = r#"acme is stale. {"endpoints": [{"path": "/a", "verdict": "stale", "detail": "old"}]}"#;
        let shown = plain(&failure("StaleAfterPurge", cause));
        assert!(shown.contains("stale"), "{shown}");
        assert!(shown.contains("/a : old"), "{shown}");
        assert!(
            shown.ends_with("failed: StaleAfterPurge: acme is stale."),
            "{shown}"
        );
        let shown = plain(&failure("InvalidInput", "tenant: \u{1b}[2J is no id"));
        assert_eq!(shown, "failed: InvalidInput: tenant: \u{fffd}[2J is no id");
    }
}
