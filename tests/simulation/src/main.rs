//! Looks at many worlds, or at one of them closely.

use std::process::ExitCode;
use std::time::Instant;

use clap::{Parser, Subcommand};
use simulation::crowd::{Crowd, Limits, Outcome};
use simulation::promise::Tally;
use simulation::scenario::Scenario;
use simulation::{DEFINITION, check_seed, trace};

/// Lets simulated refreshes happen and looks for broken promises.
#[derive(Debug, Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
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

#[derive(Debug, Subcommand)]
enum Command {
    /// Executions that start at once: how long they take, and what they ask of CloudFront.
    Crowd {
        /// How many; several numbers for several crowds.
        #[arg(default_values_t = [100, 150, 200, 1_000])]
        executions: Vec<u32>,
        /// `CreateInvalidation` calls a second that the account has.
        #[arg(long, default_value_t = Limits::default().purge_rate)]
        rate: f64,
        /// Concurrent executions that the account's Lambda has.
        #[arg(long, default_value_t = Limits::default().concurrency)]
        concurrency: u32,
        /// From which everything random follows.
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
}

/// Prints a table for the shipped reservation of *invalidate*, and one for none.
fn print_crowds(executions: &[u32], limits: &Limits, seed: u64) {
    for (reserved, title) in [
        (limits.reserved, "as it is deployed"),
        (None, "without reserved concurrency (concurrentPurges: 0)"),
    ] {
        println!("{title}\n{}", Outcome::COLUMNS);
        for &executions in executions {
            let limits = Limits {
                reserved,
                ..limits.clone()
            };
            let crowd = Crowd {
                executions,
                limits,
                seed,
            };
            let outcome = crowd.happen(&DEFINITION);
            println!("{}", outcome.row(executions));
            for ((state, error), failed) in &outcome.failures {
                println!("           {failed} failed at {state} with {error}");
            }
        }
        println!();
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if let Some(Command::Crowd {
        executions,
        rate,
        concurrency,
        seed,
    }) = arguments.command
    {
        let limits = Limits {
            purge_rate: rate,
            concurrency,
            ..Limits::default()
        };
        print_crowds(&executions, &limits, seed);
        return ExitCode::SUCCESS;
    }
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
