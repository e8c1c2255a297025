//! The subcommands and what they print.

mod background;
mod demo;
mod narrator;
mod refresh;
mod run;
mod summary;
mod table;

use std::{io::Write, process::ExitCode};

use clap::{Parser, Subcommand};
use narrator::{Narrator, Waits};
use stack::{Folders, Options, Stack, StackError, Supervisor};
use tokio::signal::unix::{SignalKind, signal};

/// Warmfront's local stack.
#[derive(Parser)]
#[command(name = "warmfront-stack", version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Bring a stack up in the background
    Up(Options),
    /// Bring a stack up and keep it until Ctrl-C
    Supervise(Options),
    /// Bring a stack up, run a command with `WARMFRONT_STACK` set to its state file, take the stack down
    // Beside the stack that a person may have up.
    #[command(mut_arg("name", |name| name.default_value("test")))]
    Exec {
        #[command(flatten)]
        options: Options,
        /// The command and its arguments
        #[arg(last = true, required = true)]
        command: Vec<std::ffi::OsString>,
    },
    /// Refresh one tenant on a running stack and show how it goes
    Run(run::Run),
    /// Show what a refresh does for the people of a tenant, on a stack of its own
    #[command(mut_arg("name", |name| name.default_value("demo")))]
    Demo {
        #[command(flatten)]
        options: Options,
        /// File for the report
        #[arg(long, default_value = "target/demo/report.json", value_name = "FILE")]
        report: std::path::PathBuf,
    },
    /// Print a token of a tenant's user
    Token {
        #[command(flatten)]
        named: Named,
        /// The tenant
        tenant: String,
    },
    /// Print the variables that point the AWS CLI and the SDKs at a stack, for a shell's `eval`
    Env(Named),
    /// Put newly built functions into a running stack, without a deployment
    Swap(Named),
    /// Take a stack down
    Down(Named),
    /// Tell whether a stack is up, and where its parts are
    Status(Named),
}

/// Which stack.
#[derive(clap::Args)]
struct Named {
    /// Name of the stack
    #[arg(long, default_value = "local", env = "WARMFRONT_STACK_NAME")]
    name: String,
}

/// Reads the command line and does what it says.
pub(crate) async fn run() -> ExitCode {
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_max_level(tracing::Level::WARN)
        .init();
    let outcome = match Cli::parse().command {
        Command::Up(options) => background::up(&options).await,
        Command::Supervise(options) => supervise(&options).await,
        Command::Exec { options, command } => exec(&options, &command).await,
        Command::Run(what) => run::run(&what).await,
        Command::Demo { options, report } => demo::demo(&options, &report).await,
        Command::Token { named, tenant } => token(&named.name, &tenant).await,
        Command::Env(named) => env(&named.name),
        Command::Swap(named) => swap(&named.name).await,
        Command::Down(named) => background::down(&named.name).await,
        Command::Status(named) => background::status(&named.name),
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("error: {}", error.report());
        ExitCode::FAILURE
    })
}

async fn token(name: &str, tenant: &str) -> Result<ExitCode, StackError> {
    let stack = Stack::attach(&Folders::of(name)?.state())?;
    show(&stack.token(tenant).await?);
    Ok(ExitCode::SUCCESS)
}

fn env(name: &str) -> Result<ExitCode, StackError> {
    let stack = Stack::attach(&Folders::of(name)?.state())?;
    let exports = stack.state.variables();
    let exports = exports
        .iter()
        .map(|(name, value)| format!("export {name}='{value}'"));
    show(&exports.collect::<Vec<_>>().join("\n"));
    Ok(ExitCode::SUCCESS)
}

async fn swap(name: &str) -> Result<ExitCode, StackError> {
    let swapped = Stack::swap_in_built_functions(name).await?;
    show(&match swapped.as_slice() {
        [] => format!("stack {name} runs what is built"),
        functions => format!("stack {name} runs the new {}", functions.join(", ")),
    });
    Ok(ExitCode::SUCCESS)
}

async fn supervise(options: &Options) -> Result<ExitCode, StackError> {
    with_stack(options, &Narrator::new(), async |supervisor| {
        show(&format!("up: {}", supervisor.state().base_url));
        supervisor.until_stopped().await.map(|()| ExitCode::SUCCESS)
    })
    .await
}

async fn exec(options: &Options, command: &[std::ffi::OsString]) -> Result<ExitCode, StackError> {
    let state = stack::Folders::of(&options.name)?.state();
    with_stack(options, &Narrator::new(), async |supervisor| {
        let (program, arguments) = command.split_first().expect("the command line requires one");
        let mut child = tokio::process::Command::new(program)
            .args(arguments)
            .env(stack::STATE_VARIABLE, &state)
            .kill_on_drop(true)
            .spawn()
            .map_err(|source| StackError::Io { what: format!("run {}", program.display()), source })?;
        tokio::select! {
            status = child.wait() => {
                let status = status.map_err(|source| StackError::Io { what: "wait for the command".to_owned(), source })?;
                Ok(ExitCode::from(u8::try_from(status.code().unwrap_or(1)).unwrap_or(1)))
            }
            stopped = supervisor.until_stopped() => stopped.map(|()| ExitCode::FAILURE),
        }
    })
    .await
}

/// Brings a stack up, lets `work` use it, takes it down whatever happens; a signal ends the work.
async fn with_stack(
    options: &Options,
    narrator: &Narrator,
    work: impl AsyncFnOnce(&mut Supervisor) -> Result<ExitCode, StackError>,
) -> Result<ExitCode, StackError> {
    let mut interrupted = Box::pin(interrupted());
    let waiting = Waits::of(narrator);
    let mut supervisor = tokio::select! {
        started = Box::pin(Supervisor::start(options, |what| waiting.next(what))) => started?,
        () = &mut interrupted => return Ok(ExitCode::from(INTERRUPTED)),
    };
    drop(waiting);
    let outcome = tokio::select! {
        outcome = work(&mut supervisor) => outcome,
        () = &mut interrupted => Ok(ExitCode::from(INTERRUPTED)),
    };
    // Taking down must not be cut short by the second Ctrl-C of an impatient user: the parts would stay.
    supervisor.stop().await;
    outcome
}

/// Prints a result. Whoever reads may have read enough: that is no error.
fn show(text: &str) {
    let _ = writeln!(anstream::stdout(), "{text}");
}

/// What a shell reports for a program that Ctrl-C ended.
const INTERRUPTED: u8 = 130;

async fn interrupted() {
    let mut terminated =
        signal(SignalKind::terminate()).expect("signals can be handled once the runtime is up");
    let mut hung_up =
        signal(SignalKind::hangup()).expect("signals can be handled once the runtime is up");
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminated.recv() => {}
        _ = hung_up.recv() => {}
    }
}
