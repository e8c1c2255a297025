//! The `warmfront` binary.

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    cli::run(
        &cli::Arguments::parse(),
        &mut std::io::stdout(),
        &mut std::io::stderr(),
    )
}
