//! An execution that is over: what it went through and how it ended.

use aws_sdk_sfn::types::{ExecutionStatus, HistoryEvent};
use serde_json::{Value, json};
use warmfront::message::Report;

/// An execution that is over.
#[derive(Debug)]
pub struct Ended {
    /// How.
    pub status: ExecutionStatus,
    /// Its output, if it succeeded.
    pub output: Option<Value>,
    /// The error's name, if it failed.
    pub error: String,
    /// The error's cause, if it failed.
    pub cause: String,
    /// What happened, in order.
    pub events: Vec<Value>,
}

impl Ended {
    pub(crate) fn of(status: ExecutionStatus, output: Option<String>, events: Vec<Value>) -> Self {
        let failed = events
            .iter()
            .rev()
            .find(|event| event["failed"] == "execution");
        let text = |field: &str| {
            let found = failed.and_then(|event| event[field].as_str());
            found.unwrap_or_default().to_owned()
        };
        Self {
            output: output.and_then(|text| serde_json::from_str(&text).ok()),
            error: text("error"),
            cause: message(text("cause")),
            status,
            events,
        }
    }

    /// The report of an execution that has to have succeeded.
    ///
    /// # Panics
    ///
    /// When it failed, or its output is not a report.
    #[expect(clippy::must_use_candidate, reason = "that it succeeded is the point")]
    pub fn report(&self) -> Report {
        assert_eq!(
            self.status,
            ExecutionStatus::Succeeded,
            "{}: {}",
            self.error,
            self.cause
        );
        let output = self.output.clone().unwrap_or_default();
        serde_json::from_value(output.clone())
            .unwrap_or_else(|error| panic!("{output} is no report: {error}"))
    }

    /// Asserts that it failed at this state with this error, and gives the cause.
    ///
    /// # Panics
    ///
    /// When it did not.
    #[expect(clippy::must_use_candidate, reason = "that it failed so is the point")]
    pub fn failed(&self, state: &str, error: &str) -> &str {
        assert_eq!(
            (self.status.as_str(), self.last_state(), self.error.as_str()),
            ("FAILED", state, error),
            "{}",
            self.cause
        );
        &self.cause
    }

    /// The states in the order in which they were entered.
    #[must_use]
    pub fn states(&self) -> Vec<&str> {
        self.events
            .iter()
            .filter_map(|event| event["entered"].as_str())
            .collect()
    }

    /// The state that it ended in.
    #[must_use]
    pub fn last_state(&self) -> &str {
        self.states().last().copied().unwrap_or_default()
    }

    /// Each error of a task's try, with the state.
    #[must_use]
    pub fn stumbles(&self) -> Vec<(&str, &str)> {
        let mut state = "";
        let mut stumbles = Vec::new();
        for event in &self.events {
            if let Some(entered) = event["entered"].as_str() {
                state = entered;
            }
            if event["failed"] == "task" {
                stumbles.push((state, event["error"].as_str().unwrap_or_default()));
            }
        }
        stumbles
    }

    /// The input with which a state was entered the last time.
    #[must_use]
    pub fn input_of(&self, state: &str) -> Value {
        let entered = self
            .events
            .iter()
            .rev()
            .find(|event| event["entered"] == state);
        let input = entered
            .and_then(|event| event["input"].as_str())
            .unwrap_or_default();
        serde_json::from_str(input).unwrap_or_default()
    }
}

/// The report in the cause of a failure, if there is one: it stands behind a sentence for a person.
#[must_use]
pub fn report_in(cause: &str) -> Option<Report> {
    let (_, report) = cause.split_once('\n')?;
    serde_json::from_str(report).ok()
}

/// Of a function's failure, Step Functions tells the whole answer: its message is what matters.
fn message(cause: String) -> String {
    let answer: Value = serde_json::from_str(&cause).unwrap_or_default();
    answer["errorMessage"].as_str().map_or(cause, str::to_owned)
}

/// One event: its type, and of its details what tests look at.
pub(crate) fn event(event: &HistoryEvent) -> Value {
    let mut told = json!({ "type": event.r#type.as_str() });
    if let Some(details) = &event.state_entered_event_details {
        told["entered"] = json!(details.name);
        told["input"] = json!(details.input);
    }
    if let Some(details) = &event.state_exited_event_details {
        told["exited"] = json!(details.name);
        told["output"] = json!(details.output);
    }
    if let Some(details) = &event.task_scheduled_event_details {
        told["parameters"] = json!(details.parameters);
    }
    if let Some(details) = &event.task_succeeded_event_details {
        told["output"] = json!(details.output);
    }
    if let Some(details) = &event.execution_started_event_details {
        told["input"] = json!(details.input);
    }
    if let Some(details) = &event.execution_succeeded_event_details {
        told["output"] = json!(details.output);
    }
    let mut failed = |what: &str, error: &Option<String>, cause: &Option<String>| {
        told["failed"] = json!(what);
        told["error"] = json!(error);
        told["cause"] = json!(cause);
    };
    if let Some(details) = &event.task_failed_event_details {
        failed("task", &details.error, &details.cause);
    }
    if let Some(details) = &event.task_timed_out_event_details {
        failed("task", &details.error, &details.cause);
    }
    if let Some(details) = &event.execution_failed_event_details {
        failed("execution", &details.error, &details.cause);
    }
    if let Some(details) = &event.execution_timed_out_event_details {
        failed("execution", &details.error, &details.cause);
    }
    told
}
