//! The gate's control from Rust.

use super::{GateRule, GateRuleState, Tally};
use crate::{control::Control, error::StackError};

/// Scripts and reads a running gate.
#[derive(Clone, Debug)]
pub struct GateControl {
    control: Control,
}

impl GateControl {
    /// The control of the gate at this endpoint.
    #[must_use]
    pub fn at(endpoint: &str) -> Self {
        Self {
            control: Control::at("the fault gate", endpoint),
        }
    }

    /// Adds a rule and names it.
    pub async fn script(&self, rule: &GateRule) -> Result<u64, StackError> {
        self.control.script(rule).await
    }

    /// The rule with its counts.
    pub async fn rule(&self, id: u64) -> Result<GateRuleState, StackError> {
        self.control.rule(id).await
    }

    /// Removes a rule.
    pub async fn unscript(&self, id: u64) -> Result<(), StackError> {
        self.control.unscript(id).await
    }

    /// What passed so far.
    pub async fn tally(&self) -> Result<Tally, StackError> {
        self.control.get("/tally").await
    }
}
