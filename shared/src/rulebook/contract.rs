//! Reads a contract and holds it against the rules between its fields. A field that could not be read
//! is empty here and skipped: it has been reported already.

mod endpoints;
mod headers;
mod key;
mod paths;
mod request_path;
mod tags;
mod variants;

use std::collections::HashSet;
use std::path::Path;

use crate::contract::{Contract, InvalidContract, read};
use crate::rule::{Problem, Rule, contract as rules};

/// Where problems go.
type Found = Vec<Problem>;

impl Contract {
    /// Reads a contract and reports every problem together.
    pub fn parse(json: &str) -> Result<Self, InvalidContract> {
        let mut found = Found::new();
        let contract = read(json, &mut found);
        // Rules between fields are checked on whatever could be read, so that one report has all.
        if let Some(contract) = &contract {
            check(contract, &mut found);
        }
        match contract {
            Some(contract) if found.is_empty() => Ok(contract),
            _ => Err(InvalidContract { problems: found }),
        }
    }

    /// Reads the contract at `path`.
    pub fn load(path: &Path) -> Result<Self, InvalidContract> {
        match std::fs::read_to_string(path) {
            Ok(json) => Self::parse(&json),
            Err(error) => Err(InvalidContract {
                problems: vec![rules::UNREADABLE.at(path.display(), &[&error])],
            }),
        }
    }
}

fn check(contract: &Contract, found: &mut Found) {
    headers::check(contract, found);
    tags::check(contract, found);
    key::check(contract, found);
    variants::check(contract, found);
    paths::check(contract, found);
    endpoints::check(contract, found);
}

/// Notes that a list is empty, unless something else is wrong with it or with what it is in.
fn empty(at: &str, rule: &'static Rule, found: &mut Found) {
    let section = at.split('.').next().unwrap_or(at);
    if !found
        .iter()
        .any(|each| each.place == at || each.place == section)
    {
        found.push(rule.at(at, &[]));
    }
}

/// Notes each name that stands twice in a list.
fn distinct<'a>(
    at: &str,
    names: impl Iterator<Item = &'a str>,
    rule: &'static Rule,
    found: &mut Found,
) {
    let mut seen = HashSet::new();
    for name in names.filter(|name| !name.is_empty()) {
        if !seen.insert(name) {
            found.push(rule.at(at, &[&name]));
        }
    }
}

/// Whether a text can be sent in a header: visible ASCII, and blanks but at its ends.
fn is_header_value(text: &str) -> bool {
    text.trim() == text && text.bytes().all(|byte| (32..=126).contains(&byte))
}
