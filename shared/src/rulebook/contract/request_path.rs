//! A path that is requested or purged: it must stay on the distribution's host, byte for byte.

use super::Found;
use crate::contract::{TENANT_PLACEHOLDER, without_query};
use crate::rule::contract as rules;

/// Longest URL that CloudFront takes (quotas page).
const MAX_PATH_LENGTH: usize = 8_192;

pub(super) fn check(at: &str, path: &str, found: &mut Found) {
    if path.is_empty() {
        return;
    }
    let filled = path.replace(TENANT_PLACEHOLDER, "a");
    let bare = without_query(&filled);
    let mut note = |what: &str, why: &str| {
        found.push(rules::PATH_CHARACTERS.at(at, &[&path, &what, &why]));
    };
    if !path.starts_with('/') {
        note("does not begin with /", "it could lead to another host");
    }
    if bare.contains("//") {
        note(
            "has //",
            "it names another host, or CloudFront resolves it before it matches",
        );
    }
    if path.len() > MAX_PATH_LENGTH {
        note("is longer than 8,192 bytes", "CloudFront refuses it");
    }
    if filled.contains(['{', '}']) {
        note(
            "has braces that are not {tenant}",
            "only {tenant} is filled in",
        );
    }
    if filled.contains('#') {
        note("has a #", "no request carries a fragment");
    }
    let needs_encoding = |byte: u8| !(33..=126).contains(&byte) || b"\\\"<>`^|".contains(&byte);
    let query = filled.split_once('?').map_or("", |(_, query)| query);
    if filled.bytes().any(needs_encoding) || query.contains('\'') {
        note(
            "has a character that browsers percent-encode",
            "it would be requested as other bytes",
        );
    }
    if bare.split('/').any(is_dot_segment) {
        note("has a . or .. segment", "clients resolve it away");
    }
    escapes(&filled, bare, &mut note);
    if filled.contains('?') && (query.is_empty() || query.split('&').any(str::is_empty)) {
        note(
            "has an empty query parameter",
            "browsers send another key, or none",
        );
    }
}

fn escapes(filled: &str, bare: &str, note: &mut impl FnMut(&str, &str)) {
    for (index, _) in filled.match_indices('%') {
        let digits = filled.get(index + 1..index + 3).unwrap_or_default();
        match u8::from_str_radix(digits, 16) {
            Ok(byte) if digits.len() == 2 && !digits.starts_with('+') => {
                if byte < 32 || byte == 127 {
                    return note(
                        "has an encoded control character",
                        "the viewer authorizer refuses it",
                    );
                }
                let unreserved = byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
                if unreserved && index < bare.len() {
                    return note(
                        "encodes a character that needs it not",
                        "CloudFront matches the decoded path, and scopes the one that was sent",
                    );
                }
            }
            _ => {
                return note(
                    "has a broken percent-encoding",
                    "the viewer authorizer refuses it",
                );
            }
        }
    }
}

fn is_dot_segment(segment: &str) -> bool {
    let decoded = segment.to_ascii_lowercase().replace("%2e", ".");
    decoded == "." || decoded == ".."
}
