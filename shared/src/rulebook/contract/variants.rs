//! Variants: few values, each reachable, each made from what is there at viewer-request.

use std::collections::HashMap;

use super::headers::is_unwritable;
use super::{Found, distinct, is_header_value};
use crate::contract::{Contract, MAX_VARIANTS, Variant, VariantSource};
use crate::rule::contract as rules;

/// Headers that a viewer-request function does not see as the browser sent them.
const ABSENT: &[&str] = &["accept-encoding", "authorization", "x-forwarded-for"];

/// Claims that differ for every user or login.
const PER_USER: &[&str] = &[
    "at_hash",
    "auth_time",
    "cognito:username",
    "email",
    "event_id",
    "exp",
    "iat",
    "jti",
    "name",
    "nonce",
    "origin_jti",
    "phone_number",
    "sub",
    "username",
];

pub(super) fn check(contract: &Contract, found: &mut Found) {
    let headers = contract.variants.iter().map(|v| v.header.as_str());
    distinct("variants", headers, &rules::VARIANT_TWICE, found);
    let mut product = 1_usize;
    for (index, variant) in contract.variants.iter().enumerate() {
        let at = format!("variants[{index}]");
        source(&at, index, contract, found);
        values(&at, variant, found);
        matches(&at, variant, found);
        let warmed = variant.values.iter().filter(|value| value.prewarm).count();
        if variant.values.is_empty() {
            found.push(rules::VARIANT_NO_VALUES.at(&at, &[]));
        } else if warmed == 0 {
            found.push(rules::VARIANT_NOT_WARMED.at(&at, &[]));
        }
        product = product.saturating_mul(warmed.max(1));
    }
    if product > MAX_VARIANTS {
        found.push(rules::TOO_MANY_VARIANTS.at("variants", &[&product, &MAX_VARIANTS]));
    }
}

fn source(at: &str, index: usize, contract: &Contract, found: &mut Found) {
    let variant = &contract.variants[index];
    let tenant = &contract.tenant;
    let at = format!("{at}.from");
    match &variant.from {
        VariantSource::Claim(name) => {
            let blank = name.trim().is_empty() || name.contains(char::is_whitespace);
            if blank || *name == tenant.claim || PER_USER.contains(&name.as_str()) {
                found.push(rules::VARIANT_CLAIM.at(at, &[&format!("claim:{name}")]));
            }
        }
        VariantSource::Header(name) if *name == tenant.header => {
            found.push(rules::VARIANT_TENANT.at(at, &[name]));
        }
        VariantSource::Header(name) => {
            if ABSENT.contains(&name.as_str()) || name != "host" && is_unwritable(name) {
                found.push(rules::VARIANT_SOURCE_ABSENT.at(&at, &[name]));
            }
            let shared = contract.variants.iter().enumerate().any(|(other, each)| {
                other != index
                    && (each.header == *name || other < index && each.from == variant.from)
            });
            if shared {
                found.push(rules::VARIANT_SOURCE_SHARED.at(at, &[name]));
            }
        }
    }
    if variant.header == tenant.header && !tenant.header.is_empty() {
        found.push(rules::VARIANT_TENANT.at(format!("variants[{index}]"), &[&variant.header]));
    }
}

fn values(at: &str, variant: &Variant, found: &mut Found) {
    let default = &variant.default;
    let known = variant.values.iter().any(|value| value.value == *default);
    if !default.is_empty() && !variant.values.is_empty() && !known {
        found.push(rules::VARIANT_DEFAULT.at(format!("{at}.default"), &[default]));
    }
    let names = variant.values.iter().map(|value| value.value.as_str());
    distinct(&format!("{at}.values"), names, &rules::VARIANT_TWICE, found);
    for value in &variant.values {
        let at = format!("{at}.values");
        let name = &value.value;
        match (&variant.from, &value.send) {
            (VariantSource::Header(from), None) => {
                found.push(rules::VARIANT_SEND_MISSING.at(&at, &[name, from]));
            }
            (VariantSource::Claim(_), Some(_)) => {
                found.push(rules::VARIANT_SEND_NEEDLESS.at(&at, &[name]));
            }
            _ => {}
        }
        for text in [Some(name), value.send.as_ref()].into_iter().flatten() {
            if !is_header_value(text) {
                found.push(rules::VARIANT_CHARACTERS.at(&at, &[text]));
            }
        }
        if value.matches.is_empty() && name != default {
            found.push(rules::VARIANT_UNREACHABLE.at(&at, &[name]));
        }
    }
}

fn matches(at: &str, variant: &Variant, found: &mut Found) {
    let is_language = variant.from == VariantSource::Header("accept-language".into());
    let mut before: HashMap<String, &str> = HashMap::new();
    for value in &variant.values {
        let at = format!("{at}.values {:?}", value.value);
        for each in &value.matches {
            let subtag =
                (2..=3).contains(&each.len()) && each.bytes().all(|b| b.is_ascii_alphabetic());
            if is_language && !subtag {
                found.push(rules::VARIANT_LANGUAGE.at(&at, &[each]));
            }
            if let Some(other) = before.insert(each.to_ascii_lowercase(), &value.value) {
                found.push(rules::VARIANT_MATCH_TWICE.at(&at, &[each, &other]));
            }
        }
    }
}
