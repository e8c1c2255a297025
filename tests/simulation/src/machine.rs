//! A small interpreter of Step Functions: as much of the States Language as `refresh.asl.json` uses. It refuses what it
//! does not know, so that the file cannot use more without anybody noticing.

mod definition;
mod path;

use std::future::Future;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

pub use definition::{Definition, Retrier, State};
use path::{place, select, take, template};

/// What a task raises: the error name that retriers match, and its cause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskError {
    /// As `ErrorEquals` names it.
    pub name: String,
    /// What happened.
    pub cause: String,
}

impl TaskError {
    /// An error of this name.
    #[must_use]
    pub fn new(name: &str, cause: impl Into<String>) -> Self {
        Self {
            name: name.to_owned(),
            cause: cause.into(),
        }
    }
}

/// What the machine needs from outside.
pub trait Surroundings {
    /// Runs a Lambda function.
    fn invoke(
        &self,
        function: &str,
        payload: Value,
    ) -> impl Future<Output = Result<Value, TaskError>>;
    /// The time of day.
    fn now(&self) -> Timestamp;
    /// A number from 0 to 1, for jitter.
    fn random(&self) -> f64;
    /// Notes that something happened.
    fn note(&self, what: &dyn Fn() -> String);
}

/// An execution, as the context object shows it.
#[derive(Clone, Debug)]
pub struct Execution {
    /// Its ARN.
    pub id: String,
    /// Its input.
    pub input: Value,
    /// How often it was redriven; nothing on an engine that does not tell.
    pub redrive_count: Option<u32>,
    /// When it was started.
    pub started: Timestamp,
}

/// Where an execution begins, or begins again.
#[derive(Clone, Debug)]
pub struct Position {
    /// The state.
    pub state: String,
    /// Its input.
    pub input: Value,
}

/// How an execution ended.
#[derive(Clone, Debug)]
pub enum Ended {
    /// With this output.
    Succeeded(Value),
    /// In this state, where a redrive goes on.
    Failed(Position, TaskError),
}

impl Definition {
    /// Runs an execution from `position` to its end.
    pub async fn run(
        &self,
        execution: &Execution,
        mut position: Position,
        surroundings: &impl Surroundings,
    ) -> Ended {
        loop {
            let Position { state, input } = position;
            let entered = surroundings.now();
            surroundings.note(&|| format!("{}: {state}", execution.id));
            let step = match self.state(&state) {
                State::Succeed { output_path, .. } => {
                    return match select(output_path.as_deref().unwrap_or("$"), &input, &input) {
                        Ok(output) => Ended::Succeeded(output),
                        Err(error) => Ended::Failed(Position { state, input }, error),
                    };
                }
                State::Choice {
                    choices, default, ..
                } => choices
                    .iter()
                    .find_map(|choice| match choice.holds(&input) {
                        Ok(false) => None,
                        Ok(true) => Some(Ok(choice.next())),
                        Err(error) => Some(Err(error)),
                    })
                    .unwrap_or(Ok(default))
                    .map(|next| (next, None)),
                State::Wait {
                    timestamp_path,
                    next,
                    ..
                } => wait_until(timestamp_path, &input, surroundings)
                    .await
                    .map(|()| (next.as_str(), None)),
                task @ State::Task { .. } => {
                    let context = context(execution, &state, entered);
                    let output = task.perform(&input, context, surroundings).await;
                    output.map(|(next, output)| (next, Some(output)))
                }
            };
            position = match step {
                Ok((next, output)) => Position {
                    state: next.to_owned(),
                    input: output.unwrap_or(input),
                },
                Err(error) => {
                    surroundings.note(&|| format!("{}: {state} failed: {error:?}", execution.id));
                    return Ended::Failed(Position { state, input }, error);
                }
            };
        }
    }
}

fn context(execution: &Execution, state: &str, entered: Timestamp) -> Value {
    let mut object = json!({
        "Execution": {
            "Id": execution.id,
            "Input": execution.input,
            "StartTime": execution.started.to_string(),
        },
        "State": { "Name": state, "EnteredTime": entered.to_string(), "RetryCount": 0 },
    });
    if let Some(count) = execution.redrive_count {
        object["Execution"]["RedriveCount"] = count.into();
    }
    object
}

impl State {
    async fn perform(
        &self,
        input: &Value,
        mut context: Value,
        surroundings: &impl Surroundings,
    ) -> Result<(&str, Value), TaskError> {
        let Self::Task {
            parameters,
            result_selector,
            result_path,
            output_path,
            retry,
            next,
            ..
        } = self
        else {
            unreachable!("only tasks are performed");
        };
        let mut tries = vec![0_u32; retry.len()];
        let answer = loop {
            let mut arguments = template(parameters, input, &context)?;
            let payload = arguments["Payload"].take();
            let function = arguments["FunctionName"].as_str().unwrap_or_default();
            match surroundings.invoke(function, payload).await {
                Ok(answer) => break answer,
                Err(error) => {
                    let random = || surroundings.random();
                    let Some(pause) = pause_before_retry(retry, &mut tries, &error.name, random)
                    else {
                        return Err(error);
                    };
                    surroundings.note(&|| format!("{error:?}, again in {pause:?}"));
                    wait(pause).await;
                    context["State"]["RetryCount"] = tries.iter().sum::<u32>().into();
                }
            }
        };
        let mut result = json!({ "Payload": answer, "StatusCode": 200 });
        if let Some(selector) = result_selector {
            result = template(selector, &result, &context)?;
        }
        let output = place(result_path.as_deref(), input, result)?;
        let output = match output_path.as_deref() {
            None => output,
            Some(path) => take(path, output)?,
        };
        Ok((next, output))
    }
}

/// The pause that the first matching retrier has for this error, unless its tries are used up.
pub(crate) fn pause_before_retry(
    retry: &[Retrier],
    tries: &mut [u32],
    error: &str,
    random: impl FnOnce() -> f64,
) -> Option<Duration> {
    let index = retry.iter().position(|retrier| retrier.matches(error))?;
    let retrier = &retry[index];
    if tries[index] >= retrier.max_attempts {
        return None;
    }
    let pause = retrier.pause(tries[index]);
    tries[index] += 1;
    Some(if retrier.has_full_jitter() {
        pause.mul_f64(random())
    } else {
        pause
    })
}

/// Waits until the time that stands at `path`.
async fn wait_until(
    path: &str,
    input: &Value,
    surroundings: &impl Surroundings,
) -> Result<(), TaskError> {
    let given = select(path, input, input)?;
    let until: Timestamp = given
        .as_str()
        .and_then(|given| given.parse().ok())
        .ok_or_else(|| TaskError::new("States.Runtime", format!("{given} is no time")))?;
    let pause = until.duration_since(surroundings.now());
    wait(Duration::try_from(pause).unwrap_or_default()).await;
    Ok(())
}

/// Lets virtual time pass.
#[expect(
    clippy::disallowed_methods,
    reason = "the ban on pauses is for functions; here time passes by sleeping"
)]
pub async fn wait(pause: Duration) {
    tokio::time::sleep(pause).await;
}

#[cfg(test)]
mod tests;
