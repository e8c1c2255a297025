//! Path patterns: as CloudFront takes them, each of use, and within its quotas.

use std::collections::HashSet;
use std::time::Duration;

use super::{Found, distinct, empty};
use crate::contract::{Contract, TENANT_PLACEHOLDER};
use crate::path_pattern;
use crate::rule::contract as rules;

/// Behaviours of a distribution (quotas page).
const MAX_BEHAVIORS: usize = 75;
/// Cache policies of an account (quotas page).
const MAX_CACHE_POLICIES: usize = 20;
const MAX_PATTERN_LENGTH: usize = 255;
const LONGEST_TTL: Duration = Duration::from_hours(365 * 24);

pub(super) fn check(contract: &Contract, found: &mut Found) {
    let paths = &contract.paths;
    if paths.is_empty() {
        empty("paths", &rules::NO_PATHS, found);
    }
    for (index, path) in paths.iter().enumerate() {
        let at = format!("paths[{index}]");
        pattern(&format!("{at}.pattern"), &path.pattern, found);
        if path.default_ttl > path.max_ttl {
            found.push(rules::TTL_ORDER.at(&at, &[]));
        }
        for (name, ttl) in [("defaultTtl", path.default_ttl), ("maxTtl", path.max_ttl)] {
            if ttl > LONGEST_TTL {
                found.push(rules::TTL_TOO_LONG.at(format!("{at}.{name}"), &[]));
            }
        }
    }
    distinct_patterns(
        "paths",
        paths.iter().map(|path| path.pattern.as_str()),
        found,
    );
    // The probe and the default behaviour take their places.
    if paths.len() + 2 > MAX_BEHAVIORS {
        found.push(rules::TOO_MANY_PATHS.at("paths", &[&paths.len()]));
    }
    let ttls: HashSet<_> = paths
        .iter()
        .map(|path| (path.default_ttl, path.max_ttl))
        .collect();
    if ttls.len() > MAX_CACHE_POLICIES {
        found.push(rules::TOO_MANY_TTLS.at("paths", &[&ttls.len()]));
    }
    migration(contract, found);
}

/// A path pattern, of `paths` or of a scope.
pub(super) fn pattern(at: &str, pattern: &str, found: &mut Found) {
    if pattern.is_empty() {
        return;
    }
    if !pattern.starts_with('/') {
        found.push(rules::PATTERN_START.at(at, &[&pattern]));
    }
    let may_stand = |c: &char| c.is_ascii_alphanumeric() || "*?_-.$/~\"'@:+&".contains(*c);
    if let Some(character) = pattern.chars().find(|c| !may_stand(c)) {
        found.push(rules::PATTERN_CHARACTERS.at(at, &[&pattern, &character]));
    }
    if pattern.contains("//") {
        found.push(rules::PATTERN_NEVER.at(at, &[&pattern, &"//"]));
    }
    if pattern.split('/').any(|part| part == "." || part == "..") {
        found.push(rules::PATTERN_NEVER.at(at, &[&pattern, &"a . or .. segment"]));
    }
    if pattern.len() > MAX_PATTERN_LENGTH {
        found.push(rules::PATTERN_TOO_LONG.at(at, &[&pattern.len()]));
    }
}

/// Patterns that are never used: doubles, and those behind a wider one.
pub(super) fn distinct_patterns<'a>(
    at: &str,
    patterns: impl Iterator<Item = &'a str>,
    found: &mut Found,
) {
    let patterns: Vec<_> = patterns.collect();
    distinct(at, patterns.iter().copied(), &rules::PATTERN_TWICE, found);
    // In a scope the order does not count: a narrow pattern beside a wide one is harmless.
    if at != "paths" {
        return;
    }
    for (index, narrow) in patterns.iter().enumerate() {
        let covers = |wide: &&&str| *wide != narrow && path_pattern::covers(wide, narrow);
        if let Some(wide) = patterns[..index].iter().find(covers) {
            found.push(rules::PATTERN_SHADOWED.at(at, &[narrow, wide]));
        }
    }
}

/// Wildcard paths that may be in progress per distribution (quotas page).
const MAX_WILDCARDS: usize = 15;

fn migration(contract: &Contract, found: &mut Found) {
    let paths = &contract.migration_paths;
    for (index, path) in paths.iter().enumerate() {
        let at = format!("migration.paths[{index}]");
        super::request_path::check(&at, path, found);
        let Some((_, behind)) = path.rsplit_once(TENANT_PLACEHOLDER) else {
            found.push(rules::MIGRATION_EVERY_TENANT.at(&at, &[path]));
            continue;
        };
        if path.trim_end_matches('*').contains('*') || path.ends_with("**") {
            found.push(rules::MIGRATION_WILDCARD.at(&at, &[path]));
        } else if let Some(before_wildcard) = behind.strip_suffix('*') {
            let in_id = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
            if before_wildcard.chars().all(in_id) {
                found.push(rules::MIGRATION_NEIGHBOUR.at(&at, &[path, &""]));
            }
        }
        let reach = path
            .split('?')
            .next()
            .unwrap_or(path)
            .replace(TENANT_PLACEHOLDER, "*");
        let cached = contract
            .paths
            .iter()
            .any(|p| path_pattern::overlap(&p.pattern, &reach));
        if !contract.paths.is_empty() && !cached {
            found.push(rules::MIGRATION_OUTSIDE_PATHS.at(&at, &[path]));
        }
    }
    let names = paths.iter().map(String::as_str);
    distinct("migration.paths", names, &rules::MIGRATION_TWICE, found);
    let wildcards = paths.iter().filter(|path| path.ends_with('*')).count();
    if wildcards > MAX_WILDCARDS {
        found.push(rules::TOO_MANY_WILDCARDS.at("migration.paths", &[&wildcards]));
    }
}
