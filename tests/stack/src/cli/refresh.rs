//! One execution, shown state by state and endpoint by endpoint.

use serde_json::Value;
use stack::{Execution, Progress, Stack, StackError};

use super::narrator::{Narrator, Wait};

/// The state whose steps are endpoints.
const WARMING: &str = "Prewarm";

/// Starts an execution with this input and tells what happens until it ends.
pub(crate) async fn show(
    stack: &Stack,
    input: &Value,
    narrator: &Narrator,
) -> Result<Execution, StackError> {
    let arn = stack.begin(input).await?;
    let mut wait: Option<Wait<'_>> = None;
    let mut planned = None;
    let execution = stack
        .watch(&arn, |progress| match progress {
            Progress::Entered(state) => {
                if let Some(earlier) = wait.take() {
                    earlier.done();
                }
                let steps = planned.filter(|_| state == WARMING);
                wait = Some(narrator.wait(&format!("state {state}"), steps));
            }
            Progress::Planned(targets) => planned = Some(targets),
            Progress::TaskFailed(error) => {
                let text = format!("  failed: {error}");
                tell(wait.as_ref(), narrator, &text);
            }
            Progress::Judged(judged) => {
                let variant = if judged.variant.is_empty() {
                    String::new()
                } else {
                    format!(" ({})", judged.variant)
                };
                let text = format!(
                    "  {:<10} {}{variant}, {} ms",
                    judged.verdict, judged.path, judged.millis
                );
                tell(wait.as_ref(), narrator, &text);
                if let Some(wait) = &wait {
                    wait.step();
                }
            }
        })
        .await?;
    drop(wait);
    narrator.say(&format!("execution {}", execution.status.as_str()));
    Ok(execution)
}

fn tell(wait: Option<&Wait<'_>>, narrator: &Narrator, text: &str) {
    match wait {
        Some(wait) => wait.say(text),
        None => narrator.say(text),
    }
}
