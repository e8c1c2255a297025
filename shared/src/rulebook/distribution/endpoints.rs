//! Each path, endpoint and probe of the contract is served as the contract says.

use super::{Checked, filled, query_names, rules};
use crate::contract::{Endpoint, Probe};
use crate::distribution::Behavior;
use crate::path_pattern;
use crate::rule::Problem;

pub(super) fn check(checked: &mut Checked<'_>) {
    let mut found = Vec::new();
    for path in &checked.contract.paths {
        let serves = |each: &&Behavior| {
            each.caches()
                && !checked.is_public(each)
                && path_pattern::covers(&each.pattern, &path.pattern)
        };
        let behaviors = &checked.distribution.behaviors;
        if !behaviors
            .iter()
            .any(|each| serves(&each) && !each.is_default)
        {
            found.push(rules::PATH_UNSERVED.at("paths", &[&path.pattern]));
        }
    }
    for each in &checked.contract.endpoints {
        endpoint(each, checked, &mut found);
    }
    if let Some(each) = &checked.contract.probe {
        probe(each, checked, &mut found);
    }
    checked.found.extend(found);
}

fn endpoint(endpoint: &Endpoint, checked: &Checked<'_>, found: &mut Vec<Problem>) {
    let at = "the endpoint";
    let path = &endpoint.path;
    let Some(behavior) = checked.distribution.behavior_for(&filled(path)) else {
        return;
    };
    let place = behavior.place();
    if checked.is_public(behavior) {
        found.push(rules::ENDPOINT_PUBLIC.at(at, &[path, &place]));
    }
    if behavior.is_default {
        found.push(rules::ENDPOINT_DEFAULT.at(at, &[path]));
        return;
    }
    if !behavior.caches() {
        found.push(rules::ENDPOINT_UNCACHED.at(at, &[path, &place]));
        return;
    }
    if behavior
        .origins
        .first()
        .is_some_and(|origin| origin.custom.is_none())
    {
        found.push(rules::ENDPOINT_BUCKET.at(at, &[path, &place]));
    }
    timeouts(
        &format!("the endpoint {path:?}"),
        endpoint.timeout.as_secs(),
        behavior,
        found,
    );
    let declared = |p: &crate::contract::CachedPath| {
        p.pattern == behavior.pattern || path_pattern::covers(&behavior.pattern, &p.pattern)
    };
    if !checked.contract.paths.iter().any(declared) {
        found.push(rules::ENDPOINT_ELSEWHERE.at(at, &[path, &place]));
    }
}

fn probe(probe: &Probe, checked: &Checked<'_>, found: &mut Vec<Problem>) {
    let at = "the probe";
    let path = &probe.path;
    let Some(behavior) = checked.distribution.behavior_for(&filled(path)) else {
        return;
    };
    if behavior.caches() {
        found.push(rules::PROBE_CACHED.at(at, &[path, &behavior.place()]));
        return;
    }
    timeouts(
        &format!("the probe {path:?}"),
        probe.timeout.as_secs(),
        behavior,
        found,
    );
    let forwarded = behavior.forwarding.known();
    for name in query_names(path) {
        if !forwarded.is_some_and(|each| each.query_names.includes(name)) {
            found.push(rules::QUERY_NOT_FORWARDED.at(behavior.place(), &[&name]));
        }
    }
}

fn timeouts(at: &str, seconds: u64, behavior: &Behavior, found: &mut Vec<Problem>) {
    for origin in &behavior.origins {
        let Some(custom) = &origin.custom else {
            continue;
        };
        let host = &origin.domain_name;
        if custom.read_timeout < seconds {
            found.push(rules::READ_TIMEOUT.at(at, &[&seconds, host, &custom.read_timeout]));
        }
        if let Some(complete) = origin.completion_timeout.filter(|&limit| limit < seconds) {
            found.push(rules::COMPLETION_TIMEOUT.at(at, &[&seconds, host, &complete]));
        }
    }
}
