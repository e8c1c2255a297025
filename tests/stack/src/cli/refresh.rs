//! One execution, shown state by state and endpoint by endpoint.

use serde_json::Value;
use stack::{Execution, Progress, Stack, StackError};

use super::narrator::{Narrator, Wait};

/// Starts an execution with this input and tells what happens until it ends.
pub(crate) async fn show(
    stack: &Stack,
    input: &Value,
    narrator: &Narrator,
) -> Result<Execution, StackError> {
    let arn = stack.begin(input).await?;
    let mut wait: Option<Wait<'_>> = None;
    let execution = stack
        .watch(&arn, |progress| match progress {
            Progress::Entered(state) => {
                if let Some(earlier) = wait.take() {
                    earlier.done();
                }
                wait = Some(narrator.wait(&format!("state {state}"), None));
            }
            Progress::TaskFailed(error) => {
                tell(wait.as_ref(), narrator, &format!("failed: {error}"));
            }
            Progress::Judged(judged) => {
                let variant = if judged.variant.is_empty() {
                    String::new()
                } else {
                    format!(" ({})", judged.variant)
                };
                let line = format!(
                    "{:<10} {}{variant}, {} ms",
                    judged.verdict, judged.path, judged.millis
                );
                tell(wait.as_ref(), narrator, &line);
            }
        })
        .await?;
    drop(wait);
    narrator.say(&format!("execution {}", execution.status.as_str()));
    Ok(execution)
}

fn tell(wait: Option<&Wait<'_>>, narrator: &Narrator, text: &str) {
    let text = format!("  {text}");
    match wait {
        Some(wait) => wait.step(&text),
        None => narrator.say(&text),
    }
}
