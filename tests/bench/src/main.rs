//! Runs the benchmarks.

use std::process::ExitCode;

use bench::bench::{Arguments, Bench};
use clap::Parser;

fn main() -> ExitCode {
    // One core for what is measured, one for the stand-ins that answer it.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime can be built");
    match runtime.block_on(Bench::new(Arguments::parse()).run()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}", error.chain());
            ExitCode::FAILURE
        }
    }
}
