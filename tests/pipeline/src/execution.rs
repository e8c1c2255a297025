//! A started execution.

use aws_sdk_sfn::types::ExecutionStatus;
use serde_json::Value;

use crate::Stack;
use crate::ended::Ended;
use crate::trial::{fresh_name, until};

/// A started execution.
#[derive(Debug)]
pub struct Execution {
    /// Its ARN.
    pub arn: String,
    stack: Stack,
}

impl Execution {
    pub(crate) async fn start(stack: &Stack, state_machine: &str, input: &Value) -> Self {
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
        }
    }

    /// Waits for its end.
    pub async fn ended(&self) -> Ended {
        let what = format!("the end of {}", self.arn);
        let (status, output) = until(&what, async || {
            let describe = self.stack.step_functions.describe_execution();
            let described = describe.execution_arn(&self.arn).send().await.ok()?;
            let over = described.status != ExecutionStatus::Running;
            over.then_some((described.status, described.output))
        })
        .await;
        Ended::of(status, output, self.history().await)
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
