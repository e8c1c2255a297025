//! `run`: one refresh on a running stack.

use std::process::ExitCode;

use serde_json::{Map, Value, json};
use stack::{Folders, Stack, StackError};

use super::{narrator::Narrator, refresh, show};

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

    /// Name of the stack
    #[arg(long, default_value = "local", env = "WARMFRONT_STACK_NAME")]
    name: String,
}

/// Runs it, shows its progress, prints its output or its error.
pub(crate) async fn run(run: &Run) -> Result<ExitCode, StackError> {
    let stack = Stack::attach(&Folders::of(&run.name)?.state())?;
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
    if let Some(output) = &execution.output {
        show(&format!("{output:#}"));
        return Ok(ExitCode::SUCCESS);
    }
    let (error, cause) = (execution.error.as_deref(), execution.cause.as_deref());
    show(&format!(
        "{}: {}",
        error.unwrap_or("no error name"),
        cause.unwrap_or("no cause")
    ));
    Ok(ExitCode::FAILURE)
}
