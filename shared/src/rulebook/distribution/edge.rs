//! Who looks at requests and answers: the edge functions of a behaviour, and its viewer side.

use super::{Checked, TAGGER, rules};
use crate::distribution::{Behavior, EdgeFunction};
use crate::rule::Problem;

/// Lambda@Edge's limits, by the older, smaller figures, which every edition of the quota page grants.
const VIEWER_MEMORY: u64 = 128;
const VIEWER_TIMEOUT: u64 = 5;
const ORIGIN_MEMORY: u64 = 10_240;
const ORIGIN_TIMEOUT: u64 = 30;

pub(super) fn check(behavior: &Behavior, checked: &mut Checked<'_>) {
    let at = behavior.place();
    let mut found = Vec::new();
    viewer_side(behavior, &mut found);
    for (event, function) in &behavior.edge {
        limits(&at, event, function, &mut found);
    }
    if checked.reaches_api(behavior) {
        access(behavior, checked, &mut found);
    }
    failover(behavior, &mut found);
    for problem in found {
        // A function that stands on several behaviours has its faults once.
        if !checked.found.contains(&problem) {
            checked.found.push(problem);
        }
    }
}

fn access(behavior: &Behavior, checked: &Checked<'_>, found: &mut Vec<Problem>) {
    let at = behavior.place();
    if behavior.viewer_protocol == "allow-all" {
        found.push(rules::PLAIN_VIEWERS.at(&at, &[]));
    }
    let forwarded = behavior.forwarding.known();
    let unverified = !checked.is_authorized(behavior)
        && behavior.caches()
        && forwarded.is_some_and(|each| each.headers.includes("authorization"));
    if checked.is_public(behavior) {
        // Without a token its answers may be for everybody; with one they are somebody's.
        if unverified {
            found.push(rules::TOKEN_UNVERIFIED.at(&at, &[]));
        }
        return;
    }
    let tenants = checked.serves_tenants(behavior);
    if !checked.is_authorized(behavior) {
        let rule = if tenants || behavior.caches() {
            &rules::AUTHORIZER_MISSING
        } else {
            &rules::WAY_ROUND
        };
        found.push(rule.at(&at, &[]));
        if unverified {
            found.push(rules::TOKEN_UNVERIFIED.at(&at, &[]));
        }
    }
    if behavior.caches() && !checked.has_role(behavior, "origin-response", TAGGER) {
        found.push(rules::TAGGER_MISSING.at(&at, &[]));
    }
    let signed = checked.expected.signed_paths.contains(&behavior.pattern);
    if tenants && behavior.is_signed && !signed {
        found.push(rules::SIGNED.at(&at, &[]));
    }
}

fn viewer_side(behavior: &Behavior, found: &mut Vec<Problem>) {
    let viewer = |events: Vec<&String>| -> Vec<String> {
        events
            .into_iter()
            .filter(|e| e.starts_with("viewer-"))
            .cloned()
            .collect()
    };
    let functions = viewer(behavior.cloudfront_functions.iter().collect());
    let edges = viewer(behavior.edge.keys().collect());
    if !functions.is_empty() && !edges.is_empty() {
        let values = (functions.join(", "), edges.join(", "));
        found.push(rules::VIEWER_SIDE_TWICE.at(behavior.place(), &[&values.0, &values.1]));
    }
}

fn failover(behavior: &Behavior, found: &mut Vec<Problem>) {
    let at = behavior.place();
    let wrong: Vec<String> = behavior
        .failover_codes
        .iter()
        .filter(|code| ![500, 502, 503, 504].contains(*code))
        .map(ToString::to_string)
        .collect();
    if !wrong.is_empty() {
        found.push(rules::FAILOVER_CODE.at(&at, &[&wrong.join(", ")]));
    }
    if !behavior.has_origin_group {
        return;
    }
    let more: Vec<_> = behavior
        .allowed_methods
        .iter()
        .filter(|method| !["GET", "HEAD", "OPTIONS"].contains(&method.as_str()))
        .cloned()
        .collect();
    if !more.is_empty() {
        found.push(rules::FAILOVER_METHODS.at(&at, &[&more.join(", ")]));
    }
    if behavior
        .origins
        .iter()
        .any(|origin| origin.may_list == Some(false))
    {
        found.push(rules::FAILOVER_BUCKET.at(&at, &[]));
    }
}

fn limits(at: &str, event: &str, function: &EdgeFunction, found: &mut Vec<Problem>) {
    let Some(settings) = &function.settings else {
        return;
    };
    let what = function.role.as_deref().map_or_else(
        || format!("the edge function {} of {at}", function.reference),
        |role| format!("the edge function {role:?}"),
    );
    let (memory, timeout) = if event.starts_with("viewer-") {
        (VIEWER_MEMORY, VIEWER_TIMEOUT)
    } else {
        (ORIGIN_MEMORY, ORIGIN_TIMEOUT)
    };
    if settings.memory > memory {
        found.push(rules::EDGE_MEMORY.at(&what, &[&settings.memory, &event, &memory]));
    }
    if settings.timeout > timeout {
        found.push(rules::EDGE_TIMEOUT.at(&what, &[&settings.timeout, &event, &timeout]));
    }
    for (name, value) in &settings.unsupported {
        found.push(match name.as_str() {
            "version" => rules::EDGE_UNPUBLISHED.at(&what, &[value]),
            "architecture" => rules::EDGE_ARCHITECTURE.at(&what, &[value]),
            "runtime" => rules::EDGE_RUNTIME.at(&what, &[value]),
            _ => rules::EDGE_UNSUPPORTED.at(&what, &[name, value]),
        });
    }
}
