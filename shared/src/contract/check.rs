//! The rules between the contract's fields. Each problem names the place and the mend.
//! Empty texts are skipped: they were noted when they were read.

use std::collections::HashSet;

use super::{Contract, Endpoint, MAX_VARIANTS, TENANT_PLACEHOLDER, VariantSource, without_query};
use crate::path_pattern;
use crate::tenant;
use crate::version;

/// Longest cache tag (CloudFront Developer Guide, "Invalidate by cache tag").
const MAX_TAG_LENGTH: usize = 256;
/// Tags that CloudFront reads of a response (same page).
const MAX_TAGS: usize = 50;
/// Longest URL that CloudFront takes (quotas page).
const MAX_PATH_LENGTH: usize = 8_192;
/// Wildcard paths that may be in progress per distribution (quotas page).
const MAX_WILDCARDS: usize = 15;

pub(super) fn check(contract: &Contract, problems: &mut Vec<String>) {
    let mut note = |problem: String| problems.push(problem);
    tags(contract, &mut note);
    key(contract, &mut note);
    variants(contract, &mut note);
    paths(contract, &mut note);
    endpoints(contract, &mut note);
    migration(contract, &mut note);
}

fn tags(contract: &Contract, note: &mut impl FnMut(String)) {
    header("tagHeader", &contract.tag_header, note);
    if let Some(previous) = &contract.previous_tag_header {
        header("previousTagHeader", previous, note);
        if *previous == contract.tag_header {
            note("previousTagHeader equals tagHeader: leave it out when no rename is on".into());
        }
    }
    let prefix = &contract.tag_prefix;
    if !prefix
        .bytes()
        .all(|byte| (33..=126).contains(&byte) && byte != b',')
    {
        note(format!(
            "tagPrefix {prefix:?} has a character that no cache tag may have"
        ));
    }
    let scope = contract.scopes.keys().map(String::len).max().unwrap_or(0);
    let versions = contract.version.as_ref().is_some_and(|stamp| stamp.tags);
    let version = if versions { 1 + version::MAX_LENGTH } else { 0 };
    let longest = prefix.len() + tenant::MAX_LENGTH + 1 + scope + version;
    if longest > MAX_TAG_LENGTH {
        note(format!(
            "tagPrefix and the longest scope name make tags of {longest} characters, \
             CloudFront takes {MAX_TAG_LENGTH}"
        ));
    }
    let tags = (contract.scopes.len() + 1) * if versions { 2 } else { 1 };
    if tags > MAX_TAGS {
        note(format!(
            "scopes can give a response {tags} tags, CloudFront reads {MAX_TAGS}: merge scopes, or \
             set \"tags\": false in version"
        ));
    }
    for (name, patterns) in &contract.scopes {
        if !is_name(name) {
            note(format!(
                "scopes.{name}: a scope name has only a-z, 0-9, '-' and '_'"
            ));
        }
        if patterns.is_empty() {
            note(format!("scopes.{name} has no path pattern"));
        }
        for pattern in patterns {
            path_start(&format!("scopes.{name}"), pattern, note);
        }
    }
}

fn key(contract: &Contract, note: &mut impl FnMut(String)) {
    let tenant = &contract.tenant;
    header("tenant.header", &tenant.header, note);
    if let Some(name) = &tenant.response_header {
        header("tenant.responseHeader", name, note);
    }
    if let Some(version) = &contract.version {
        header("version.header", &version.header, note);
    }
    if tenant.prewarm_group == tenant.superadmin_group {
        note(
            "tenant.prewarmGroup equals tenant.superadminGroup: give the prewarmer a group that may \
             do nothing but name tenants"
                .into(),
        );
    }
    sent(contract, note);
    let key = &contract.cache_key;
    for (index, name) in key.headers.iter().enumerate() {
        header(&format!("cacheKey.headers[{index}]"), name, note);
        if name.eq_ignore_ascii_case("authorization") {
            note(
                "cacheKey.headers names authorization: every token would have its own copy and \
                 prewarming would help nobody"
                    .into(),
            );
        }
    }
    in_key(
        "tenant.header",
        &tenant.header,
        &key.headers,
        "headers",
        note,
    );
    for name in &tenant.query_names {
        in_key(
            "tenant.queryNames",
            name,
            &key.query_names,
            "queryNames",
            note,
        );
    }
    for variant in &contract.variants {
        in_key("variants", &variant.header, &key.headers, "headers", note);
    }
    for encoding in &key.encodings {
        if encoding != "br" && encoding != "gzip" {
            note(format!(
                "cacheKey.encodings has {encoding:?}, CloudFront knows br and gzip"
            ));
        }
    }
    for encoding in &key.warmed {
        if encoding != "identity" && !key.encodings.contains(encoding) {
            note(format!(
                "cacheKey.warmed has {encoding:?}, which is neither in cacheKey.encodings nor identity"
            ));
        }
    }
    if key.warmed.is_empty() {
        note("cacheKey.warmed is empty: name the encoding that most people get".into());
    }
    for (at, list) in [
        ("tenant.queryNames", &tenant.query_names),
        ("cacheKey.headers", &key.headers),
        ("cacheKey.queryNames", &key.query_names),
        ("cacheKey.cookies", &key.cookies),
        ("cacheKey.encodings", &key.encodings),
        ("cacheKey.warmed", &key.warmed),
    ] {
        distinct(at, list.iter().map(String::as_str), note);
    }
}

/// Every part of the key is something that the prewarmer sends, or its entries are nobody's.
fn sent(contract: &Contract, note: &mut impl FnMut(String)) {
    let key = &contract.cache_key;
    let owned = |name: &str| {
        name == contract.tenant.header || contract.variants.iter().any(|v| v.header == name)
    };
    for (at, names, sent) in [
        ("headers", &key.headers, &key.sent_headers),
        ("cookies", &key.cookies, &key.sent_cookies),
    ] {
        let is_owned = |name: &String| at == "headers" && owned(name);
        for name in names
            .iter()
            .filter(|name| !is_owned(name) && !sent.contains_key(*name))
        {
            note(format!(
                "cacheKey.{at} has {name:?}, which the prewarmer does not send: say what it sends \
                 in cacheKey.sent.{at}"
            ));
        }
        for (name, value) in sent {
            if is_owned(name) || !names.contains(name) {
                note(format!(
                    "cacheKey.sent.{at}.{name} is not for the prewarmer to send: name a part of \
                     cacheKey.{at} that is neither the tenant's nor a variant's"
                ));
            }
            if !value.bytes().all(|byte| (32..=126).contains(&byte)) {
                note(format!(
                    "cacheKey.sent.{at}.{name} has a character that no header may have"
                ));
            }
        }
    }
}

fn variants(contract: &Contract, note: &mut impl FnMut(String)) {
    distinct(
        "variants",
        contract.variants.iter().map(|v| v.header.as_str()),
        note,
    );
    let mut product = 1_usize;
    for (index, variant) in contract.variants.iter().enumerate() {
        let at = format!("variants[{index}]");
        header(&format!("{at}.header"), &variant.header, note);
        match &variant.from {
            VariantSource::Header(name) => header(&format!("{at}.from"), name, note),
            VariantSource::Claim(name) if name.is_empty() => {
                note(format!(
                    "{at}.from names no claim: write it after \"claim:\""
                ));
            }
            VariantSource::Claim(_) => {}
        }
        if variant.header == contract.tenant.header {
            note(format!(
                "{at}.header is the tenant header: choose another name"
            ));
        }
        let values = || variant.values.iter().map(|value| value.value.as_str());
        distinct(&format!("{at}.values"), values(), note);
        if !variant.default.is_empty() && !values().any(|value| value == variant.default) {
            note(format!(
                "{at}.default {:?} is not among its values",
                variant.default
            ));
        }
        let warmed = variant.values.iter().filter(|value| value.prewarm).count();
        if warmed == 0 {
            note(format!("{at} has no value that is prewarmed"));
        }
        product = product.saturating_mul(warmed.max(1));
        for value in &variant.values {
            let visible = |byte: u8| (32..=126).contains(&byte);
            match (&variant.from, &value.send) {
                (VariantSource::Header(_), None) => note(format!(
                    "{at}: value {:?} has no send: say what the prewarmer sends to get it",
                    value.value
                )),
                (VariantSource::Claim(_), Some(_)) => note(format!(
                    "{at}: value {:?} has send, and a claim is not sent: leave it out",
                    value.value
                )),
                _ => {}
            }
            let send = value.send.as_deref().unwrap_or_default();
            if !value.value.bytes().chain(send.bytes()).all(visible) {
                note(format!(
                    "{at}: value {:?} has a character that no header may have",
                    value.value
                ));
            }
        }
    }
    if product > MAX_VARIANTS {
        note(format!(
            "variants make {product} copies of each endpoint, at most {MAX_VARIANTS} are \
             prewarmed: set \"prewarm\": false on rare values"
        ));
    }
}

fn paths(contract: &Contract, note: &mut impl FnMut(String)) {
    if contract.paths.is_empty() {
        note("paths is empty: name at least one pattern whose responses are cached".into());
    }
    distinct(
        "paths",
        contract.paths.iter().map(|p| p.pattern.as_str()),
        note,
    );
    for (index, path) in contract.paths.iter().enumerate() {
        let at = format!("paths[{index}]");
        path_start(&format!("{at}.pattern"), &path.pattern, note);
        if path.default_ttl > path.max_ttl {
            note(format!("{at}.defaultTtl is longer than its maxTtl"));
        }
    }
}

fn endpoints(contract: &Contract, note: &mut impl FnMut(String)) {
    if contract.endpoints.is_empty() {
        note("endpoints is empty: name what people open first".into());
    }
    distinct(
        "endpoints",
        contract.endpoints.iter().map(|e| e.path.as_str()),
        note,
    );
    for (index, endpoint) in contract.endpoints.iter().enumerate() {
        let at = format!("endpoints[{index}]");
        request_path(&format!("{at}.path"), &endpoint.path, note);
        endpoint_in_key(&at, endpoint, contract, note);
        if let Some(scope) = &endpoint.scope {
            if !contract.scopes.contains_key(scope) {
                note(format!("{at}.scope {scope:?} is not among the scopes"));
            } else if !contract.in_scope(scope, &endpoint.path) {
                note(format!(
                    "{at}.path matches no pattern of its scope {scope:?}: a purge of the scope \
                     would miss it"
                ));
            }
        }
        if let Some(pointer) = &endpoint.tenant_pointer {
            let escapes_hold = pointer
                .split('~')
                .skip(1)
                .all(|rest| rest.starts_with(['0', '1']));
            if !pointer.starts_with('/') || !escapes_hold {
                note(format!(
                    "{at}.tenantPointer {pointer:?} is not a JSON pointer such as /tenant"
                ));
            }
        }
    }
    if let Some(probe) = &contract.probe {
        request_path("probe.path", &probe.path, note);
        if contract.version.is_none() {
            note("probe is of no use without version: name the header that it answers with".into());
        }
    }
}

fn endpoint_in_key(
    at: &str,
    endpoint: &Endpoint,
    contract: &Contract,
    note: &mut impl FnMut(String),
) {
    let cached = contract
        .paths
        .iter()
        .any(|path| path_pattern::matches(&path.pattern, without_query(&endpoint.path)));
    if !cached && !endpoint.path.is_empty() && !contract.paths.is_empty() {
        note(format!(
            "{at}.path matches none of paths: it would not be cached"
        ));
    }
    let Some((_, query)) = endpoint.path.split_once('?') else {
        return;
    };
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let name = pair.split_once('=').map_or(pair, |(name, _)| name);
        if !contract
            .cache_key
            .query_names
            .iter()
            .any(|known| known == name)
        {
            note(format!(
                "{at}.path has the query name {name:?}, which is not in cacheKey.queryNames: \
                 answers that differ in it would share one entry"
            ));
        }
    }
}

fn migration(contract: &Contract, note: &mut impl FnMut(String)) {
    let paths = &contract.migration_paths;
    for (index, path) in paths.iter().enumerate() {
        let at = format!("migration.paths[{index}]");
        path_start(&at, path, note);
        if !path.contains(TENANT_PLACEHOLDER) {
            note(format!(
                "{at} {path:?} has no {TENANT_PLACEHOLDER}: it would purge every tenant"
            ));
        }
        if path.trim_end_matches('*').contains('*') || path.ends_with("**") {
            note(format!(
                "{at} {path:?}: a wildcard stands only once and last in an invalidation path"
            ));
        }
        if path.contains(char::is_whitespace) || !path.is_ascii() {
            note(format!(
                "{at} {path:?} has a character that must be percent-encoded"
            ));
        }
    }
    distinct("migration.paths", paths.iter().map(String::as_str), note);
    let wildcards = paths.iter().filter(|path| path.ends_with('*')).count();
    if wildcards > MAX_WILDCARDS {
        note(format!(
            "migration.paths has {wildcards} wildcards, CloudFront has at most {MAX_WILDCARDS} \
             in progress"
        ));
    }
}

/// A path that is requested: it must stay on the distribution's host, byte for byte.
fn request_path(at: &str, path: &str, note: &mut impl FnMut(String)) {
    if path.is_empty() {
        return;
    }
    let filled = path.replace(TENANT_PLACEHOLDER, "a");
    let problem = if !path.starts_with('/') {
        "does not begin with /"
    } else if path.starts_with("//") {
        "begins with //, which names another host"
    } else if path.len() > MAX_PATH_LENGTH {
        "is longer than the 8192 bytes that CloudFront takes"
    } else if filled.contains(['{', '}']) {
        "has braces that are not {tenant}"
    } else if filled.contains('#') {
        "has a fragment, which no request carries"
    } else if !filled.bytes().all(|byte| (33..=126).contains(&byte))
        || filled.contains(['\\', '"', '<', '>', '`', '^', '|'])
    {
        "has a character that must be percent-encoded"
    } else if without_query(&filled).split('/').any(is_dot_segment) {
        "has a . or .. segment, which clients resolve away"
    } else {
        return;
    };
    note(format!("{at} {path:?} {problem}"));
}

fn is_dot_segment(segment: &str) -> bool {
    let decoded = segment.to_ascii_lowercase().replace("%2e", ".");
    decoded == "." || decoded == ".."
}

fn path_start(at: &str, pattern: &str, note: &mut impl FnMut(String)) {
    if !pattern.is_empty() && !pattern.starts_with('/') {
        note(format!("{at} {pattern:?} does not begin with /"));
    }
}

fn header(at: &str, name: &str, note: &mut impl FnMut(String)) {
    let token = |byte: u8| {
        byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"!#$%&'*+-.^_`|~".contains(&byte)
    };
    if !name.is_empty() && (!name.bytes().all(token) || name.len() > 255) {
        note(format!("{at} {name:?} is not a lower-case header name"));
    }
}

fn in_key(at: &str, name: &str, key: &[String], list: &str, note: &mut impl FnMut(String)) {
    if !name.is_empty() && !key.iter().any(|known| known == name) {
        note(format!("{at}: {name:?} is not in cacheKey.{list}, add it"));
    }
}

fn distinct<'a>(at: &str, names: impl Iterator<Item = &'a str>, note: &mut impl FnMut(String)) {
    let mut seen = HashSet::new();
    for name in names.filter(|name| !name.is_empty()) {
        if !seen.insert(name) {
            note(format!("{at} has {name:?} twice"));
        }
    }
}

fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte))
}
