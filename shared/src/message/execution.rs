//! The part of the Step Functions context object that steps use.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// `$$.Execution`, passed whole because `RedriveCount` is absent on some engines, and a path to an
/// absent field fails the execution. It carries the execution input along; Preflight bounds that.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Execution {
    /// The execution's ARN.
    pub id: String,
    /// The execution input as it came; only Preflight reads it.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub input: Value,
    /// How often the execution was redriven.
    #[serde(default)]
    pub redrive_count: u32,
}

impl Execution {
    /// An execution whose input does not matter.
    #[must_use]
    pub fn new(id: impl Into<String>, redrive_count: u32) -> Self {
        Self {
            id: id.into(),
            input: Value::Null,
            redrive_count,
        }
    }
}
