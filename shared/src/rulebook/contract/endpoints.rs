//! Endpoints and the probe: requested as browsers would, cached, in scope, within timeouts.

use std::collections::HashSet;

use super::{Found, distinct, empty, request_path};
use crate::contract::{Contract, Endpoint, TENANT_PLACEHOLDER, without_query};
use crate::path_pattern;
use crate::rule::contract as rules;

/// Longest timeout of which a request and its repetition fit into one call of the function, 900 s.
const LONGEST_TIMEOUT: u64 = 300;

pub(super) fn check(contract: &Contract, found: &mut Found) {
    if contract.endpoints.is_empty() {
        empty("endpoints", &rules::NO_ENDPOINTS, found);
    }
    let paths = contract
        .endpoints
        .iter()
        .map(|endpoint| endpoint.path.as_str());
    distinct("endpoints", paths, &rules::ENDPOINT_TWICE, found);
    alike(&contract.endpoints, found);
    for (index, endpoint) in contract.endpoints.iter().enumerate() {
        let at = format!("endpoints[{index}]");
        request(&format!("{at}.path"), &endpoint.path, contract, found);
        if without_query(&endpoint.path).contains(TENANT_PLACEHOLDER) {
            let known = contract.tenant.query_names.join(", ");
            found.push(rules::TENANT_IN_PATH.at(format!("{at}.path"), &[&endpoint.path, &known]));
        }
        timeout(&format!("{at}.timeout"), endpoint.timeout.as_secs(), found);
        let path = without_query(&endpoint.path).replace(TENANT_PLACEHOLDER, "a");
        let cached = contract
            .paths
            .iter()
            .any(|p| path_pattern::matches(&p.pattern, &path));
        if !cached && !endpoint.path.is_empty() && !contract.paths.is_empty() {
            found.push(rules::NOT_CACHED.at(format!("{at}.path"), &[&endpoint.path]));
        }
        scope(&at, endpoint, contract, found);
        if let Some(pointer) = &endpoint.tenant_pointer {
            let mut escaped = pointer.split('~').skip(1);
            if !pointer.starts_with('/') || !escaped.all(|rest| rest.starts_with(['0', '1'])) {
                found.push(rules::POINTER.at(format!("{at}.tenantPointer"), &[pointer]));
            }
        }
    }
    let Some(probe) = &contract.probe else { return };
    request("probe.path", &probe.path, contract, found);
    timeout("probe.timeout", probe.timeout.as_secs(), found);
    if contract.version.is_none() {
        found.push(rules::PROBE_WITHOUT_VERSION.at("probe", &[]));
    }
    let bare = without_query(&probe.path);
    if contract.paths.iter().any(|each| each.pattern == bare) {
        found.push(rules::PROBE_IS_PATH.at("probe.path", &[&probe.path]));
    }
    let same = |e: &Endpoint| without_query(&e.path) == without_query(&probe.path);
    if !probe.path.is_empty() && contract.endpoints.iter().any(same) {
        found.push(rules::PROBE_IS_ENDPOINT.at("probe.path", &[&probe.path]));
    }
}

fn request(at: &str, path: &str, contract: &Contract, found: &mut Found) {
    request_path::check(at, path, found);
    if without_query(path).contains('*') {
        found.push(rules::REQUEST_WILDCARD.at(at, &[&path]));
    }
    let Some((_, query)) = path.split_once('?') else {
        return;
    };
    let mut seen = HashSet::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        if !seen.insert(name) {
            found.push(rules::QUERY_TWICE.at(at, &[&path, &name]));
        }
        let names_tenant = contract
            .tenant
            .query_names
            .iter()
            .any(|known| known == name);
        if names_tenant && value != TENANT_PLACEHOLDER {
            found.push(rules::FIXED_TENANT.at(at, &[&path, &pair]));
        }
        if !names_tenant && value.contains(TENANT_PLACEHOLDER) {
            found.push(rules::TENANT_UNCHECKED.at(at, &[&path, &name]));
        }
        let keyed = contract
            .cache_key
            .query_names
            .iter()
            .any(|known| known == name);
        // What is not cached has no key.
        if !keyed && at != "probe.path" {
            found.push(rules::QUERY_NOT_IN_KEY.at(at, &[&path, &name]));
        }
    }
}

/// Endpoints that an API answers alike, although CloudFront keys them apart by order and letter case
/// (Developer Guide, "Cache content based on query string parameters").
fn alike(endpoints: &[Endpoint], found: &mut Found) {
    let mut seen: Vec<(String, &str)> = Vec::new();
    for Endpoint { path, .. } in endpoints {
        let asked = regardless(path);
        match seen.iter().find(|(same, _)| *same == asked) {
            Some((_, first)) if first != path => {
                found.push(rules::ENDPOINT_ALIKE.at("endpoints", &[path, first]));
            }
            Some(_) => {}
            None => seen.push((asked, path)),
        }
    }
}

/// A path with its query in one order, and the names of that in lower case.
fn regardless(path: &str) -> String {
    let Some((bare, query)) = path.split_once('?') else {
        return path.to_owned();
    };
    let mut pairs: Vec<_> = query
        .split('&')
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            format!("{}={value}", name.to_ascii_lowercase())
        })
        .collect();
    pairs.sort();
    format!("{bare}?{}", pairs.join("&"))
}

fn timeout(at: &str, seconds: u64, found: &mut Found) {
    if seconds > LONGEST_TIMEOUT {
        found.push(rules::TIMEOUT_TOO_LONG.at(at, &[&seconds, &LONGEST_TIMEOUT]));
    }
}

fn scope(at: &str, endpoint: &Endpoint, contract: &Contract, found: &mut Found) {
    let Some(scope) = &endpoint.scope else { return };
    let Some(patterns) = contract.scopes.get(scope) else {
        let known: Vec<_> = contract.scopes.keys().map(String::as_str).collect();
        found.push(rules::SCOPE_UNKNOWN.at(format!("{at}.scope"), &[scope, &known.join(", ")]));
        return;
    };
    if !contract.in_scope(scope, &endpoint.path) {
        found.push(rules::SCOPE_MISSES.at(format!("{at}.path"), &[scope, &patterns.join(", ")]));
    }
}
