//! Tables for people: columns as wide as their widest cell, colour where the output is a terminal.

use std::fmt::Write;

use anstyle::{AnsiColor, Effects, Style};

pub(super) const GOOD: Style = AnsiColor::Green.on_default();
pub(super) const POOR: Style = AnsiColor::Yellow.on_default();
pub(super) const BAD: Style = AnsiColor::Red.on_default().effects(Effects::BOLD);
pub(super) const HEAD: Style = Style::new().effects(Effects::BOLD);

/// A text and how it looks. Control characters of what others sent stay out of the terminal.
#[derive(Clone, Debug)]
pub(super) struct Cell {
    text: String,
    style: Style,
    right: bool,
}

impl Cell {
    pub(super) fn of(text: impl Into<String>) -> Self {
        let text: String = text.into();
        Self {
            text: text.replace(char::is_control, "\u{fffd}"),
            style: Style::new(),
            right: false,
        }
    }

    pub(super) fn style(mut self, style: Style) -> Self {
        self.style = style;
        self
    }

    /// Numbers stand under each other by their last digit.
    pub(super) fn right(mut self) -> Self {
        self.right = true;
        self
    }
}

/// Lines with the head over the rows.
pub(super) fn table(head: &[&str], rows: &[Vec<Cell>]) -> String {
    let head: Vec<Cell> = head
        .iter()
        .enumerate()
        .map(|(column, text)| Cell {
            right: rows.iter().any(|row| row[column].right),
            ..Cell::of(*text).style(HEAD)
        })
        .collect();
    let lines = || std::iter::once(&head).chain(rows);
    let width = |column: usize| {
        let widths = lines().map(|line| line[column].text.chars().count());
        widths.max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let mut text = String::new();
    for line in lines() {
        for (column, (cell, width)) in line.iter().zip(&widths).enumerate() {
            let last = column + 1 == line.len();
            let space = width - cell.text.chars().count();
            let (before, after) = match (cell.right, last) {
                (true, _) => (space, 0),
                (false, true) => (0, 0),
                (false, false) => (0, space),
            };
            let (style, words) = (cell.style, &cell.text);
            let gap = if last { "" } else { "  " };
            // Writing to a string cannot fail.
            let _ = write!(
                text,
                "{:before$}{style}{words}{style:#}{:after$}{gap}",
                "", ""
            );
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [
            vec![Cell::of("a"), Cell::of("1000").right(), Cell::of("x")],
            vec![Cell::of("longer"), Cell::of("7").right(), Cell::of("")],
        ];
        let plain =
            anstream::adapter::strip_str(&table(&["name", "ms", "what"], &rows)).to_string();
        assert_eq!(
            plain,
            "name      ms  what\na       1000  x\nlonger     7  \n"
        );
    }

    #[test]
    fn what_others_sent_cannot_steer_the_terminal() {
        let text = table(&["path"], &[vec![Cell::of("/\u{1b}[2J\n")]]);
        let plain = anstream::adapter::strip_str(&text).to_string();
        assert_eq!(plain, "path\n/\u{fffd}[2J\u{fffd}\n");
    }
}
