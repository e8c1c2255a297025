//! The cache key: what it must hold, what CloudFront refuses in it, and what makes it useless.

use super::headers::{is_unwritable, named};
use super::{Found, distinct, empty, is_header_value};
use crate::contract::{CacheKey, Contract, TenantNaming};
use crate::rule::contract as rules;

/// Names of each kind that a cache policy takes (quotas page).
const MAX_NAMES: usize = 10;

/// Headers that a cache policy refuses (Developer Guide, "Understand cache policies").
const REFUSED: &[&str] = &[
    "accept-encoding",
    "cookie",
    "date",
    "host",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "max-forwards",
    "range",
    "warning",
];

/// Headers that nearly every viewer or request fills differently.
const MANY_VALUES: &[&str] = &[
    "accept-language",
    "cache-control",
    "forwarded",
    "pragma",
    "referer",
    "sec-ch-ua",
    "traceparent",
    "tracestate",
    "user-agent",
    "x-correlation-id",
    "x-csrf-token",
    "x-forwarded-for",
    "x-request-id",
    "x-xsrf-token",
];

/// Query names by which pages and mailings get round caches, or carry a login.
const BUSTERS: &[&str] = &[
    "_",
    "access_token",
    "api_key",
    "apikey",
    "cachebuster",
    "cachebust",
    "cache_buster",
    "cb",
    "csrf_token",
    "fbclid",
    "gclid",
    "id_token",
    "jwt",
    "nocache",
    "nonce",
    "rand",
    "random",
    "session",
    "session_id",
    "sessionid",
    "sid",
    "signature",
    "timestamp",
    "token",
    "ts",
];

/// Parts of names of headers and cookies that hold a login or a session.
const SESSIONS: &[&str] = &[
    "api-key", "apikey", "auth", "awsalb", "cognito", "csrf", "jwt", "sess", "token", "user-id",
    "user_id", "userid", "xsrf",
];

/// What analytics call their cookies, one for every visitor.
const VISITORS: &[&str] = &[
    "_fb", "_ga", "_gcl", "_gid", "_hj", "ajs_", "amp_", "intercom", "mp_",
];

/// Claims that differ for every login, or hold a list.
const NO_TENANT: &[&str] = &[
    "at_hash",
    "aud",
    "auth_time",
    "client_id",
    "cognito:groups",
    "event_id",
    "exp",
    "iat",
    "iss",
    "jti",
    "nonce",
    "origin_jti",
    "token_use",
];

pub(super) fn check(contract: &Contract, found: &mut Found) {
    let key = &contract.cache_key;
    naming(&contract.tenant, found);
    for (index, name) in key.headers.iter().enumerate() {
        named(&format!("cacheKey.headers[{index}]"), name, found);
        header(name, found);
    }
    for name in &key.cookies {
        if is_session(name) {
            found.push(rules::KEY_COOKIE_SESSION.at("cacheKey.cookies", &[name]));
        }
    }
    for name in &key.query_names {
        let lower = name.to_ascii_lowercase();
        if BUSTERS.contains(&lower.as_str()) || lower.starts_with("utm_") {
            found.push(rules::KEY_QUERY_BUSTER.at("cacheKey.queryNames", &[name]));
        }
    }
    let lacks = |at: &str, name: &str, list: &[String], kind: &str, found: &mut Found| {
        if !name.is_empty() && !list.iter().any(|known| known == name) {
            found.push(rules::KEY_LACKS.at(format!("{at} {name:?}"), &[&name, &kind]));
        }
    };
    lacks(
        "tenant.header",
        &contract.tenant.header,
        &key.headers,
        "headers",
        found,
    );
    for name in &contract.tenant.query_names {
        lacks(
            "tenant.queryNames",
            name,
            &key.query_names,
            "queryNames",
            found,
        );
    }
    for variant in &contract.variants {
        lacks("variants", &variant.header, &key.headers, "headers", found);
    }
    lists(key, &contract.tenant, found);
    encodings(key, found);
    sent(contract, found);
}

fn naming(tenant: &TenantNaming, found: &mut Found) {
    if tenant.prewarm_group == tenant.superadmin_group && !tenant.prewarm_group.is_empty() {
        found.push(rules::GROUPS_EQUAL.at("tenant.prewarmGroup", &[]));
    }
    for (at, group) in [
        ("tenant.superadminGroup", &tenant.superadmin_group),
        ("tenant.prewarmGroup", &tenant.prewarm_group),
    ] {
        if group.chars().any(|c| c.is_whitespace() || c.is_control()) || group.chars().count() > 128
        {
            found.push(rules::GROUP_CHARACTERS.at(at, &[group]));
        }
    }
    let claim = &tenant.claim;
    if claim.starts_with("claim:")
        || claim == "custom:"
        || claim.chars().any(|c| c.is_whitespace() || c.is_control())
    {
        found.push(rules::CLAIM_CHARACTERS.at("tenant.claim", &[claim]));
    }
    if NO_TENANT.contains(&claim.as_str()) {
        found.push(rules::CLAIM_NO_TENANT.at("tenant.claim", &[claim]));
    }
}

fn header(name: &str, found: &mut Found) {
    let at = "cacheKey.headers";
    if name == "authorization" {
        found.push(rules::KEY_AUTHORIZATION.at(at, &[&name]));
    } else if REFUSED.contains(&name) || is_unwritable(name) && !name.starts_with("cloudfront-") {
        let instead = match name {
            "accept-encoding" => "cacheKey.encodings says which encodings are entries of their own",
            "cookie" => "cacheKey.cookies lists single cookies",
            _ => "it says nothing that an answer should differ by",
        };
        found.push(rules::KEY_HEADER_REFUSED.at(at, &[&name, &instead]));
    } else if name.starts_with("cloudfront-") {
        found.push(rules::KEY_HEADER_FROM_CLOUDFRONT.at(at, &[&name]));
    } else if is_from_many(name) {
        found.push(rules::KEY_HEADER_TOO_MANY_VALUES.at(at, &[&name]));
    }
}

fn is_from_many(header: &str) -> bool {
    let has_few = header == "sec-ch-ua-mobile" || header == "sec-ch-ua-platform";
    MANY_VALUES.contains(&header)
        || header.starts_with("sec-ch-ua") && !has_few
        || SESSIONS.iter().any(|part| header.contains(part))
}

fn is_session(cookie: &str) -> bool {
    let lower = cookie.to_ascii_lowercase();
    lower == "sid"
        || lower == "uid"
        || lower.split('.').next_back() == Some("sid")
        || VISITORS.iter().any(|start| lower.starts_with(start))
        || lower == "*"
        || SESSIONS.iter().any(|part| lower.contains(part))
}

fn lists(key: &CacheKey, tenant: &TenantNaming, found: &mut Found) {
    for (at, list) in [
        ("tenant.queryNames", &tenant.query_names),
        ("cacheKey.headers", &key.headers),
        ("cacheKey.queryNames", &key.query_names),
        ("cacheKey.cookies", &key.cookies),
        ("cacheKey.encodings", &key.encodings),
        ("cacheKey.warmed", &key.warmed),
    ] {
        distinct(
            at,
            list.iter().map(String::as_str),
            &rules::KEY_NAME_TWICE,
            found,
        );
        for (index, name) in list.iter().enumerate() {
            let alike = |other: &&String| *other != name && other.eq_ignore_ascii_case(name);
            if let Some(first) = list[..index].iter().find(alike) {
                found.push(rules::KEY_NAME_ALIKE.at(at, &[first, name]));
            }
        }
        if at.starts_with("cacheKey") && list.len() > MAX_NAMES {
            found.push(rules::KEY_TOO_LONG.at(at, &[&list.len()]));
        }
        let is_bare = |byte: u8| (33..=126).contains(&byte) && !b"&=#?;,*\"<>{}\\".contains(&byte);
        if at.ends_with("queryNames") || at.ends_with("cookies") {
            for name in list.iter().filter(|name| !name.bytes().all(is_bare)) {
                found.push(rules::KEY_NAME_CHARACTERS.at(at, &[name]));
            }
        }
    }
}

fn encodings(key: &CacheKey, found: &mut Found) {
    let known = |encoding: &str| encoding == "br" || encoding == "gzip";
    for encoding in key.encodings.iter().filter(|encoding| !known(encoding)) {
        found.push(rules::UNKNOWN_ENCODING.at("cacheKey.encodings", &[encoding, &"br, gzip"]));
    }
    for encoding in &key.warmed {
        if encoding != "identity" && !key.encodings.contains(encoding) {
            found.push(rules::WARMED_NOT_IN_KEY.at("cacheKey.warmed", &[encoding]));
        }
    }
    if key.warmed.is_empty() {
        empty("cacheKey.warmed", &rules::NO_WARMED, found);
    }
}

/// Every part of the key is something that the prewarmer sends, or its entries are nobody's.
fn sent(contract: &Contract, found: &mut Found) {
    let key = &contract.cache_key;
    let owned = |name: &str| {
        name == contract.tenant.header || contract.variants.iter().any(|v| v.header == name)
    };
    for (kind, names, sent) in [
        ("headers", &key.headers, &key.sent_headers),
        ("cookies", &key.cookies, &key.sent_cookies),
    ] {
        let is_owned = |name: &str| kind == "headers" && (name == "authorization" || owned(name));
        for name in names
            .iter()
            .filter(|name| !is_owned(name) && !sent.contains_key(*name))
        {
            found.push(rules::NOT_SENT.at(format!("cacheKey.{kind}"), &[name, &kind]));
        }
        for (name, value) in sent {
            let at = format!("cacheKey.sent.{kind}.{name}");
            if is_owned(name) || !names.contains(name) {
                found.push(rules::SENT_NEEDLESSLY.at(&at, &[&kind]));
            }
            let splits = kind == "cookies" && value.contains([';', ',', ' ', '"']);
            if !is_header_value(value) || splits {
                found.push(rules::SENT_CHARACTERS.at(&at, &[value]));
            }
        }
    }
}
