//! The part of the Step Functions context object that steps use.

use serde::{Deserialize, Serialize};

/// `$$.Execution`, passed whole because `RedriveCount` is absent on some engines, and a path to an
/// absent field fails the execution. Other fields, the input among them, are ignored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Execution {
    /// The execution's ARN.
    pub id: String,
    /// How often the execution was redriven.
    #[serde(default)]
    pub redrive_count: u32,
}
