//! A section of the contract's JSON, read field by field.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Map, Value};

use crate::duration;
use crate::rule::{Problem, contract as rules};
use crate::version::VersionOrder;

/// One JSON object of the contract, and where problems go.
pub(super) struct Section<'v, 'p> {
    object: Option<&'v Map<String, Value>>,
    at: String,
    read: Vec<&'static str>,
    problems: &'p mut Vec<Problem>,
}

impl<'v, 'p> Section<'v, 'p> {
    pub(super) fn new(value: &'v Value, at: &str, problems: &'p mut Vec<Problem>) -> Self {
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

    pub(super) fn place(&self, name: &str) -> String {
        if self.at.is_empty() {
            name.to_owned()
        } else {
            format!("{}.{name}", self.at)
        }
    }

    pub(super) fn problem(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    pub(super) fn skip(&mut self, name: &'static str) {
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

    pub(super) fn text(&mut self, name: &'static str) -> String {
        match self.present(name) {
            None => String::new(),
            Some(value) => self.as_text(name, value).unwrap_or_default(),
        }
    }

    pub(super) fn optional_text(&mut self, name: &'static str) -> Option<String> {
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

    pub(super) fn texts(&mut self, name: &'static str) -> Vec<String> {
        let at = self.place(name);
        let Some(value) = self.present(name) else {
            return Vec::new();
        };
        self.as_texts(&at, value)
    }

    pub(super) fn optional_texts(&mut self, name: &'static str) -> Option<Vec<String>> {
        let at = self.place(name);
        let value = self.value(name)?;
        Some(self.as_texts(&at, value))
    }

    pub(super) fn text_entries(&mut self, name: &'static str) -> BTreeMap<String, String> {
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

    pub(super) fn entries(&mut self, name: &'static str) -> Vec<(String, Vec<String>)> {
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

    pub(super) fn flag(&mut self, name: &'static str, default: bool) -> bool {
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

    pub(super) fn duration(&mut self, name: &'static str) -> Duration {
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

    pub(super) fn version_order(&mut self, name: &'static str) -> VersionOrder {
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

    pub(super) fn max_length(&mut self) {
        let at = self.place("maxLength");
        let Some(value) = self.present("maxLength") else {
            return;
        };
        let supported = crate::tenant::MAX_LENGTH;
        if value.as_u64() != Some(supported as u64) {
            self.problem(rules::ID_FORM.at(at, &[value, &supported]));
        }
    }

    pub(super) fn section<T: Default>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&mut Section<'_, '_>) -> T,
    ) -> T {
        match self.present(name) {
            None => T::default(),
            Some(value) => self.inner(&self.place(name), value, read),
        }
    }

    pub(super) fn optional_section<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&mut Section<'_, '_>) -> T,
    ) -> Option<T> {
        let value = self.value(name)?;
        Some(self.inner(&self.place(name), value, read))
    }

    pub(super) fn sections<T>(
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

    pub(super) fn end(&mut self) {
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

/// A place in the contract, or the contract itself.
pub(super) fn whole(at: &str) -> &str {
    if at.is_empty() { "the contract" } else { at }
}
