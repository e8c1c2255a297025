//! The README's table of what the guide says: each row is held by a test that exists.

use std::path::Path;

/// Every test of the crate by its module and name, as nextest shows it.
fn tests_under(folder: &Path, found: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            tests_under(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs") {
            let module = path.file_stem().unwrap().to_str().unwrap().to_owned();
            let text = std::fs::read_to_string(&path).unwrap();
            let names = text
                .split("fn ")
                .skip(1)
                .filter_map(|rest| rest.split('(').next());
            found.extend(names.map(|name| format!("{module}::{name}")));
        }
    }
}

#[test]
fn every_row_of_the_table_names_a_test() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut tests = Vec::new();
    for folder in ["src", "tests/it"] {
        tests_under(&root.join(folder), &mut tests);
    }
    let readme = std::fs::read_to_string(root.join("README.md")).unwrap();
    let table = readme.split("### What CloudFront's guide says").nth(1);
    let table = table.unwrap().split("\n## ").next().unwrap();
    let rows = table
        .lines()
        .filter(|line| line.starts_with('|'))
        .skip(2)
        .collect::<Vec<_>>();
    assert!(rows.len() > 20, "the table is not where it was");
    for row in rows {
        let last = row.trim_end_matches('|').rsplit('|').next().unwrap();
        let names: Vec<&str> = last.split('`').skip(1).step_by(2).collect();
        assert!(!names.is_empty(), "no test: {row}");
        for name in names {
            let is_there = tests.iter().any(|test| test.contains(name));
            assert!(is_there, "no test is called {name:?}: {row}");
        }
    }
}
