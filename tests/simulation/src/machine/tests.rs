use std::cell::{Cell, RefCell};

use super::*;

/// Answers each call from a script, and notes when it came.
struct Script {
    answers: RefCell<Vec<Result<Value, TaskError>>>,
    calls: RefCell<Vec<(String, Value, Duration)>>,
    started: tokio::time::Instant,
    jitter: Cell<f64>,
}

impl Script {
    fn of(mut answers: Vec<Result<Value, TaskError>>) -> Self {
        answers.reverse();
        Self {
            answers: answers.into(),
            calls: RefCell::default(),
            started: tokio::time::Instant::now(),
            jitter: Cell::new(1.0),
        }
    }
}

impl Surroundings for Script {
    async fn invoke(&self, function: &str, payload: Value) -> Result<Value, TaskError> {
        let call = (function.to_owned(), payload, self.started.elapsed());
        self.calls.borrow_mut().push(call);
        self.answers.borrow_mut().pop().expect("the script goes on")
    }
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }
    fn random(&self) -> f64 {
        self.jitter.get()
    }
    fn note(&self, _what: &dyn Fn() -> String) {}
}

const MACHINE: &str = r#"{
  "StartAt": "Ask", "TimeoutSeconds": 9,
  "States": {
    "Ask": {
      "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "TimeoutSeconds": 9,
      "Parameters": { "FunctionName": "f", "Payload": { "who.$": "$.who", "execution.$": "$$.Execution" } },
      "ResultSelector": { "answer.$": "$.Payload" }, "ResultPath": "$.last",
      "Retry": [
        { "ErrorEquals": ["Busy"], "IntervalSeconds": 2, "BackoffRate": 2, "MaxAttempts": 3, "MaxDelaySeconds": 5, "JitterStrategy": "FULL" },
        { "ErrorEquals": ["Dead"], "IntervalSeconds": 1, "BackoffRate": 2, "MaxAttempts": 1 }
      ],
      "Next": "Again?"
    },
    "Again?": {
      "Type": "Choice",
      "Choices": [{ "Variable": "$.last.answer.done", "BooleanEquals": true, "Next": "End" }],
      "Default": "Ask"
    },
    "End": { "Type": "Succeed", "OutputPath": "$.last.answer" }
  }
}"#;

async fn run(script: &Script) -> Ended {
    let execution = Execution {
        id: "x".into(),
        input: json!({}),
        redrive_count: Some(2),
        started: Timestamp::UNIX_EPOCH,
    };
    let definition = Definition::parse(MACHINE).unwrap();
    let position = Position {
        state: definition.start().to_owned(),
        input: json!({ "who": "acme" }),
    };
    definition.run(&execution, position, script).await
}

fn busy() -> Result<Value, TaskError> {
    Err(TaskError::new("Busy", ""))
}

#[tokio::test(start_paused = true)]
async fn data_flows_and_choices_loop() {
    let script = Script::of(vec![
        Ok(json!({ "done": false })),
        Ok(json!({ "done": true })),
    ]);
    let Ended::Succeeded(output) = run(&script).await else {
        panic!("it succeeds");
    };
    assert_eq!(output, json!({ "done": true }));
    let calls = script.calls.borrow();
    assert_eq!(calls.len(), 2);
    assert_eq!(calls[1].1["who"], "acme");
    assert_eq!(calls[1].1["execution"]["RedriveCount"], 2);
}

#[tokio::test(start_paused = true)]
async fn retriers_pause_with_backoff_and_keep_their_own_count() {
    let dead = Err(TaskError::new("Dead", ""));
    let script = Script::of(vec![busy(), dead, busy(), busy(), busy()]);
    let Ended::Failed(position, error) = run(&script).await else {
        panic!("it fails");
    };
    assert_eq!(
        (position.state.as_str(), error.name.as_str()),
        ("Ask", "Busy")
    );
    let times: Vec<u64> = script
        .calls
        .borrow()
        .iter()
        .map(|call| call.2.as_secs())
        .collect();
    // 2 s, then the other retrier's 1 s, then 4 s, then 8 s capped to 5 s.
    assert_eq!(times, [0, 2, 3, 7, 12]);
}

#[tokio::test(start_paused = true)]
async fn an_error_that_no_retrier_names_ends_it_at_once() {
    let script = Script::of(vec![Err(TaskError::new("Other", ""))]);
    assert!(matches!(run(&script).await, Ended::Failed(_, error) if error.name == "Other"));
}

#[tokio::test(start_paused = true)]
async fn a_path_to_nothing_is_an_error() {
    let script = Script::of(vec![Ok(json!({ "other": 1 }))]);
    assert!(
        matches!(run(&script).await, Ended::Failed(_, error) if error.name == "States.Runtime")
    );
}

#[test]
fn what_it_does_not_know_it_refuses() {
    let unknown = MACHINE.replace(
        "\"Next\": \"Again?\"",
        "\"Next\": \"Again?\", \"Catch\": []",
    );
    assert!(Definition::parse(&unknown).is_err());
    let unknown = MACHINE.replace("\"Type\": \"Succeed\"", "\"Type\": \"Map\"");
    assert!(Definition::parse(&unknown).is_err());
}
