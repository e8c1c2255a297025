//! The command line of Warmfront. Results go to standard output, everything else to standard error;
//! nothing asks questions. The exit status says how it ended: see [`Status`].

mod check;
mod files;
mod rules_page;
mod status;
mod yaml;

use std::io::Write;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

pub use check::CheckArguments;
pub use rules_page::rules_page;
pub use status::Status;

/// Refreshes one tenant's CloudFront cache after a data update, and proves it.
#[derive(Debug, Parser)]
#[command(name = "warmfront", version)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Hold a contract, and a distribution against it, to the rules
    Check(CheckArguments),
}

/// Runs a command.
pub fn run(arguments: &Arguments, out: &mut impl Write, errors: &mut impl Write) -> ExitCode {
    let status = match &arguments.command {
        Command::Check(arguments) => check::run(arguments, out, errors),
    };
    match status {
        Ok(status) => status.into(),
        // Whoever reads the results has gone away: there is nobody to tell.
        Err(_) => Status::CouldNotLook.into(),
    }
}
