//! Reads the contract's JSON field by field, so that every malformed field is reported and not only the
//! first. A field that cannot be read is reported, and then counts as empty.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Map, Value};

use super::json;
use super::{
    CacheKey, CachedPath, Contract, Endpoint, Probe, TenantNaming, Variant, VariantSource,
    VariantValue, VersionStamp,
};
use crate::duration;
use crate::rule::{Problem, contract as rules};
use crate::version::VersionOrder;

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

/// A place in the contract, or the contract itself.
fn whole(at: &str) -> &str {
    if at.is_empty() { "the contract" } else { at }
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

/// One JSON object of the contract, and where problems go.
struct Section<'v, 'p> {
    object: Option<&'v Map<String, Value>>,
    at: String,
    read: Vec<&'static str>,
    problems: &'p mut Vec<Problem>,
}

impl<'v, 'p> Section<'v, 'p> {
    fn new(value: &'v Value, at: &str, problems: &'p mut Vec<Problem>) -> Self {
        let object = value.as_object();
        if object.is_none() {
            problems.push(rules::NOT_AN_OBJECT.at(whole(at), &[]));
        }
        Self {
            object,
            at: at.to_owned(),
            read: Vec::new(),
            problems,
        }
    }

    fn place(&self, name: &str) -> String {
        if self.at.is_empty() {
            name.to_owned()
        } else {
            format!("{}.{name}", self.at)
        }
    }

    fn problem(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    fn skip(&mut self, name: &'static str) {
        self.read.push(name);
    }

    fn value(&mut self, name: &'static str) -> Option<&'v Value> {
        self.read.push(name);
        self.object?.get(name)
    }

    /// A field that has to be there. An object that is missing altogether is reported once.
    fn present(&mut self, name: &'static str) -> Option<&'v Value> {
        let value = self.value(name);
        if value.is_none() && self.object.is_some() {
            let at = self.place(name);
            self.problem(rules::MISSING.at(at, &[]));
        }
        value
    }

    fn text(&mut self, name: &'static str) -> String {
        match self.present(name) {
            None => String::new(),
            Some(value) => self.as_text(name, value).unwrap_or_default(),
        }
    }

    fn optional_text(&mut self, name: &'static str) -> Option<String> {
        let value = self.value(name)?;
        self.as_text(name, value)
    }

    fn as_text(&mut self, name: &str, value: &Value) -> Option<String> {
        let at = self.place(name);
        match value.as_str() {
            Some("") => {
                self.problem(rules::EMPTY.at(at, &[]));
                None
            }
            Some(text) => Some(text.to_owned()),
            None => {
                self.problem(rules::NOT_A_TEXT.at(at, &[]));
                None
            }
        }
    }

    fn texts(&mut self, name: &'static str) -> Vec<String> {
        let at = self.place(name);
        let Some(value) = self.present(name) else {
            return Vec::new();
        };
        self.as_texts(&at, value)
    }

    fn optional_texts(&mut self, name: &'static str) -> Option<Vec<String>> {
        let at = self.place(name);
        let value = self.value(name)?;
        Some(self.as_texts(&at, value))
    }

    fn text_entries(&mut self, name: &'static str) -> BTreeMap<String, String> {
        let at = self.place(name);
        let Some(value) = self.value(name) else {
            return BTreeMap::new();
        };
        let Some(object) = value.as_object() else {
            self.problem(rules::NOT_AN_OBJECT.at(at, &[]));
            return BTreeMap::new();
        };
        let mut entries = BTreeMap::new();
        for (key, value) in object {
            if let Some(text) = self.as_text(&format!("{name}.{key}"), value) {
                entries.insert(key.clone(), text);
            }
        }
        entries
    }

    fn as_texts(&mut self, at: &str, value: &Value) -> Vec<String> {
        let Some(list) = value.as_array() else {
            self.problem(rules::NOT_A_LIST.at(at, &[]));
            return Vec::new();
        };
        let mut texts = Vec::new();
        for (index, entry) in list.iter().enumerate() {
            match entry.as_str() {
                Some(text) if !text.is_empty() => texts.push(text.to_owned()),
                Some(_) => self.problem(rules::EMPTY.at(format!("{at}[{index}]"), &[])),
                None => self.problem(rules::NOT_A_TEXT.at(format!("{at}[{index}]"), &[])),
            }
        }
        texts
    }

    fn entries(&mut self, name: &'static str) -> Vec<(String, Vec<String>)> {
        let at = self.place(name);
        let Some(value) = self.value(name) else {
            return Vec::new();
        };
        let Some(object) = value.as_object() else {
            self.problem(rules::NOT_AN_OBJECT.at(at, &[]));
            return Vec::new();
        };
        object
            .iter()
            .map(|(key, list)| (key.clone(), self.as_texts(&format!("{at}.{key}"), list)))
            .collect()
    }

    fn flag(&mut self, name: &'static str, default: bool) -> bool {
        match self.value(name) {
            None => default,
            Some(Value::Bool(flag)) => *flag,
            Some(_) => {
                let at = self.place(name);
                self.problem(rules::NOT_A_FLAG.at(at, &[]));
                default
            }
        }
    }

    fn duration(&mut self, name: &'static str) -> Duration {
        let at = self.place(name);
        let text = self.text(name);
        if text.is_empty() {
            return Duration::from_secs(1);
        }
        duration::parse(&text).unwrap_or_else(|_| {
            self.problem(rules::NOT_A_DURATION.at(&at, &[&text]));
            Duration::from_secs(1)
        })
    }

    fn version_order(&mut self, name: &'static str) -> VersionOrder {
        let at = self.place(name);
        match self.text(name).as_str() {
            "integer" | "" => VersionOrder::Integer,
            "timestamp" => VersionOrder::Timestamp,
            "opaque" => VersionOrder::Opaque,
            other => {
                let known = "integer, timestamp and opaque";
                self.problem(rules::UNKNOWN_VALUE.at(&at, &[&other, &known]));
                VersionOrder::Integer
            }
        }
    }

    fn max_length(&mut self) {
        let at = self.place("maxLength");
        let Some(value) = self.present("maxLength") else {
            return;
        };
        let supported = crate::tenant::MAX_LENGTH;
        if value.as_u64() != Some(supported as u64) {
            self.problem(rules::ID_FORM.at(at, &[value, &supported]));
        }
    }

    fn section<T: Default>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&mut Section<'_, '_>) -> T,
    ) -> T {
        match self.present(name) {
            None => T::default(),
            Some(value) => self.inner(&self.place(name), value, read),
        }
    }

    fn optional_section<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&mut Section<'_, '_>) -> T,
    ) -> Option<T> {
        let value = self.value(name)?;
        Some(self.inner(&self.place(name), value, read))
    }

    fn sections<T>(
        &mut self,
        name: &'static str,
        read: impl Fn(&mut Section<'_, '_>) -> T,
    ) -> Vec<T> {
        let at = self.place(name);
        match self.present(name).map(|value| (value, value.as_array())) {
            None => Vec::new(),
            Some((_, Some(list))) => list
                .iter()
                .enumerate()
                .map(|(index, value)| self.inner(&format!("{at}[{index}]"), value, &read))
                .collect(),
            Some((_, None)) => {
                self.problem(rules::NOT_A_LIST.at(at, &[]));
                Vec::new()
            }
        }
    }

    fn inner<T>(
        &mut self,
        at: &str,
        value: &Value,
        read: impl FnOnce(&mut Section<'_, '_>) -> T,
    ) -> T {
        let mut section = Section::new(value, at, self.problems);
        let read = read(&mut section);
        section.end();
        read
    }

    fn end(&mut self) {
        let Some(object) = self.object else { return };
        for name in object.keys() {
            if !self.read.contains(&name.as_str()) {
                let at = self.place(name);
                let known = self.read.join(", ");
                self.problem(rules::UNKNOWN_FIELD.at(at, &[&known]));
            }
        }
    }
}
