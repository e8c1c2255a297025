//! Runs the stand-in beside a test or a demo, until it is interrupted or, on request, its input closes.

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser;
use cloudfront_local::{CloudFrontLocal, Options};

/// CloudFront on one machine, from a CloudFormation template.
#[derive(Parser)]
#[command(version, about)]
struct Cli {
    #[command(flatten)]
    options: Options,
}

#[tokio::main]
async fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_max_level(tracing::Level::INFO)
        .init();
    let options = Cli::parse().options;
    let with_parent = options.with_parent;
    let running = match CloudFrontLocal::start(options).await {
        Ok(running) => running,
        Err(error) => {
            tracing::error!("{}", chain(&error));
            return ExitCode::FAILURE;
        }
    };
    let ready = running.ready();
    for one in &ready.not_modelled {
        tracing::warn!("{one}");
    }
    let line = serde_json::to_string(ready).expect("plain data is always JSON");
    // The one line that a launcher waits for.
    if writeln!(std::io::stdout(), "{line}").is_err() {
        return ExitCode::FAILURE;
    }
    until_interrupted(with_parent).await;
    ExitCode::SUCCESS
}

async fn until_interrupted(with_parent: bool) {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminated =
        signal(SignalKind::terminate()).expect("signals can be handled once the runtime is up");
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminated.recv() => {}
        () = input_ends(), if with_parent => {}
    }
}

/// On a thread that nothing waits for: a read of stdin cannot be taken back.
async fn input_ends() {
    let (tell, told) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        let _ = tell.send(());
    });
    let _ = told.await;
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
