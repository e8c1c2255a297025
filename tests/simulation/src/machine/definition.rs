//! The state machine's file, read into types.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use super::TaskError;
use super::path::select;

/// A state machine.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Definition {
    #[expect(dead_code, reason = "the file may say it")]
    comment: Option<String>,
    start_at: String,
    #[expect(dead_code, reason = "longer than any simulated run")]
    timeout_seconds: u64,
    states: BTreeMap<String, State>,
}

/// A state.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "Type", rename_all_fields = "PascalCase", deny_unknown_fields)]
pub enum State {
    /// Runs a Lambda function.
    Task {
        /// For people.
        comment: Option<String>,
        /// `arn:aws:states:::lambda:invoke`.
        resource: String,
        /// Longer than the function's own.
        timeout_seconds: u64,
        /// The function and its payload, with paths.
        parameters: Value,
        /// What is kept of the result.
        result_selector: Option<Value>,
        /// Where it goes.
        result_path: Option<String>,
        /// What goes on to the next state.
        output_path: Option<String>,
        /// What is repeated.
        retry: Vec<Retrier>,
        /// The next state.
        next: String,
    },
    /// Takes one way or another.
    Choice {
        /// For people.
        comment: Option<String>,
        /// The first that holds decides.
        choices: Vec<Choice>,
        /// The state where none holds.
        default: String,
    },
    /// Lets time pass.
    Wait {
        /// For people.
        comment: Option<String>,
        /// Where the time stands at which it goes on.
        timestamp_path: String,
        /// The next state.
        next: String,
    },
    /// Ends the execution.
    Succeed {
        /// For people.
        comment: Option<String>,
        /// The execution's output.
        output_path: Option<String>,
    },
}

/// When and how often a task is repeated.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Retrier {
    error_equals: Vec<String>,
    interval_seconds: u32,
    backoff_rate: f64,
    pub(super) max_attempts: u32,
    max_delay_seconds: Option<u32>,
    jitter_strategy: Option<Jitter>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum Jitter {
    Full,
    None,
}

/// A comparison and where it leads.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Choice {
    variable: String,
    boolean_equals: Option<bool>,
    string_equals: Option<String>,
    next: String,
}

impl Definition {
    /// Reads the file's text; what it says that this interpreter does not know is an error.
    pub fn parse(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }

    /// The first state.
    #[must_use]
    pub fn start(&self) -> &str {
        &self.start_at
    }

    /// A state by name.
    ///
    /// # Panics
    /// If there is none: the file is wrong.
    #[must_use]
    pub fn state(&self, name: &str) -> &State {
        self.states
            .get(name)
            .unwrap_or_else(|| panic!("the state machine has no state {name:?}"))
    }
}

impl State {
    /// What it repeats; nothing unless it is a task.
    #[must_use]
    pub fn retriers(&self) -> &[Retrier] {
        match self {
            Self::Task { retry, .. } => retry,
            Self::Choice { .. } | Self::Wait { .. } | Self::Succeed { .. } => &[],
        }
    }
}

impl Retrier {
    pub(super) fn matches(&self, error: &str) -> bool {
        self.error_equals.iter().any(|name| name == error)
    }

    /// The pause before the retry that follows `tries` others, without jitter.
    pub(super) fn pause(&self, tries: u32) -> Duration {
        let grown = f64::from(self.interval_seconds)
            * self
                .backoff_rate
                .powi(i32::try_from(tries).unwrap_or(i32::MAX));
        let most = self.max_delay_seconds.map_or(f64::INFINITY, f64::from);
        Duration::from_secs_f64(grown.min(most))
    }

    pub(super) fn has_full_jitter(&self) -> bool {
        self.jitter_strategy == Some(Jitter::Full)
    }
}

impl Choice {
    pub(super) fn holds(&self, input: &Value) -> Result<bool, TaskError> {
        let value = select(&self.variable, input, input)?;
        match (self.boolean_equals, &self.string_equals) {
            (Some(expected), None) => Ok(value == Value::Bool(expected)),
            (None, Some(expected)) => Ok(value.as_str() == Some(expected)),
            _ => Err(TaskError::new(
                "States.Runtime",
                format!("the choice on {} compares with nothing", self.variable),
            )),
        }
    }

    pub(super) fn next(&self) -> &str {
        &self.next
    }
}
