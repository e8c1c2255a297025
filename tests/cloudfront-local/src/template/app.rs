//! The stacks of one app, and what one hands to another: exports, SSM parameters, cross-region exports.

use std::collections::BTreeMap;

use serde_json::Value;

use super::resolve::{Stack, plain_text};

/// All stacks, and what one hands to another.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) stacks: Vec<Stack>,
    /// Exports, SSM parameters and the CDK's cross-region exports, by name.
    exports: BTreeMap<String, Value>,
}

impl App {
    pub(crate) fn new(stacks: Vec<Stack>) -> Self {
        let mut app = Self {
            stacks,
            exports: BTreeMap::new(),
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
        let outputs = stack.section("Outputs").into_iter().flatten();
        for (_, output) in outputs.filter(|(_, output)| output.get("Export").is_some()) {
            let name = plain_text(&stack.resolve(self, &output["Export"]["Name"]));
            found.push((name, stack.resolve(self, &output["Value"])));
        }
        for (_, properties) in stack.resources_of("AWS::SSM::Parameter") {
            let name = plain_text(&stack.resolve(self, &properties["Name"]));
            found.push((name, stack.resolve(self, &properties["Value"])));
        }
        for (_, properties) in stack.resources_of("Custom::CrossRegionExportWriter") {
            let exports = properties["WriterProps"]["exports"].as_object();
            for (name, value) in exports.into_iter().flatten() {
                found.push((name.clone(), stack.resolve(self, value)));
            }
        }
        found
    }

    /// What was handed over under a name; a telling text if no given template does.
    pub(super) fn export(&self, name: &str) -> Value {
        self.exports
            .get(name)
            .cloned()
            .unwrap_or_else(|| Value::from(format!("unresolved export {name}")))
    }
}
