//! A started execution.

use std::sync::Arc;

use aws_sdk_sfn::operation::describe_execution::DescribeExecutionOutput;
use aws_sdk_sfn::types::ExecutionStatus;
use serde_json::Value;

use crate::Stack;
use crate::ended::Ended;
use crate::trial::{fresh_name, until};
use crate::undo::Undoing;
use crate::witness::Witness;

/// A started execution.
#[derive(Debug)]
pub struct Execution {
    /// Its ARN.
    pub arn: String,
    stack: Stack,
    /// Knows the trial's other executions.
    undoing: Arc<Undoing>,
}

impl Execution {
    pub(crate) async fn start(
        stack: &Stack,
        state_machine: &str,
        input: &Value,
        undoing: Arc<Undoing>,
    ) -> Self {
        let started = stack
            .step_functions
            .start_execution()
            .state_machine_arn(state_machine)
            .name(fresh_name("test-"))
            .input(input.to_string())
            .send()
            .await
            .expect("Step Functions starts an execution");
        Self {
            arn: started.execution_arn,
            stack: stack.clone(),
            undoing,
        }
    }

    /// Waits for its end, and compares what it tells with what the stand-ins saw.
    ///
    /// # Panics
    ///
    /// When they differ.
    pub async fn ended(&self) -> Ended {
        let what = format!("the end of {}", self.arn);
        let described = until(&what, async || {
            let described = self.described(&self.arn).await?;
            (described.status != ExecutionStatus::Running).then_some(described)
        })
        .await;
        let output = described.output.clone();
        let ended = Ended::of(described.status.clone(), output, self.history().await);
        self.compare(&described, &ended).await;
        ended
    }

    async fn compare(&self, described: &DescribeExecutionOutput, ended: &Ended) {
        let mut others = Vec::new();
        for other in self.undoing.executions() {
            if other != self.arn {
                others.extend(self.described(&other).await);
            }
        }
        let witness = Witness::of(&self.stack, described, ended, &others).await;
        let disputes = witness.map(|witness| match ended.status {
            ExecutionStatus::Succeeded => witness.disputes(&ended.report()),
            _ => witness.disputes_of_cause(&ended.cause),
        });
        let disputes = disputes.unwrap_or_default();
        assert!(disputes.is_empty(), "{}", disputes.join("\n"));
    }

    async fn described(&self, execution: &str) -> Option<DescribeExecutionOutput> {
        let describe = self.stack.step_functions.describe_execution();
        describe.execution_arn(execution).send().await.ok()
    }

    /// What happened so far: each event as JSON, `type` and its details.
    pub async fn history(&self) -> Vec<Value> {
        let mut events = Vec::new();
        let mut next = None;
        loop {
            let page = self
                .stack
                .step_functions
                .get_execution_history()
                .execution_arn(&self.arn)
                .max_results(1000)
                .set_next_token(next)
                .send()
                .await
                .expect("Step Functions tells the history");
            events.extend(page.events.iter().map(crate::ended::event));
            next = page.next_token;
            if next.is_none() {
                return events;
            }
        }
    }

    /// How often a state was entered so far.
    pub async fn entered(&self, state: &str) -> usize {
        let history = self.history().await;
        history
            .iter()
            .filter(|event| event["entered"] == state)
            .count()
    }

    /// Waits until a state is entered.
    pub async fn reaches(&self, state: &str) {
        let what = format!("{} reaches {state}", self.arn);
        until(&what, async || {
            (self.entered(state).await > 0).then_some(())
        })
        .await;
    }
}
