//! Looks at many worlds, or at one of them closely.

use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use simulation::promise::Tally;
use simulation::scenario::Scenario;
use simulation::{check_seed, trace};

/// Lets simulated refreshes happen and looks for broken promises.
#[derive(Debug, Parser)]
struct Arguments {
    /// Only this world, with every event.
    #[arg(long)]
    seed: Option<u64>,
    /// How many worlds.
    #[arg(long, default_value_t = 100_000)]
    runs: u64,
    /// The first seed.
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// Goes on after a broken promise, until so many were found.
    #[arg(long, default_value_t = 1)]
    failures: usize,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if let Some(seed) = arguments.seed {
        println!("{:#?}", Scenario::draw(seed));
        let mut tally = Tally::default();
        let checked = check_seed(seed, &mut tally);
        match &checked {
            Ok(()) => println!("{}\n{tally:?}", trace(seed).join("\n")),
            Err(broken) => println!("{broken}"),
        }
        return exit_code(checked.is_ok());
    }
    let started = Instant::now();
    let mut tally = Tally::default();
    let mut failures = 0;
    for seed in arguments.from..arguments.from + arguments.runs {
        if let Err(broken) = check_seed(seed, &mut tally) {
            println!("seed {seed}: {}", broken.breaches.join("\n  "));
            failures += 1;
            if failures >= arguments.failures {
                break;
            }
        }
    }
    println!("{tally:#?}\nin {:.1} s", started.elapsed().as_secs_f64());
    exit_code(failures == 0)
}

fn exit_code(is_well: bool) -> ExitCode {
    if is_well {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
