//! `warmfront-stack`: the local stack on the command line.
#![expect(
    clippy::disallowed_methods,
    reason = "a launcher waits for its parts; the ban on sleeping is for functions, where the state machine waits"
)]

use std::process::ExitCode;

mod cli;

#[tokio::main]
async fn main() -> ExitCode {
    Box::pin(cli::run()).await
}
