//! Executions of the state machine: started, watched while they run, read back when they ended.

use std::time::Duration;

use aws_sdk_sfn::types::{ExecutionStatus, HistoryEvent, StateEnteredEventDetails};
use serde_json::Value;

use crate::{error::StackError, stack::Stack};

const LOOK_EVERY: Duration = Duration::from_millis(200);

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

    /// The states that were entered, in order, as often as they were.
    #[must_use]
    pub fn states(&self) -> Vec<&str> {
        self.history.iter().filter_map(entered).collect()
    }

    /// The names of the errors that tasks ended with, retried or not, in order.
    #[must_use]
    pub fn task_errors(&self) -> Vec<&str> {
        self.history.iter().filter_map(failed).collect()
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
    /// Starts an execution of the deployed pipeline.
    pub async fn begin(&self, input: &Value) -> Result<String, StackError> {
        self.begin_on(&self.state.pipeline.state_machine_arn, input)
            .await
    }

    /// Starts an execution of this state machine, such as a variant's.
    pub async fn begin_on(&self, state_machine: &str, input: &Value) -> Result<String, StackError> {
        let started = self
            .step_functions
            .start_execution()
            .state_machine_arn(state_machine)
            .input(input.to_string())
            .send()
            .await
            .map_err(StackError::aws("start an execution"))?;
        Ok(started.execution_arn)
    }

    /// Runs the deployed pipeline to its end, whatever that is.
    pub async fn run(&self, input: &Value) -> Result<Execution, StackError> {
        let arn = self.begin(input).await?;
        self.wait(&arn).await
    }

    /// Runs this state machine to its end, whatever that is.
    pub async fn run_on(
        &self,
        state_machine: &str,
        input: &Value,
    ) -> Result<Execution, StackError> {
        let arn = self.begin_on(state_machine, input).await?;
        self.wait(&arn).await
    }

    /// Waits for an execution's end; the machine's own timeout bounds it.
    pub async fn wait(&self, arn: &str) -> Result<Execution, StackError> {
        loop {
            if let Some(execution) = self.ended(arn).await? {
                return Ok(execution);
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
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
