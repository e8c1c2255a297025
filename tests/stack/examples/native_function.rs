//! A Lambda function for the tests of the process executor: it does what its event says.
#![expect(
    clippy::disallowed_methods,
    reason = "it is told to be slow and to show its environment"
)]

use std::{process, time::Duration};

use lambda_runtime::{Diagnostic, LambdaEvent, run, service_fn};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    /// Ends the process with this status.
    exit: Option<i32>,
    /// Fails with this error type.
    fail: Option<String>,
    /// Answers after this time.
    sleep_ms: Option<u64>,
}

async fn answer(event: LambdaEvent<Event>) -> Result<Value, Diagnostic> {
    let LambdaEvent { payload, context } = event;
    println!("invoked {}", context.request_id);
    if let Some(status) = payload.exit {
        process::exit(status);
    }
    if let Some(error_type) = payload.fail {
        return Err(Diagnostic {
            error_type,
            error_message: "asked to".to_owned(),
        });
    }
    if let Some(milliseconds) = payload.sleep_ms {
        tokio::time::sleep(Duration::from_millis(milliseconds)).await;
    }
    Ok(json!({
        "pid": process::id(),
        "requestId": context.request_id,
        "deadlineMs": context.deadline,
        "traceId": context.xray_trace_id,
        "greeting": std::env::var("GREETING").ok(),
        "endpoint": std::env::var("AWS_ENDPOINT_URL_CLOUDFRONT").ok(),
        "taskRoot": std::env::var("LAMBDA_TASK_ROOT").ok(),
    }))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    if std::env::var_os("REFUSE_TO_START").is_some() {
        process::exit(7);
    }
    run(service_fn(answer)).await
}
