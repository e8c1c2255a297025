//! Reads one JSON object of the execution input, field by field, and notes every problem.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::super::DistributionTenantId;
use super::{HandedPurge, LONGEST_INPUT, LONGEST_TEXT, Mode};
use crate::tenant::TenantId;

/// The fields of `purge`.
const PURGE_FIELDS: &[&str] = &["id", "createTime", "completedAt"];

/// One JSON object of the input, and the problems so far.
pub(super) struct Fields<'v> {
    object: &'v Map<String, Value>,
    /// What stands before a field's name in a problem.
    at: &'static str,
    pub(super) problems: Vec<String>,
}

impl<'v> Fields<'v> {
    pub(super) fn of(object: &'v Map<String, Value>, at: &'static str) -> Self {
        Self {
            object,
            at,
            problems: Vec::new(),
        }
    }

    pub(super) fn problem(&mut self, problem: String) {
        self.problems.push(problem);
    }

    pub(super) fn check_length(&mut self, given: &Value) {
        let length = given.to_string().len();
        if length > LONGEST_INPUT {
            self.problem(format!(
                "it has {length} bytes, at most {LONGEST_INPUT} are taken: \
                 name a scope in place of endpoints"
            ));
        }
    }

    pub(super) fn check_names(&mut self, known: &[&str]) {
        for field in self.object.keys() {
            if !known.contains(&field.as_str()) {
                self.problems.push(format!(
                    "{}{} is not a field of it, the fields are {}",
                    self.at,
                    excerpt(field),
                    known.join(", ")
                ));
            }
        }
    }

    /// A field's value; `null` counts as absent.
    fn value(&self, field: &str) -> Option<&'v Value> {
        self.object.get(field).filter(|value| !value.is_null())
    }

    pub(super) fn text(&mut self, field: &str, longest: usize) -> Option<String> {
        let at = self.at;
        match self.value(field)? {
            Value::String(text) if text.trim().is_empty() => {
                self.problem(format!(
                    "{at}{field} is empty: give a value or leave it out"
                ));
                None
            }
            Value::String(text) if text.chars().count() > longest => {
                self.problem(format!(
                    "{at}{field} has {} characters, at most {longest} are taken",
                    text.chars().count()
                ));
                None
            }
            Value::String(text) => Some(text.clone()),
            other => {
                let found = kind(other);
                self.problem(format!("{at}{field} is {found}, a string is expected"));
                None
            }
        }
    }

    pub(super) fn tenant(&mut self) -> Option<TenantId> {
        match self.value("tenant") {
            None => {
                self.problem("tenant is missing: name the tenant to refresh".to_owned());
                None
            }
            Some(Value::String(given)) => TenantId::parse(given)
                .map_err(|error| {
                    self.problem(format!("tenant {} is refused: {error}", excerpt(given)));
                })
                .ok(),
            Some(other) => {
                let found = kind(other);
                self.problem(format!("tenant is {found}, a string is expected"));
                None
            }
        }
    }

    pub(super) fn mode(&mut self) -> Mode {
        let Some(given) = self.text("mode", LONGEST_TEXT) else {
            return Mode::default();
        };
        let known = Mode::NAMES.iter().find(|(name, _)| *name == given);
        known.map_or_else(
            || {
                let names = Mode::NAMES.map(|(name, _)| name).join(", ");
                self.problem(format!(
                    "mode {} is unknown, the modes are {names}",
                    excerpt(&given)
                ));
                Mode::default()
            },
            |(_, mode)| *mode,
        )
    }

    pub(super) fn distribution_tenant(&mut self) -> Option<DistributionTenantId> {
        let id = self.text("distributionTenant", LONGEST_TEXT)?;
        DistributionTenantId::try_from(id.clone())
            .map_err(|error| {
                self.problem(format!("distributionTenant {} is {error}", excerpt(&id)));
            })
            .ok()
    }

    pub(super) fn endpoints(&mut self) -> Option<Vec<String>> {
        let list = match self.value("endpoints")? {
            Value::Array(list) => list,
            other => {
                let found = kind(other);
                self.problem(format!("endpoints is {found}, a list of paths is expected"));
                return None;
            }
        };
        if list.is_empty() {
            self.problem("endpoints is an empty list: name endpoints or leave it out".to_owned());
        }
        let mut paths = Vec::new();
        for (index, entry) in list.iter().enumerate() {
            match entry {
                Value::String(path) => paths.push(path.clone()),
                other => {
                    let found = kind(other);
                    self.problem(format!("endpoints[{index}] is {found}, a path is expected"));
                }
            }
        }
        Some(paths)
    }

    pub(super) fn purge(&mut self) -> Option<HandedPurge> {
        let object = match self.value("purge")? {
            Value::Object(object) => object,
            other => {
                let found = kind(other);
                self.problem(format!(
                    "purge is {found}, an object with id and createTime is expected"
                ));
                return None;
            }
        };
        let mut fields = Fields::of(object, "purge.");
        fields.check_names(PURGE_FIELDS);
        let id = fields.text("id", LONGEST_TEXT);
        let create_time = fields.time("createTime");
        let completed_at = fields.time("completedAt");
        for (field, there) in [("id", id.is_some()), ("createTime", create_time.is_some())] {
            if !there && !object.contains_key(field) {
                fields.problem(format!("purge.{field} is missing"));
            }
        }
        self.problems.append(&mut fields.problems);
        Some(HandedPurge {
            id: id?,
            create_time: create_time?,
            completed_at,
        })
    }

    fn time(&mut self, field: &str) -> Option<Timestamp> {
        let given = self.text(field, LONGEST_TEXT)?;
        given
            .parse()
            .map_err(|_| {
                self.problem(format!(
                    "{}{field} {} is not an RFC 3339 time such as 2026-05-04T03:13:44Z",
                    self.at,
                    excerpt(&given)
                ));
            })
            .ok()
    }
}

pub(super) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// Enough of a bad value to recognise it; an error message is kept for 90 days.
fn excerpt(given: &str) -> String {
    const SHOWN: usize = 80;
    match given.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{:?}…", &given[..end]),
        None => format!("{given:?}"),
    }
}
