//! What the origin sees beside the key, and what viewers see of its answers.

use super::{Checked, rules};
use crate::contract::{Contract, VariantSource};
use crate::distribution::{Behavior, CacheKey, Forwarding, Names, Policy};
use crate::rule::Problem;

/// By which the prewarmer tells where an answer is from.
const EVIDENCE: [&str; 2] = ["age", "x-cache"];
/// By which an origin tells browsers how long to keep an answer.
const FOR_BROWSERS: [&str; 3] = ["cache-control", "expires", "pragma"];

pub(super) fn check(behavior: &Behavior, checked: &mut Checked<'_>) {
    if !checked.reaches_api(behavior) {
        return;
    }
    let at = behavior.place();
    let contract = checked.contract;
    let tenant = &contract.tenant.header;
    let public = checked.is_public(behavior);
    let nothing = Forwarding::default();
    let found = &mut checked.found;
    let forwarding = match &behavior.forwarding {
        Policy::Known(forwarding) => forwarding,
        Policy::None => &nothing,
        Policy::Unknown(id) => {
            found.push(rules::FORWARDING_UNKNOWN.at(&at, &[id]));
            return;
        }
    };
    let key = behavior.cache.known();
    let keyed = |name: &str| key.is_some_and(|key| key.headers.includes(name));
    if public {
        if forwarding.headers.includes(tenant) || keyed(tenant) {
            found.push(rules::PUBLIC_TENANT_HEADER.at(&at, &[tenant]));
        }
    } else {
        if !forwarding.headers.includes("authorization") && !keyed("authorization") {
            found.push(rules::TOKEN_NOT_FORWARDED.at(&at, &[]));
        }
        if !behavior.caches() && !forwarding.headers.includes(tenant) {
            found.push(rules::TENANT_NOT_FORWARDED.at(&at, &[tenant]));
        }
    }
    if let Some(key) = key.filter(|_| behavior.caches()) {
        unkeyed(&at, forwarding, key, contract, found);
    }
    responses(behavior, public, contract, found);
}

/// What gets through to the origin of a cached path without being in the key.
fn unkeyed(
    at: &str,
    forwarding: &Forwarding,
    key: &CacheKey,
    contract: &Contract,
    found: &mut Vec<Problem>,
) {
    let beyond = |names: &Names, key: &Names| match names {
        Names::None => None,
        Names::All if *key == Names::All => None,
        Names::All => Some("all".to_owned()),
        Names::AllBut(names) => Some(format!("all but {}", names.join(", "))),
        Names::Only(names) => {
            let more: Vec<_> = names.iter().filter(|n| !key.includes(n)).cloned().collect();
            (!more.is_empty()).then(|| more.join(", "))
        }
    };
    if let Some(more) = beyond(&forwarding.query_names, &key.query_names) {
        found.push(rules::QUERY_FORWARDED.at(at, &[&more]));
    }
    if let Some(more) = beyond(&forwarding.cookies, &key.cookies) {
        found.push(rules::COOKIES_FORWARDED.at(at, &[&more]));
    }
    let mut sources = vec![(
        "host",
        "the API gets the distribution's name for its own, and answers by it for everybody",
    )];
    for variant in &contract.variants {
        if let VariantSource::Header(name) = &variant.from {
            sources.push((
                name,
                "the API may answer by it rather than by the variant that is in the key",
            ));
        }
    }
    let listed = match &forwarding.headers {
        Names::Only(names) => names.clone(),
        _ => Vec::new(),
    };
    for (name, why) in sources {
        if forwarding.headers.includes(name) && !key.headers.includes(name) {
            found.push(rules::HEADER_FORWARDED.at(at, &[&name, &why]));
        }
    }
    for name in listed
        .iter()
        .filter(|name| *name != "host" && !key.headers.includes(name))
    {
        let is_source =
            |v: &crate::contract::Variant| v.from == VariantSource::Header(name.clone());
        if !contract.variants.iter().any(is_source) {
            let why = "anyone could store an answer to it for everybody";
            found.push(rules::HEADER_FORWARDED.at(at, &[name, &why]));
        }
    }
}

fn responses(behavior: &Behavior, public: bool, contract: &Contract, found: &mut Vec<Problem>) {
    let at = behavior.place();
    let headers = &behavior.response_headers;
    let tags = [
        Some(&contract.tag_header),
        contract.previous_tag_header.as_ref(),
    ];
    for name in tags.into_iter().flatten().filter(|_| !public) {
        if !headers.removed.contains(name) {
            found.push(rules::TAG_VISIBLE.at(&at, &[name]));
        }
    }
    for name in EVIDENCE {
        if !public && headers.removed.iter().any(|each| each == name) {
            found.push(rules::HEADER_HIDDEN.at(&at, &[&name]));
        }
    }
    for name in FOR_BROWSERS {
        let named = |list: &[String]| list.iter().any(|each| each == name);
        if !public && (named(&headers.removed) || named(&headers.set)) {
            found.push(rules::BROWSERS_TOLD.at(&at, &[&name]));
        }
    }
    let version = contract.version.as_ref().map(|stamp| &stamp.header);
    for name in [version, contract.tenant.response_header.as_ref()]
        .into_iter()
        .flatten()
    {
        if headers.removed.contains(name) {
            found.push(rules::HEADER_HIDDEN.at(&at, &[name]));
        }
        if headers.set.contains(name) {
            found.push(rules::HEADER_OVERWRITTEN.at(&at, &[name]));
        }
    }
}
