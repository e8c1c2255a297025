//! The page of all rules, from the table that their words are in.

use std::fmt::Write;

use warmfront::rule::{Rule, contract, distribution};

const HEAD: &str = "# Rules

What a contract, and a distribution beside it, are held to: when the CDK app is synthesized, by `make build`, by
`warmfront check`, and by the functions when they start. `{0}` and the like stand for what was found.
This page is written by `warmfront check --print-rules`.
";

/// All rules as Markdown.
#[must_use]
pub fn rules_page() -> String {
    let mut page = HEAD.to_owned();
    section(&mut page, "The contract", contract::ALL);
    section(&mut page, "The distribution", distribution::ALL);
    page
}

fn section(page: &mut String, title: &str, rules: &[&Rule]) {
    let cell = |text: &str| {
        text.replace("{0?}", "`{0}`")
            .replace("{1?}", "`{1}`")
            .replace('|', "\\|")
    };
    write!(
        page,
        "\n## {title}\n\n| rule | found | what would happen | mend |\n|---|---|---|---|\n"
    )
    .expect("a string takes what is written");
    for rule in rules {
        let cells = (cell(rule.finding), cell(rule.consequence), cell(rule.mend));
        writeln!(
            page,
            "| `{}` | {} | {} | {} |",
            rule.name(),
            cells.0,
            cells.1,
            cells.2
        )
        .expect("a string takes what is written");
    }
}
