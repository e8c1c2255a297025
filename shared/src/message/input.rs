//! The execution input: what a person or a refresh job asks for.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::failure::{ErrorName, Failure};
use crate::tenant::TenantId;

/// What to refresh. Only `tenant` has to be given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExecutionInput {
    /// Whose cached responses.
    pub tenant: TenantId,
    /// Only this scope of the contract.
    pub scope: Option<String>,
    /// The data version that fresh responses have, or a later one.
    pub expected_version: Option<String>,
    /// Only these endpoints of the contract are requested again (the purge is not narrowed).
    pub endpoints: Option<Vec<String>>,
    /// The distribution tenant (`dt_…`) to purge, for a multi-tenant distribution.
    pub distribution_tenant: Option<String>,
    /// For the person who reads the console.
    pub reason: Option<String>,
}

/// The fields of the execution input.
const FIELDS: &[&str] = &[
    "tenant",
    "scope",
    "expectedVersion",
    "endpoints",
    "distributionTenant",
    "reason",
];

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
            return Err(InvalidExecutionInput {
                problems: vec![format!(
                    "it is {}, an object such as {{\"tenant\":\"acme\"}} is expected",
                    kind(given)
                )],
            });
        };
        let mut problems = Vec::new();
        for field in object.keys() {
            if !FIELDS.contains(&field.as_str()) {
                problems.push(format!(
                    "{field:?} is not a field of it, the fields are {}",
                    FIELDS.join(", ")
                ));
            }
        }
        let mut text = |field: &str| match object.get(field) {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) if text.trim().is_empty() && field != "tenant" => {
                problems.push(format!("{field} is empty: give a value or leave it out"));
                None
            }
            Some(Value::String(text)) => Some(text.clone()),
            Some(other) => {
                problems.push(format!("{field} is {}, a string is expected", kind(other)));
                None
            }
        };
        let scope = text("scope");
        let expected_version = text("expectedVersion");
        let distribution_tenant = text("distributionTenant");
        let reason = text("reason");
        let tenant = text("tenant");
        let tenant = match (tenant, object.get("tenant")) {
            (Some(given), _) => TenantId::parse(&given)
                .map_err(|error| {
                    problems.push(format!("tenant {} is refused: {error}", excerpt(&given)));
                })
                .ok(),
            (None, None | Some(Value::Null)) => {
                problems.push("tenant is missing: name the tenant to refresh".to_owned());
                None
            }
            (None, Some(_)) => None,
        };
        let endpoints = endpoints(object.get("endpoints"), &mut problems);
        match tenant {
            Some(tenant) if problems.is_empty() => Ok(Self {
                tenant,
                scope,
                expected_version,
                endpoints,
                distribution_tenant,
                reason,
            }),
            _ => Err(InvalidExecutionInput { problems }),
        }
    }
}

fn endpoints(given: Option<&Value>, problems: &mut Vec<String>) -> Option<Vec<String>> {
    let list = match given {
        None | Some(Value::Null) => return None,
        Some(Value::Array(list)) => list,
        Some(other) => {
            problems.push(format!(
                "endpoints is {}, a list of paths is expected",
                kind(other)
            ));
            return None;
        }
    };
    if list.is_empty() {
        problems.push("endpoints is an empty list: name endpoints or leave it out".to_owned());
    }
    let mut paths = Vec::new();
    for (index, entry) in list.iter().enumerate() {
        match entry {
            Value::String(path) => paths.push(path.clone()),
            other => problems.push(format!(
                "endpoints[{index}] is {}, a path is expected",
                kind(other)
            )),
        }
    }
    Some(paths)
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
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn tenant_alone_is_enough() {
        let input = ExecutionInput::parse(&json!({"tenant": "ACME"})).unwrap();
        assert_eq!(input.tenant.as_str(), "acme");
        assert_eq!(input.endpoints, None);
    }

    #[test]
    fn reports_every_problem_together() {
        let error = ExecutionInput::parse(&json!({
            "tenant": 7, "scope": "", "endpoints": ["/a", 3], "tenat": "acme"
        }))
        .unwrap_err();
        let message = error.to_string();
        assert_eq!(error.problems.len(), 4, "{message}");
        for part in [
            "tenant is a number",
            "scope is empty",
            "endpoints[1]",
            "\"tenat\"",
        ] {
            assert!(message.contains(part), "{message}");
        }
    }

    #[test]
    fn names_the_refused_tenant() {
        for bad in ["", "acme corp", "acme,beta", "../x", "#x", "🦀", "a\u{7}"] {
            let message = ExecutionInput::parse(&json!({"tenant": bad}))
                .unwrap_err()
                .to_string();
            assert!(
                message.contains(&format!("tenant {bad:?} is refused")),
                "{message}"
            );
        }
        let long = "a".repeat(5_000);
        let message = ExecutionInput::parse(&json!({"tenant": long}))
            .unwrap_err()
            .to_string();
        assert!(message.len() < 400 && message.contains("5000"), "{message}");
    }

    #[test]
    fn missing_tenant_and_other_shapes_are_named() {
        for (given, part) in [
            (json!({}), "tenant is missing"),
            (json!({"tenant": null}), "tenant is missing"),
            (json!([]), "it is a list"),
            (json!("acme"), "it is a string"),
            (json!(null), "it is null"),
        ] {
            let message = ExecutionInput::parse(&given).unwrap_err().to_string();
            assert!(message.contains(part), "{message}");
        }
    }
}
