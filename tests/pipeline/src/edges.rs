//! The edges of the state machine: every error that a retrier names, every choice, every way on.

use std::fmt;

use serde_json::Value;

/// One edge.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Edge {
    /// A state repeats after this error.
    Retry(String, String),
    /// A state goes on to this one.
    Way(String, String),
}

impl fmt::Display for Edge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Retry(state, error) => write!(f, "{state} again after {error}"),
            Self::Way(from, to) => write!(f, "{from} -> {to}"),
        }
    }
}

/// The state machine that ships.
#[must_use]
pub fn definition() -> Value {
    let text = include_str!("../../../statemachine/refresh.asl.json");
    serde_json::from_str(text).expect("the definition is JSON")
}

/// Every edge of a definition, in order.
#[must_use]
pub fn edges(definition: &Value) -> Vec<Edge> {
    let mut edges = Vec::new();
    let states = definition["States"]
        .as_object()
        .expect("a machine has states");
    for (name, state) in states {
        for retrier in state["Retry"].as_array().into_iter().flatten() {
            for error in retrier["ErrorEquals"].as_array().into_iter().flatten() {
                let error = error.as_str().expect("an error is a name");
                edges.push(Edge::Retry(name.clone(), error.to_owned()));
            }
        }
        let choices = state["Choices"].as_array().into_iter().flatten();
        let catchers = state["Catch"].as_array().into_iter().flatten();
        let ways = choices.chain(catchers).map(|way| &way["Next"]);
        for to in ways
            .chain([&state["Next"], &state["Default"]])
            .filter_map(Value::as_str)
        {
            edges.push(Edge::Way(name.clone(), to.to_owned()));
        }
    }
    edges.sort();
    edges
}
