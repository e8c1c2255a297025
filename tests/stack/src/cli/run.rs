//! `run`: one refresh on a running stack.

use std::process::ExitCode;

use serde_json::{Map, Value, json};
use stack::{Stack, StackError};

use super::{narrator::Narrator, refresh, show, summary};

/// What to refresh.
#[derive(clap::Args)]
pub(crate) struct Run {
    /// Tenant whose cached responses are refreshed
    #[arg(long)]
    tenant: String,

    /// Part of the tenant's data
    #[arg(long)]
    scope: Option<String>,

    /// Data version that the responses must carry
    #[arg(long, value_name = "VERSION")]
    expected_version: Option<String>,

    /// Print the execution's output, or its error and cause, as JSON
    #[arg(long)]
    json: bool,

    /// Name of the stack
    #[arg(long, default_value = "local", env = "WARMFRONT_STACK_NAME")]
    name: String,
}

/// Runs it, shows its progress, and prints what it came to.
pub(crate) async fn run(run: &Run) -> Result<ExitCode, StackError> {
    let stack = Stack::attach_current(&run.name)?;
    let mut input = Map::from_iter([("tenant".to_owned(), json!(run.tenant))]);
    for (field, value) in [
        ("scope", &run.scope),
        ("expectedVersion", &run.expected_version),
    ] {
        if let Some(value) = value {
            input.insert(field.to_owned(), json!(value));
        }
    }
    let execution = refresh::show(&stack, &Value::Object(input), &Narrator::new()).await?;
    if run.json {
        let failure = json!({ "error": execution.error, "cause": execution.cause });
        show(&format!(
            "{:#}",
            execution.output.as_ref().unwrap_or(&failure)
        ));
    } else {
        show(&summary::of(&execution));
    }
    Ok(if execution.succeeded() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
