//! The headers that the edge functions read and write: names, and who owns each.

use super::Found;
use crate::contract::{Contract, VariantSource};
use crate::rule::contract as rules;

/// Headers that an edge function can neither write nor read: CloudFront answers 502, or drops the
/// change (Developer Guide, "Restrictions on edge functions": disallowed and read-only headers).
const UNWRITABLE: &[&str] = &[
    "connection",
    "content-length",
    "expect",
    "host",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "via",
    "x-accel-buffering",
    "x-accel-charset",
    "x-accel-limit-rate",
    "x-accel-redirect",
    "x-cache",
    "x-forwarded-proto",
    "x-real-ip",
];
const UNWRITABLE_PREFIXES: &[&str] = &["x-amz-cf-", "x-amzn-", "x-edge-", "cloudfront-"];

/// Headers with a meaning of their own to browsers, caches, CloudFront or the authorizer.
const TAKEN: &[&str] = &[
    "accept",
    "accept-encoding",
    "accept-language",
    "age",
    "authorization",
    "cache-control",
    "content-encoding",
    "content-type",
    "cookie",
    "date",
    "etag",
    "expires",
    "forwarded",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "last-modified",
    "location",
    "origin",
    "pragma",
    "range",
    "referer",
    "server",
    "set-cookie",
    "strict-transport-security",
    "user-agent",
    "vary",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-port",
    "x-warmfront-look",
];
const TAKEN_PREFIXES: &[&str] = &["access-control-", "content-", "sec-"];

/// Response headers that do not say how new the data is, or not in a version's characters.
const NO_VERSION: &[&str] = &[
    "age",
    "cache-control",
    "content-length",
    "content-type",
    "date",
    "etag",
    "expires",
    "last-modified",
    "server",
    "set-cookie",
    "vary",
    "via",
    "x-cache",
];

pub(super) fn check(contract: &Contract, found: &mut Found) {
    let tenant = &contract.tenant;
    let variants = contract.variants.iter().enumerate();
    let mut written = vec![
        ("tagHeader".to_owned(), contract.tag_header.as_str()),
        ("tenant.header".to_owned(), tenant.header.as_str()),
    ];
    if let Some(previous) = &contract.previous_tag_header {
        written.push(("previousTagHeader".to_owned(), previous));
        if *previous == contract.tag_header {
            found.push(rules::PREVIOUS_TAG_HEADER.at("previousTagHeader", &[]));
        }
    }
    written.extend(variants.map(|(index, v)| (format!("variants[{index}].header"), &*v.header)));
    for (at, name) in &written {
        named(at, name, found);
        if is_unwritable(name) {
            found.push(rules::HEADER_NOT_WRITABLE.at(at, &[name]));
        } else if is_taken(name) {
            found.push(rules::HEADER_TAKEN.at(at, &[name]));
        }
    }
    if let Some(name) = &tenant.response_header {
        named("tenant.responseHeader", name, found);
        if is_unwritable(name) {
            found.push(rules::HEADER_NOT_WRITABLE.at("tenant.responseHeader", &[name]));
        } else if is_taken(name) {
            found.push(rules::HEADER_TAKEN.at("tenant.responseHeader", &[name]));
        }
        // Requests and responses may name the tenant alike: one is read, the other written.
        if *name != tenant.header {
            written.push(("tenant.responseHeader".to_owned(), name));
        }
    }
    if let Some(version) = &contract.version {
        let name = version.header.as_str();
        named("version.header", name, found);
        if is_unwritable(name) || NO_VERSION.contains(&name) || has_taken_prefix(name) {
            found.push(rules::VERSION_HEADER.at("version.header", &[&name]));
        }
        written.push(("version.header".to_owned(), name));
    }
    collisions(&written, found);
    for (index, variant) in contract.variants.iter().enumerate() {
        if let VariantSource::Header(name) = &variant.from {
            named(&format!("variants[{index}].from"), name, found);
        }
    }
}

fn collisions(written: &[(String, &str)], found: &mut Found) {
    for (index, (at, name)) in written.iter().enumerate() {
        let alike = |other: &str| other.replace('_', "-") == name.replace('_', "-");
        let before = written[..index].iter().find(|(_, other)| alike(other));
        // Two names of the tag header that are one have a rule of their own.
        let renamed =
            |(other, _): &&(String, &str)| at == "previousTagHeader" && other == "tagHeader";
        if let Some((other, _)) = before.filter(|each| !name.is_empty() && !renamed(each)) {
            found.push(rules::HEADER_TWICE.at(at, &[name, other]));
        }
    }
}

fn is_taken(name: &str) -> bool {
    TAKEN.contains(&name) || has_taken_prefix(name)
}

fn has_taken_prefix(name: &str) -> bool {
    TAKEN_PREFIXES.iter().any(|p| name.starts_with(p))
}

pub(super) fn is_unwritable(name: &str) -> bool {
    UNWRITABLE.contains(&name) || UNWRITABLE_PREFIXES.iter().any(|p| name.starts_with(p))
}

pub(super) fn named(at: &str, name: &str, found: &mut Found) {
    let token = |byte: u8| {
        byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"!#$%&'*+-.^_`|~".contains(&byte)
    };
    if !name.is_empty() && (!name.bytes().all(token) || name.len() > 255) {
        found.push(rules::HEADER_NAME.at(at, &[&name]));
    }
}
