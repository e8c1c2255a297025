//! LocalStack with the process executor, and what a killed launcher leaves behind.
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::large_futures,
    reason = "a test that cannot go on fails; what it waits for is polled"
)]

use std::{
    io::{BufRead, BufReader, Cursor, Write},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use aws_sdk_lambda::{
    Client as Lambda,
    primitives::Blob,
    types::{Architecture, Environment, FunctionCode, Runtime},
};
use aws_sdk_sfn::{Client as StepFunctions, types::ExecutionStatus};
use serde_json::{Value, json};
use stack::{Options, Platform, StackError};
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

const ROLE: &str = "arn:aws:iam::000000000000:role/any";

#[tokio::test]
async fn functions_run_as_processes() {
    // Other runs of these tests may be at work beside this one.
    let options = Options::named(&format!("test-executor-{}", std::process::id()));
    let platform = Platform::start(&options, &|_| {}).await.unwrap();
    let lambda = Lambda::new(&stack::aws::config(&platform.localstack));
    let step_functions = StepFunctions::new(&stack::aws::config(&platform.localstack));
    create(&lambda, "native", &[("GREETING", "hello")]).await;

    a_function_gets_its_environment_and_is_reused(&lambda).await;
    errors_exits_and_timeouts_are_reported_as_lambda_does(&lambda).await;
    parallel_invocations_get_a_process_each(&lambda).await;
    a_state_machine_sees_the_errors_by_name(&step_functions).await;
    a_function_that_cannot_start_says_so(&lambda).await;
    output_is_in_the_log_folder(&platform.function_logs().join("native"));

    let again = Platform::start(&options, &|_| {}).await;
    assert!(
        matches!(again, Err(StackError::AlreadyUp { .. })),
        "{again:?}"
    );
    let logs = platform.function_logs();
    platform.stop().await;
    std::fs::remove_dir_all(logs.ancestors().nth(2).unwrap()).unwrap();
}

async fn a_function_gets_its_environment_and_is_reused(lambda: &Lambda) {
    let (_, first) = invoke(lambda, "native", &json!({})).await;
    let (_, second) = invoke(lambda, "native", &json!({})).await;
    assert_eq!(first["greeting"], "hello");
    assert!(
        Path::new(first["taskRoot"].as_str().unwrap())
            .join("bootstrap")
            .exists()
    );
    assert!(first["traceId"].as_str().unwrap().starts_with("Root="));
    assert_ne!(first["requestId"], second["requestId"]);
    assert_eq!(first["pid"], second["pid"]);
}

async fn errors_exits_and_timeouts_are_reported_as_lambda_does(lambda: &Lambda) {
    let (error, body) = invoke(lambda, "native", &json!({ "fail": "MyError" })).await;
    assert_eq!(
        (error.as_deref(), &body["errorType"]),
        (Some("Unhandled"), &json!("MyError"))
    );
    let (_, body) = invoke(lambda, "native", &json!({ "exit": 3 })).await;
    assert_eq!(body["errorType"], "Runtime.ExitError");
    assert!(
        body["errorMessage"]
            .as_str()
            .unwrap()
            .ends_with("exit status 3")
    );
    let (_, body) = invoke(lambda, "native", &json!({ "sleepMs": 60_000 })).await;
    assert_eq!(body["errorType"], "Sandbox.Timedout");
    assert!(
        body["errorMessage"]
            .as_str()
            .unwrap()
            .ends_with("Task timed out after 2.00 seconds")
    );
    let (error, _) = invoke(lambda, "native", &json!({})).await;
    assert_eq!(error, None, "a new process takes over");
}

async fn parallel_invocations_get_a_process_each(lambda: &Lambda) {
    let slow = json!({ "sleepMs": 500 });
    let ((_, a), (_, b), (_, c)) = tokio::join!(
        invoke(lambda, "native", &slow),
        invoke(lambda, "native", &slow),
        invoke(lambda, "native", &slow)
    );
    assert!(
        a["pid"] != b["pid"] && b["pid"] != c["pid"] && a["pid"] != c["pid"],
        "{a} {b} {c}"
    );
}

async fn a_function_that_cannot_start_says_so(lambda: &Lambda) {
    let refuse = Environment::builder()
        .variables("REFUSE_TO_START", "yes")
        .build();
    let update = lambda
        .update_function_configuration()
        .function_name("native")
        .environment(refuse);
    update.send().await.unwrap();
    until_active(lambda, "native").await;
    let (error, body) = invoke(lambda, "native", &json!({})).await;
    assert_eq!(error.as_deref(), Some("Unhandled"));
    assert_eq!(body["errorType"], "Runtime.ExitError");
}

async fn a_state_machine_sees_the_errors_by_name(client: &StepFunctions) {
    let definition = json!({
        "StartAt": "Call",
        "States": { "Call": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Parameters": { "FunctionName": "native", "Payload.$": "$" },
            "Catch": [{ "ErrorEquals": ["MyError"], "Next": "Caught" }],
            "End": true,
        }, "Caught": { "Type": "Pass", "Result": "caught", "End": true } },
    });
    let machine = client
        .create_state_machine()
        .name("m")
        .role_arn(ROLE)
        .definition(definition.to_string())
        .send()
        .await
        .unwrap();
    let run = async |input: Value| {
        let arn = machine.state_machine_arn();
        let started = client
            .start_execution()
            .state_machine_arn(arn)
            .input(input.to_string())
            .send()
            .await
            .unwrap();
        eventually(async || {
            let execution = client
                .describe_execution()
                .execution_arn(started.execution_arn())
                .send()
                .await
                .unwrap();
            (execution.status != ExecutionStatus::Running).then_some(execution)
        })
        .await
    };
    assert_eq!(
        run(json!({ "fail": "MyError" })).await.output.as_deref(),
        Some("\"caught\"")
    );
    assert_eq!(
        run(json!({ "exit": 1 })).await.error.as_deref(),
        Some("Runtime.ExitError")
    );
}

fn output_is_in_the_log_folder(folder: &Path) {
    let logs: String = files(folder, "log")
        .iter()
        .map(|file| std::fs::read_to_string(file).unwrap())
        .collect();
    assert!(logs.contains("invoked "), "{logs}");
}

#[tokio::test]
async fn a_killed_launcher_leaves_no_process_behind() {
    let mut launcher = Command::new(example("platform"))
        .arg(format!("test-killed-{}", std::process::id()))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(launcher.stdout.take().unwrap()).lines();
    let mut line = || lines.next().unwrap().unwrap();
    let (localstack, cognito, logs) = (line(), line(), PathBuf::from(line()));
    let lambda = Lambda::new(&stack::aws::config(&localstack));
    create(&lambda, "native", &[]).await;
    invoke(&lambda, "native", &json!({})).await;
    let pids = files(&logs.join("native"), "pid");
    let pid = std::fs::read_to_string(pids.first().unwrap()).unwrap();
    assert!(Path::new("/proc").join(pid.trim()).exists());

    launcher.kill().unwrap();
    launcher.wait().unwrap();
    eventually(async || gone(&localstack).then_some(())).await;
    eventually(async || gone(&cognito).then_some(())).await;
    eventually(async || (!Path::new("/proc").join(pid.trim()).exists()).then_some(())).await;
    std::fs::remove_dir_all(logs.ancestors().nth(2).unwrap()).unwrap();
}

fn gone(endpoint: &str) -> bool {
    std::net::TcpStream::connect(endpoint.strip_prefix("http://").unwrap()).is_err()
}

async fn create(lambda: &Lambda, name: &str, variables: &[(&str, &str)]) {
    let code = Blob::new(archive());
    let variables = variables
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    lambda
        .create_function()
        .function_name(name)
        .runtime(Runtime::Providedal2023)
        .architectures(if cfg!(target_arch = "aarch64") {
            Architecture::Arm64
        } else {
            Architecture::X8664
        })
        .role(ROLE)
        .handler("bootstrap")
        .timeout(2)
        .environment(
            Environment::builder()
                .set_variables(Some(variables))
                .build(),
        )
        .code(FunctionCode::builder().zip_file(code).build())
        .send()
        .await
        .unwrap();
    until_active(lambda, name).await;
}

async fn until_active(lambda: &Lambda, name: &str) {
    eventually(async || {
        let configuration = lambda
            .get_function_configuration()
            .function_name(name)
            .send()
            .await
            .unwrap();
        let active = configuration
            .state
            .is_some_and(|state| state.as_str() == "Active");
        let updated = configuration
            .last_update_status
            .is_none_or(|status| status.as_str() == "Successful");
        (active && updated).then_some(())
    })
    .await;
}

fn archive() -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    // An unoptimised compressor takes longer than everything else in these tests.
    let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    archive.start_file("bootstrap", stored).unwrap();
    archive
        .write_all(&std::fs::read(example("native_function")).unwrap())
        .unwrap();
    archive.finish().unwrap().into_inner()
}

async fn invoke(lambda: &Lambda, name: &str, event: &Value) -> (Option<String>, Value) {
    let call = lambda
        .invoke()
        .function_name(name)
        .payload(Blob::new(event.to_string()));
    let answer = call.send().await.unwrap();
    (
        answer.function_error,
        serde_json::from_slice(answer.payload.unwrap().as_ref()).unwrap(),
    )
}

/// Cargo builds the examples before the tests, beside the folder that the tests are in.
fn example(name: &str) -> PathBuf {
    let own = std::env::current_exe().unwrap();
    own.ancestors().nth(2).unwrap().join("examples").join(name)
}

fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    entries
        .filter(|file| file.extension().is_some_and(|found| found == extension))
        .collect()
}

async fn eventually<T>(mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(Instant::now() < deadline, "it did not happen within 30 s");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
