//! What concerns the distribution as a whole.

use super::{Checked, rules};
use crate::distribution::{Behavior, Origin};
use crate::path_pattern;

const MAX_BEHAVIORS: usize = 75;
const MAX_CACHE_POLICIES: usize = 20;
/// What CloudFront keeps an error for, and the prewarmer reckons with, where nobody says otherwise.
const ERROR_TTL: u64 = 10;
/// The API's failures that the prewarmer repeats.
const REPEATED: [u16; 4] = [500, 502, 503, 504];

pub(super) fn check(checked: &mut Checked<'_>) {
    let distribution = checked.distribution;
    let at = "the distribution";
    let contract = checked.contract;
    let found = &mut checked.found;
    if !distribution.enabled {
        found.push(rules::DISABLED.at(at, &[]));
    }
    if distribution.is_staging {
        found.push(rules::STAGING.at(at, &[]));
    }
    match &distribution.tag_header {
        None => found.push(rules::TAG_CONFIG_MISSING.at(at, &[&contract.tag_header])),
        Some(header) if !header.eq_ignore_ascii_case(&contract.tag_header) => {
            found.push(rules::TAG_CONFIG_DIFFERS.at(at, &[header, &contract.tag_header]));
        }
        Some(_) => {}
    }
    if distribution.behaviors.len() > MAX_BEHAVIORS + 1 {
        found.push(rules::TOO_MANY_BEHAVIORS.at(at, &[&distribution.behaviors.len()]));
    }
    if distribution.cache_policies > MAX_CACHE_POLICIES {
        found.push(rules::TOO_MANY_POLICIES.at(at, &[&distribution.cache_policies]));
    }
    error_responses(checked);
    shadowed(checked);
    origins(checked);
}

fn error_responses(checked: &mut Checked<'_>) {
    let distribution = checked.distribution;
    let reckoned = match checked.expected.error_caching_ttl {
        Some(ttl) => vec![ttl],
        None if distribution.reckoned_error_ttls.is_empty() => vec![ERROR_TTL],
        None => distribution.reckoned_error_ttls.clone(),
    };
    for each in &distribution.error_responses {
        // A failure that looks like a refusal is not repeated.
        let hides = |shown: &u16| *shown < 400 || each.code >= 500 && *shown < 500;
        if let Some(shown) = each.response_code.filter(hides) {
            checked
                .found
                .push(rules::ERROR_PAGE.at("the distribution", &[&each.code, &shown]));
        }
    }
    let longest = reckoned
        .iter()
        .copied()
        .max()
        .unwrap_or(ERROR_TTL)
        .max(ERROR_TTL);
    for each in &distribution.error_responses {
        let kept = each.ttl.filter(|&ttl| ttl > longest);
        if let Some(ttl) = kept.filter(|_| !REPEATED.contains(&each.code)) {
            checked
                .found
                .push(rules::ERROR_KEPT.at("the distribution", &[&each.code, &ttl, &longest]));
        }
    }
    let ttl_of = |code: u16| {
        let response = distribution
            .error_responses
            .iter()
            .find(|each| each.code == code);
        response.and_then(|each| each.ttl).unwrap_or(ERROR_TTL)
    };
    for code in REPEATED {
        let ttl = ttl_of(code);
        if !reckoned.contains(&ttl) {
            checked
                .found
                .push(rules::ERROR_TTL.at("the distribution", &[&code, &ttl, &reckoned[0]]));
        }
    }
}

fn shadowed(checked: &mut Checked<'_>) {
    let behaviors = &checked.distribution.behaviors;
    for (index, behavior) in behaviors
        .iter()
        .enumerate()
        .filter(|(_, each)| !each.is_default)
    {
        let covers = |wide: &&Behavior| path_pattern::covers(&wide.pattern, &behavior.pattern);
        if let Some(wide) = behaviors[..index].iter().find(covers) {
            let problem = rules::BEHAVIOR_SHADOWED.at(behavior.place(), &[&wide.place()]);
            checked.found.push(problem);
        }
    }
}

fn origins(checked: &mut Checked<'_>) {
    let distribution = checked.distribution;
    let mut seen: Vec<&Origin> = Vec::new();
    for behavior in &distribution.behaviors {
        if !checked.reaches_api(behavior) {
            continue;
        }
        for origin in &behavior.origins {
            let Some(custom) = &origin.custom else {
                continue;
            };
            let plain = custom.protocol == "http-only"
                || custom.protocol == "match-viewer" && behavior.viewer_protocol == "allow-all";
            if seen.contains(&origin) {
                continue;
            }
            seen.push(origin);
            if plain && !checked.expected.plain_http_origin {
                let problem = rules::PLAIN_ORIGIN.at("the distribution", &[&origin.domain_name]);
                checked.found.push(problem);
            }
            let owned = |name: &&String| {
                **name == checked.contract.tenant.header
                    || *name == "authorization"
                    || checked.contract.variants.iter().any(|v| v.header == **name)
            };
            for name in origin.custom_headers.iter().filter(owned) {
                let at = format!("the origin {:?}", origin.domain_name);
                checked.found.push(rules::CUSTOM_HEADER.at(at, &[name]));
            }
        }
    }
}
