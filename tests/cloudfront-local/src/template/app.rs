//! The stacks of one app, and what one hands to another: exports, SSM parameters, cross-region exports. Also what was
//! found while they were read.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use serde_json::Value;

use super::TemplateError;
use super::resolve::{Resolved, Unresolved, plain_text};
use super::stack::Stack;
use crate::model::EdgeFunctionId;

/// All stacks, and what one hands to another.
#[derive(Debug, Default)]
pub(crate) struct App {
    pub(crate) stacks: Vec<Stack>,
    /// Policies of other stacks, by id.
    pub(super) policies: BTreeMap<String, Value>,
    /// Behaviors are read without their edge functions.
    pub(super) skips_functions: bool,
    /// Edge functions that are loaded.
    pub(super) functions: BTreeSet<EdgeFunctionId>,
    /// Exports, SSM parameters and the CDK's cross-region exports, by name.
    exports: BTreeMap<String, Value>,
    findings: Mutex<Findings>,
}

/// What was found while templates were read.
#[derive(Debug, Default)]
pub(super) struct Findings {
    /// Why they cannot be served: place and problem.
    pub(super) problems: Vec<String>,
    /// What they ask for and is not done.
    pub(super) not_modelled: Vec<String>,
}

impl App {
    pub(crate) fn new(stacks: Vec<Stack>) -> Self {
        let mut app = Self {
            stacks,
            ..Self::default()
        };
        // Exports may name other exports: one round per stack reaches the end of any chain.
        for _ in 0..=app.stacks.len() {
            let found: BTreeMap<String, Value> = app
                .stacks
                .iter()
                .flat_map(|stack| app.exports_of(stack))
                .collect();
            app.exports = found;
        }
        app
    }

    fn exports_of(&self, stack: &Stack) -> Vec<(String, Value)> {
        let mut found = Vec::new();
        let mut hand_over = |name: &Value, value: &Value| {
            let name = stack.evaluate(self, name);
            if let (Ok(name), Ok(value)) = (name, stack.evaluate(self, value)) {
                found.push((plain_text(&name), value));
            }
        };
        let outputs = stack.section("Outputs").into_iter().flatten();
        for (_, output) in outputs.filter(|(_, output)| output.get("Export").is_some()) {
            hand_over(&output["Export"]["Name"], &output["Value"]);
        }
        for (_, properties) in stack.resources_of("AWS::SSM::Parameter") {
            hand_over(&properties["Name"], &properties["Value"]);
        }
        for (_, properties) in stack.resources_of("Custom::CrossRegionExportWriter") {
            let exports = properties["WriterProps"]["exports"].as_object();
            for (name, value) in exports.into_iter().flatten() {
                hand_over(&Value::from(name.as_str()), value);
            }
        }
        found
    }

    /// What a stack hands over under a name.
    pub(super) fn handed_over(&self, name: &str) -> Option<&Value> {
        self.exports.get(name)
    }

    /// The same where it has to be there; a parameter of that name may stand in for a stack that is not given.
    pub(super) fn export(&self, name: &str) -> Resolved {
        let given = self
            .stacks
            .iter()
            .find_map(|stack| stack.parameters.get(name));
        let known = self.handed_over(name).cloned();
        known
            .or_else(|| given.map(|text| Value::from(text.as_str())))
            .ok_or_else(|| {
                Unresolved(format!(
                    "no given template exports {name:?}: give that stack's template too, or --parameter '{name}=VALUE'"
                ))
            })
    }

    /// Notes why the templates cannot be served; reading goes on, so that all problems are told at once.
    pub(super) fn refuse(&self, at: &str, problem: impl std::fmt::Display) {
        self.findings().problems.push(format!("{at}: {problem}"));
    }

    /// The value, or a note of why there is none.
    pub(super) fn keep<T>(&self, result: Result<T, TemplateError>) -> Option<T> {
        result
            .map_err(|error| self.findings().problems.push(error.to_string()))
            .ok()
    }

    /// Notes what a template asks for and is not done.
    pub(super) fn tell(&self, text: String) {
        self.findings().not_modelled.push(text);
    }

    pub(super) fn take_findings(&self) -> Findings {
        std::mem::take(&mut *self.findings())
    }

    fn findings(&self) -> std::sync::MutexGuard<'_, Findings> {
        self.findings.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
