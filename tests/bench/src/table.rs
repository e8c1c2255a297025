//! The table: a section per part, a row per quantity, a column per contestant.

use std::fmt::Write;

use crate::part::{Bound, Measurement, Part, Unit};
use crate::report::Report;

/// Widest line of running text.
const WIDTH: usize = 100;

/// The whole report as plain text.
#[must_use]
pub fn render(report: &Report) -> String {
    let mut text = String::new();
    for part in &report.parts {
        section(&mut text, part);
    }
    let dirty = if report.sources.dirty {
        " and changes"
    } else {
        ""
    };
    let machine = &report.machine;
    let versions: Vec<String> = ["rust", "python", "python boto3", "node", "curl"]
        .iter()
        .filter_map(|name| Some(format!("{name} {}", machine.versions.get(*name)?)))
        .collect();
    let about = format!(
        "Commit {}{dirty}; {} cores ({}), load {} at the start; {}. Cells are medians, with the \
         tenth and the ninetieth of a hundred in parentheses.{}",
        report.sources.commit.get(..12).unwrap_or_default(),
        machine.cores,
        machine.processor,
        machine.load,
        versions.join(", "),
        if report.quick {
            " A quick run: too few samples to go by."
        } else {
            ""
        },
    );
    let _ = write!(text, "\n{}", wrapped(&about));
    text
}

fn section(text: &mut String, part: &Part) {
    let _ = write!(
        text,
        "\n{}\n\n{}\n",
        part.name.to_uppercase(),
        wrapped(&part.method)
    );
    let contestants = distinct(part.measurements.iter().map(|found| &*found.contestant));
    let subjects = distinct(part.measurements.iter().map(|found| &*found.subject));
    let mut rows = vec![vec![String::new()]];
    rows[0].extend(contestants.iter().map(ToString::to_string));
    for subject in subjects {
        let mut row = vec![subject.to_owned()];
        row.extend(contestants.iter().map(|contestant| {
            let found = part
                .measurements
                .iter()
                .find(|found| found.subject == subject && found.contestant == *contestant);
            found.map_or_else(|| "-".to_owned(), cell)
        }));
        rows.push(row);
    }
    text.push_str(&aligned(&rows));

    if !part.targets.is_empty() {
        let mut rows = vec![["target", "bound", "found", ""].map(str::to_owned).to_vec()];
        rows.extend(part.targets.iter().map(|target| {
            let bound = match target.bound {
                Bound::AtMost(most) => format!("<= {}", short(most)),
                Bound::AtLeast(least) => format!(">= {}", short(least)),
            };
            let verdict = if target.holds { "holds" } else { "MISSED" };
            vec![
                target.subject.clone(),
                bound,
                short(target.found),
                verdict.into(),
            ]
        }));
        text.push('\n');
        text.push_str(&aligned(&rows));
    }
}

fn cell(found: &Measurement) -> String {
    let spread = &found.spread;
    let unit = match found.unit {
        Unit::Seconds => " s",
        Unit::Milliseconds => " ms",
        Unit::Mebibytes => " MiB",
        Unit::Dollars => " USD",
        Unit::Count | Unit::Ratio => "",
    };
    let median = short(spread.median);
    if short(spread.p10) == median && short(spread.p90) == median {
        return format!("{median}{unit}");
    }
    format!(
        "{median}{unit} ({}-{})",
        short(spread.p10),
        short(spread.p90)
    )
}

/// Three digits that count, or all of a whole number.
fn short(value: f64) -> String {
    let size = value.abs();
    if value.fract() == 0.0 && size < 1e9 {
        return format!("{value:.0}");
    }
    // Small amounts of money need their own digits.
    let decimals = if size >= 100.0 {
        0
    } else if size >= 10.0 {
        1
    } else if size >= 1.0 {
        2
    } else if size >= 0.1 {
        3
    } else {
        6
    };
    format!("{value:.decimals$}")
}

fn distinct<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut found = Vec::new();
    for name in names {
        if !found.contains(&name) {
            found.push(name);
        }
    }
    found
}

fn aligned(rows: &[Vec<String>]) -> String {
    let mut widths = Vec::new();
    for row in rows {
        widths.resize(row.len().max(widths.len()), 0);
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    let mut text = String::new();
    for row in rows {
        let cells: Vec<String> = row
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:width$}"))
            .collect();
        text.push_str(cells.join("  ").trim_end());
        text.push('\n');
    }
    text
}

fn wrapped(text: &str) -> String {
    let mut lines = String::new();
    let mut length = 0;
    for word in text.split_whitespace() {
        if length > 0 && length + 1 + word.chars().count() > WIDTH {
            lines.push('\n');
            length = 0;
        } else if length > 0 {
            lines.push(' ');
            length += 1;
        }
        lines.push_str(word);
        length += word.chars().count();
    }
    lines.push('\n');
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_has_a_row_per_quantity_and_a_column_per_contestant() {
        let mut part = Part::new("cold start", "Each alone.");
        part.measured("ready", "warmfront", Unit::Milliseconds, &[5.0, 6.0, 7.0]);
        part.measured("ready", "python", Unit::Milliseconds, &[224.4]);
        part.measured("peak", "warmfront", Unit::Mebibytes, &[7.25]);
        part.target("ready", Bound::AtMost(5.5), 6.0);
        let mut text = String::new();
        section(&mut text, &part);
        assert_eq!(
            text,
            "\nCOLD START\n\nEach alone.\n\n\
             \x20      warmfront         python\n\
             ready  6 ms (5.20-6.80)  224 ms\n\
             peak   7.25 MiB          -\n\
             \n\
             target  bound    found\n\
             ready   <= 5.50  6      MISSED\n"
        );
    }

    #[test]
    fn numbers_keep_the_digits_that_count() {
        let found = [1234.56, 224.4, 22.44, 2.244, 0.2244, 0.000_025].map(short);
        assert_eq!(found, ["1235", "224", "22.4", "2.24", "0.224", "0.000025"]);
        assert_eq!(short(1_000_000.0), "1000000");
    }

    #[test]
    fn running_text_is_wrapped_between_words() {
        let text = wrapped(&"word ".repeat(40));
        assert!(text.lines().all(|line| line.len() <= WIDTH));
        assert_eq!(text.split_whitespace().count(), 40);
    }
}
