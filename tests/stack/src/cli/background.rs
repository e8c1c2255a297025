//! `up`, `down` and `status`: a supervisor that outlives the command that started it.

use std::{
    fs::File,
    io::{BufRead, BufReader},
    os::unix::process::CommandExt,
    process::{Child, Command, ExitCode, Stdio},
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use stack::{Folders, Options, StackError, State};

use super::{show, table::HEAD};

const LOOK_EVERY: Duration = Duration::from_millis(100);
/// Longer than every part's grace together.
const DOWN_WITHIN: Duration = Duration::from_mins(1);

/// Starts a supervisor in the background and waits until its stack is up.
pub(crate) async fn up(options: &Options) -> Result<ExitCode, StackError> {
    let mut interrupted = Box::pin(super::interrupted());
    let folders = Folders::of(&options.name)?;
    if let Some(state) = running(&folders) {
        return Err(StackError::AlreadyUp {
            name: state.name,
            pid: state.pid,
        });
    }
    std::fs::create_dir_all(folders.root()).map_err(io("create the stack's folder"))?;
    let log = folders.root().join("supervisor.log");
    let output = File::create(&log).map_err(io("write the supervisor's log"))?;
    let errors = output
        .try_clone()
        .map_err(io("write the supervisor's log"))?;
    let program = std::env::current_exe().map_err(io("find this program"))?;
    let mut supervisor = Command::new(program)
        .arg("supervise")
        .args(std::env::args_os().skip(2))
        .stdin(Stdio::null())
        .stdout(output)
        .stderr(errors)
        // Away from the terminal: Ctrl-C there is not meant for it.
        .process_group(0)
        .spawn()
        .map_err(io("start the supervisor"))?;

    let mut lines = BufReader::new(File::open(&log).map_err(io("read the supervisor's log"))?);
    loop {
        let ended = supervisor.try_wait().map_err(io("watch the supervisor"))?;
        relay(&mut lines);
        if ended.is_some() {
            return Ok(ExitCode::FAILURE);
        }
        let state = State::read(&folders.state());
        if let Some(state) = state.ok().filter(|state| state.pid == supervisor.id()) {
            relay(&mut lines);
            show(&next_steps(&state)?);
            return Ok(ExitCode::SUCCESS);
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => {}
            () = &mut interrupted => return interrupt(supervisor),
        }
    }
}

/// The stack is not wanted any more: the supervisor ends what it has started.
fn interrupt(mut supervisor: Child) -> Result<ExitCode, StackError> {
    let pid = i32::try_from(supervisor.id()).expect("process ids are positive integers of 32 bits");
    // A supervisor that ended by itself in this moment is what is wanted.
    let _ = kill(Pid::from_raw(pid), Signal::SIGTERM);
    supervisor.wait().map_err(io("wait for the supervisor"))?;
    Ok(ExitCode::from(super::INTERRUPTED))
}

/// Asks the supervisor to take its stack down and waits until it has.
pub(crate) async fn down(name: &str) -> Result<ExitCode, StackError> {
    let folders = Folders::of(name)?;
    let Some(state) = running(&folders) else {
        show(&format!("stack {name} is not up"));
        return Ok(ExitCode::SUCCESS);
    };
    stack::request_stop(&state).await?;
    let deadline = Instant::now() + DOWN_WITHIN;
    while folders.in_use() {
        if Instant::now() > deadline {
            return Err(StackError::NotReady {
                part: format!("the end of process {}", state.pid),
                reason: format!("it did not end within {} s", DOWN_WITHIN.as_secs()),
                log: folders.root().join("supervisor.log"),
            });
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    show(&format!("stack {name} is down"));
    Ok(ExitCode::SUCCESS)
}

/// Prints where the parts are; fails when the stack is not up.
pub(crate) fn status(name: &str) -> Result<ExitCode, StackError> {
    let folders = Folders::of(name)?;
    let Some(state) = running(&folders) else {
        show(&format!("stack {name} is not up"));
        return Ok(ExitCode::FAILURE);
    };
    let told = state.clone();
    let endpoints = &state.endpoints;
    let file = folders.state();
    let mut lines = vec![format!("stack {name} is up (process {})", state.pid)];
    let places = [
        ("LocalStack", endpoints.localstack.clone()),
        ("Cognito", endpoints.cognito.clone()),
        ("fault gate", endpoints.gate_control.clone()),
        ("origin", endpoints.origin_control.clone()),
        ("CloudFront API", endpoints.cloudfront.clone()),
        (
            "CloudFront control",
            endpoints.cloudfront_control.clone().unwrap_or_default(),
        ),
        ("distribution", state.base_url),
        ("state machine", state.pipeline.state_machine_alias_arn),
        ("state", file.display().to_string()),
        ("logs", state.logs.display().to_string()),
    ];
    lines.extend(places.map(|(part, place)| format!("  {part:<20}{place}")));
    lines.push(next_steps(&told)?);
    show(&lines.join("\n"));
    Ok(ExitCode::SUCCESS)
}

fn next_steps(state: &State) -> Result<String, StackError> {
    let steps = state.next_steps()?;
    let steps = steps
        .iter()
        .map(|step| format!("{HEAD}{}{HEAD:#}\n  {}", step.what, step.command));
    Ok(steps.collect::<Vec<_>>().join("\n"))
}

fn running(folders: &Folders) -> Option<State> {
    let state = State::read(&folders.state()).ok()?;
    folders.in_use().then_some(state)
}

fn relay(lines: &mut impl BufRead) {
    let mut line = String::new();
    while lines.read_line(&mut line).is_ok_and(|read| read > 0) {
        eprint!("{line}");
        line.clear();
    }
}

fn io(what: &'static str) -> impl FnOnce(std::io::Error) -> StackError {
    move |source| StackError::Io {
        what: what.to_owned(),
        source,
    }
}
