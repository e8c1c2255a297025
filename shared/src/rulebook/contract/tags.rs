//! Cache tags: what CloudFront keeps of them, and what scopes make of them.

use super::Found;
use super::paths::{distinct_patterns, pattern};
use crate::contract::{Contract, without_query};
use crate::path_pattern;
use crate::rule::contract as rules;
use crate::{tenant, version};

/// Longest cache tag (CloudFront Developer Guide, "Invalidate by cache tag").
const MAX_TAG_LENGTH: usize = 256;
/// Tags that CloudFront reads of a response (same page).
const MAX_TAGS: usize = 50;

pub(super) fn check(contract: &Contract, found: &mut Found) {
    let prefix = &contract.tag_prefix;
    let may_stand = |byte: u8| (33..=126).contains(&byte) && !b",#*".contains(&byte);
    if !prefix.bytes().all(may_stand) {
        found.push(rules::PREFIX_CHARACTERS.at("tagPrefix", &[&format!("{prefix:?}")]));
    }
    let versions = contract.version.as_ref().is_some_and(|stamp| stamp.tags);
    let version = if versions { 1 + version::MAX_LENGTH } else { 0 };
    let scope = contract.scopes.keys().map(|name| 1 + name.len()).max();
    let longest = prefix.len() + tenant::MAX_LENGTH + scope.unwrap_or(0) + version;
    if longest > MAX_TAG_LENGTH {
        found.push(rules::TAG_TOO_LONG.at("tagPrefix", &[&longest]));
    }
    for (name, patterns) in &contract.scopes {
        scope_holds(contract, name, patterns, found);
        let overlapping = overlapping_scopes(contract, patterns);
        let tags = (1 + overlapping) * if versions { 2 } else { 1 };
        if tags > MAX_TAGS {
            found.push(rules::TOO_MANY_TAGS.at(format!("scopes.{name}"), &[&tags]));
        }
    }
}

/// At most so many scopes, itself among them, can meet in one path of a scope.
fn overlapping_scopes(contract: &Contract, patterns: &[String]) -> usize {
    let meets = |other: &&Vec<String>| {
        let mut pairs = patterns
            .iter()
            .flat_map(|one| other.iter().map(move |two| (one, two)));
        pairs.any(|(one, two)| path_pattern::overlap(one, two))
    };
    contract.scopes.values().filter(meets).count()
}

fn scope_holds(contract: &Contract, name: &str, patterns: &[String], found: &mut Found) {
    let at = format!("scopes.{name}");
    let may_stand =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte);
    if name.is_empty() || !name.bytes().all(may_stand) {
        found.push(rules::SCOPE_NAME.at(&at, &[]));
    }
    if patterns.is_empty() {
        found.push(rules::SCOPE_EMPTY.at(&at, &[]));
    }
    for each in patterns {
        pattern(&at, each, found);
        let is_cached =
            |path: &crate::contract::CachedPath| path_pattern::overlap(&path.pattern, each);
        if !contract.paths.is_empty() && !contract.paths.iter().any(is_cached) {
            found.push(rules::SCOPE_OUTSIDE_PATHS.at(&at, &[each]));
        }
    }
    distinct_patterns(&at, patterns.iter().map(String::as_str), found);
    let has_endpoint = contract
        .endpoints
        .iter()
        .any(|endpoint| contract.in_scope(name, without_query(&endpoint.path)));
    if !patterns.is_empty() && !contract.endpoints.is_empty() && !has_endpoint {
        found.push(rules::SCOPE_WITHOUT_ENDPOINT.at(&at, &[]));
    }
}
