//! Reads the contract's JSON field by field, so that every malformed field is reported and not only the
//! first. A field that cannot be read is reported, and then counts as empty.

use serde_json::Value;

use super::json;
use super::section::{Section, whole};
use super::{
    CacheKey, CachedPath, Contract, Endpoint, Probe, TenantNaming, Variant, VariantSource,
    VariantValue, VersionStamp,
};
use crate::rule::{Problem, contract as rules};

/// What `tenant.id` has to say: the canonical form that this version implements.
const ID_PATTERN: &str = "[a-z0-9][a-z0-9._-]*";
/// The prewarmer's group where the contract names none.
const PREWARM_GROUP: &str = "prewarm";

/// Reads what can be read of a contract, and notes the rest; nothing where it is not JSON.
pub(crate) fn read(given: &str, problems: &mut Vec<Problem>) -> Option<Contract> {
    match json::read(given) {
        Ok((document, twice)) => {
            for (at, name) in twice {
                problems.push(rules::KEY_TWICE.at(whole(&at), &[&name]));
            }
            Some(read_contract(&document, problems))
        }
        Err(error) => {
            problems.push(rules::NOT_JSON.at(whole(""), &[&error]));
            None
        }
    }
}

fn read_contract(document: &Value, problems: &mut Vec<Problem>) -> Contract {
    let mut root = Section::new(document, "", problems);
    root.skip("$schema");
    let contract = Contract {
        tag_header: root.text("tagHeader"),
        previous_tag_header: root.optional_text("previousTagHeader"),
        tag_prefix: root.text("tagPrefix"),
        tenant: root.section("tenant", read_tenant),
        cache_key: root.section("cacheKey", read_cache_key),
        variants: root.sections("variants", read_variant),
        version: root.optional_section("version", |section| VersionStamp {
            header: section.text("header"),
            order: section.version_order("order"),
            tags: section.flag("tags", true),
        }),
        paths: root.sections("paths", |section| CachedPath {
            pattern: section.text("pattern"),
            default_ttl: section.duration("defaultTtl"),
            max_ttl: section.duration("maxTtl"),
        }),
        scopes: root.entries("scopes").into_iter().collect(),
        endpoints: root.sections("endpoints", |section| Endpoint {
            path: section.text("path"),
            scope: section.optional_text("scope"),
            timeout: section.duration("timeout"),
            required: section.flag("required", true),
            tenant_pointer: section.optional_text("tenantPointer"),
        }),
        probe: root.optional_section("probe", |section| Probe {
            path: section.text("path"),
            timeout: section.duration("timeout"),
        }),
        migration_paths: root
            .optional_section("migration", |section| section.texts("paths"))
            .unwrap_or_default(),
    };
    root.end();
    contract
}

fn read_tenant(section: &mut Section<'_, '_>) -> TenantNaming {
    section.optional_section("id", |id| {
        let at = id.place("pattern");
        let pattern = id.text("pattern");
        if !pattern.is_empty() && pattern != ID_PATTERN {
            id.problem(
                rules::ID_FORM.at(at, &[&format!("{pattern:?}"), &format!("{ID_PATTERN:?}")]),
            );
        }
        id.max_length();
    });
    TenantNaming {
        header: section.text("header"),
        query_names: section.texts("queryNames"),
        claim: section.text("claim"),
        superadmin_group: section.text("superadminGroup"),
        prewarm_group: section
            .optional_text("prewarmGroup")
            .unwrap_or_else(|| PREWARM_GROUP.to_owned()),
        response_header: section.optional_text("responseHeader"),
    }
}

fn read_cache_key(section: &mut Section<'_, '_>) -> CacheKey {
    let encodings = section.texts("encodings");
    let warmed = section
        .optional_texts("warmed")
        .unwrap_or_else(|| vec![best_of(&encodings).to_owned()]);
    let sent = section.optional_section("sent", |sent| {
        (sent.text_entries("headers"), sent.text_entries("cookies"))
    });
    let (sent_headers, sent_cookies) = sent.unwrap_or_default();
    CacheKey {
        headers: section.texts("headers"),
        query_names: section.texts("queryNames"),
        cookies: section.texts("cookies"),
        encodings,
        warmed,
        sent_headers,
        sent_cookies,
    }
}

/// The encoding that browsers prefer of those in the key.
fn best_of(encodings: &[String]) -> &'static str {
    ["br", "gzip"]
        .into_iter()
        .find(|known| encodings.iter().any(|encoding| encoding == known))
        .unwrap_or("identity")
}

fn read_variant(section: &mut Section<'_, '_>) -> Variant {
    Variant {
        header: section.text("header"),
        from: VariantSource::parse(&section.text("from")),
        default: section.text("default"),
        values: section.sections("values", |value| VariantValue {
            value: value.text("value"),
            matches: value.texts("matches"),
            send: value.optional_text("send"),
            prewarm: value.flag("prewarm", true),
        }),
    }
}
