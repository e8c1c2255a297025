//! The execution input: what a person or a refresh job asks for.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{DistributionTenantId, Purpose};
use crate::failure::{ErrorName, Failure};
use crate::tenant::TenantId;

/// What to refresh. Only `tenant` has to be given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExecutionInput {
    /// Whose cached responses.
    pub tenant: TenantId,
    /// What the run does.
    pub mode: Mode,
    /// Only this scope of the contract.
    pub scope: Option<String>,
    /// The data version that fresh responses have, or a later one.
    pub expected_version: Option<String>,
    /// Only these endpoints of the contract are requested (the purge is not narrowed).
    pub endpoints: Option<Vec<String>>,
    /// The distribution tenant (`dt_…`) to purge, for a multi-tenant distribution.
    pub distribution_tenant: Option<DistributionTenantId>,
    /// An invalidation that somebody else made, and that covers the tenant: the run makes none of
    /// its own unless something turns out to be stale.
    pub purge: Option<HandedPurge>,
    /// For the person who reads the console.
    pub reason: Option<String>,
}

/// What a run does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Mode {
    /// Purges, fills and proves.
    #[default]
    Refresh,
    /// Fills what is missing, and proves. Cannot purge.
    Warm,
    /// Looks. Neither purges nor fills.
    Verify,
}

impl Mode {
    /// Every mode with its name in messages.
    pub const NAMES: [(&'static str, Self); 3] = [
        ("refresh", Self::Refresh),
        ("warm", Self::Warm),
        ("verify", Self::Verify),
    ];

    /// What the first request to a target is for.
    #[must_use]
    pub fn first_purpose(self) -> Purpose {
        match self {
            Self::Refresh | Self::Warm => Purpose::Fill,
            Self::Verify => Purpose::Look,
        }
    }

    /// Its name in messages.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        let is_it = |(_, mode): &&(&str, Self)| *mode == self;
        Self::NAMES.iter().find(is_it).map_or("", |(name, _)| name)
    }
}

/// An invalidation that somebody else made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandedPurge {
    /// CloudFront's id of it.
    pub id: String,
    /// When CloudFront accepted it.
    pub create_time: Timestamp,
    /// When it was seen to be complete, if it was.
    pub completed_at: Option<Timestamp>,
}

/// The fields of the execution input.
const FIELDS: &[&str] = &[
    "tenant",
    "mode",
    "scope",
    "expectedVersion",
    "endpoints",
    "distributionTenant",
    "purge",
    "reason",
];
/// The fields of `purge`.
const PURGE_FIELDS: &[&str] = &["id", "createTime", "completedAt"];

/// Longest execution input, in bytes of JSON. Step Functions carries 262,144 from state to state;
/// the context object carries the input beside the state.
pub const LONGEST_INPUT: usize = 32_768;
/// Longest text of a field that is not listed below.
const LONGEST_TEXT: usize = 64;
/// Longest `reason`.
const LONGEST_REASON: usize = 256;

/// Everything that is wrong with an execution input.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the execution input is wrong: {}", problems.join("; "))]
pub struct InvalidExecutionInput {
    /// One sentence per problem, each naming its field.
    pub problems: Vec<String>,
}

impl Failure for InvalidExecutionInput {
    fn name(&self) -> ErrorName {
        ErrorName::InvalidInput
    }
}

impl ExecutionInput {
    /// Reads the input and reports every problem together. A field that is `null` counts as absent.
    pub fn parse(given: &Value) -> Result<Self, InvalidExecutionInput> {
        let Some(object) = given.as_object() else {
            let problem = format!(
                "it is {}, an object such as {{\"tenant\":\"acme\"}} is expected",
                kind(given)
            );
            return Err(InvalidExecutionInput {
                problems: vec![problem],
            });
        };
        let mut fields = Fields {
            object,
            at: "",
            problems: Vec::new(),
        };
        fields.check_length(given);
        fields.check_names(FIELDS);
        let read = Self::read(&mut fields);
        match read {
            Some(input) if fields.problems.is_empty() => Ok(input),
            _ => Err(InvalidExecutionInput {
                problems: fields.problems,
            }),
        }
    }

    /// What could be read; `None` where there is no tenant.
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let tenant = fields.tenant();
        let mode = fields.mode();
        let scope = fields.text("scope", LONGEST_TEXT);
        let expected_version = fields.text("expectedVersion", LONGEST_TEXT);
        let distribution_tenant = fields.distribution_tenant();
        let reason = fields.text("reason", LONGEST_REASON);
        let endpoints = fields.endpoints();
        let purge = fields.purge();
        if purge.is_some() && mode != Mode::Refresh {
            fields.problem(format!(
                "purge is given, and mode {:?} waits for no purge: leave one of them out",
                mode.as_str()
            ));
        }
        Some(Self {
            tenant: tenant?,
            mode,
            scope,
            expected_version,
            endpoints,
            distribution_tenant,
            purge,
            reason,
        })
    }
}

/// One JSON object of the input, and the problems so far.
struct Fields<'v> {
    object: &'v Map<String, Value>,
    /// What stands before a field's name in a problem.
    at: &'static str,
    problems: Vec<String>,
}

impl<'v> Fields<'v> {
    fn problem(&mut self, problem: String) {
        self.problems.push(problem);
    }

    fn check_length(&mut self, given: &Value) {
        let length = given.to_string().len();
        if length > LONGEST_INPUT {
            self.problem(format!(
                "it has {length} bytes, at most {LONGEST_INPUT} are taken: \
                 name a scope in place of endpoints"
            ));
        }
    }

    fn check_names(&mut self, known: &[&str]) {
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

    fn text(&mut self, field: &str, longest: usize) -> Option<String> {
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

    fn tenant(&mut self) -> Option<TenantId> {
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

    fn mode(&mut self) -> Mode {
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

    fn distribution_tenant(&mut self) -> Option<DistributionTenantId> {
        let id = self.text("distributionTenant", LONGEST_TEXT)?;
        DistributionTenantId::try_from(id.clone())
            .map_err(|error| {
                self.problem(format!("distributionTenant {} is {error}", excerpt(&id)));
            })
            .ok()
    }

    fn endpoints(&mut self) -> Option<Vec<String>> {
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

    fn purge(&mut self) -> Option<HandedPurge> {
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
        let mut fields = Fields {
            object,
            at: "purge.",
            problems: Vec::new(),
        };
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

fn kind(value: &Value) -> &'static str {
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

#[cfg(test)]
mod tests;
