//! Executions of the state machine: started, watched while they run, read back when they ended.

use aws_sdk_sfn::types::{ExecutionStatus, HistoryEvent, StateEnteredEventDetails};
use serde_json::Value;

use crate::{error::StackError, stack::Stack};

/// An execution that ended.
#[derive(Clone, Debug)]
pub struct Execution {
    /// Its ARN.
    pub arn: String,
    /// How it ended.
    pub status: ExecutionStatus,
    /// What it answered, if it succeeded.
    pub output: Option<Value>,
    /// The error's name, if it failed.
    pub error: Option<String>,
    /// The error's cause, if it failed.
    pub cause: Option<String>,
    /// Everything that happened, in order.
    pub history: Vec<HistoryEvent>,
}

impl Execution {
    /// Whether it succeeded.
    #[must_use]
    pub fn succeeded(&self) -> bool {
        self.status == ExecutionStatus::Succeeded
    }
}

/// The state that an event enters.
pub(crate) fn entered(event: &HistoryEvent) -> Option<&str> {
    event
        .state_entered_event_details()
        .map(StateEnteredEventDetails::name)
}

/// The error that an event reports of a task.
pub(crate) fn failed(event: &HistoryEvent) -> Option<&str> {
    let task = event
        .task_failed_event_details()
        .and_then(|details| details.error());
    let timeout = event
        .task_timed_out_event_details()
        .and_then(|details| details.error());
    task.or(timeout)
}

impl Stack {
    /// Starts an execution of the deployed pipeline and gives its ARN.
    pub async fn begin(&self, input: &Value) -> Result<String, StackError> {
        let started = self
            .step_functions
            .start_execution()
            .state_machine_arn(&self.state.pipeline.state_machine_alias_arn)
            .input(input.to_string())
            .send()
            .await
            .map_err(StackError::aws("start an execution"))?;
        Ok(started.execution_arn)
    }

    /// Runs the deployed pipeline to its end, whatever that is; the machine's own timeout bounds it.
    pub async fn run(&self, input: &Value) -> Result<Execution, StackError> {
        let arn = self.begin(input).await?;
        self.watch(&arn, |_| {}).await
    }

    /// The execution, if it has ended.
    pub(crate) async fn ended(&self, arn: &str) -> Result<Option<Execution>, StackError> {
        let described = self
            .step_functions
            .describe_execution()
            .execution_arn(arn)
            .send()
            .await
            .map_err(StackError::aws(format!("look at {arn}")))?;
        if described.status == ExecutionStatus::Running {
            return Ok(None);
        }
        let output = match described.output {
            Some(text) => Some(serde_json::from_str(&text).map_err(|error| {
                StackError::unusable(format!("read the output of {arn}"), error.to_string())
            })?),
            None => None,
        };
        Ok(Some(Execution {
            arn: arn.to_owned(),
            status: described.status,
            output,
            error: described.error,
            cause: described.cause,
            history: self.history(arn).await?,
        }))
    }

    /// Everything that happened so far in an execution.
    pub async fn history(&self, arn: &str) -> Result<Vec<HistoryEvent>, StackError> {
        self.step_functions
            .get_execution_history()
            .execution_arn(arn)
            .include_execution_data(true)
            .into_paginator()
            .items()
            .send()
            .collect::<Result<_, _>>()
            .await
            .map_err(StackError::aws(format!("read the history of {arn}")))
    }
}
