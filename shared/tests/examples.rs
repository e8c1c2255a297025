//! The examples that the state machine's README points to are messages as the code reads and
//! writes them.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::PathBuf;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use warmfront::message::{ExecutionInput, InvalidateRequest, Invalidation, PollRequest, Report};

fn example(name: &str) -> Value {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../statemachine/examples");
    let text = std::fs::read_to_string(folder.join(format!("{name}.json"))).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// Reads and writes again: what an example says is neither lost nor added to.
fn round_trip<M: DeserializeOwned + Serialize>(name: &str) {
    let given = example(name);
    let message: M = serde_path_to_error::deserialize(given.clone()).unwrap();
    assert_eq!(serde_json::to_value(message).unwrap(), given, "{name}");
}

#[test]
fn examples_of_the_input_are_accepted() {
    for name in ["input", "input-all-fields"] {
        ExecutionInput::parse(&example(name)).unwrap();
    }
}

#[test]
fn examples_of_requests_are_read() {
    // The execution's further fields are Step Functions' and are ignored.
    let request: InvalidateRequest =
        serde_path_to_error::deserialize(example("invalidate-request")).unwrap();
    assert_eq!(request.ordinal, 1);
    let request: PollRequest = serde_path_to_error::deserialize(example("poll-request")).unwrap();
    assert_eq!(request.invalidation.id, "I2J0I21PCUYOIK");
}

#[test]
fn examples_of_answers_are_written() {
    round_trip::<Invalidation>("invalidate-response");
    round_trip::<Invalidation>("poll-response");
    round_trip::<Report>("report");
}

/// The id goes into the address of a call to CloudFront.
#[test]
fn a_malformed_distribution_tenant_is_refused_between_the_states_too() {
    let mut request = example("invalidate-request");
    for id in ["dt_../x", "dt_", "E1A2SI6ABUP8J5", ""] {
        request["distributionTenant"] = id.into();
        let error = serde_json::from_value::<InvalidateRequest>(request.clone()).unwrap_err();
        let message = error.to_string();
        assert!(message.contains("not an id such as dt_"), "{message}");
    }
}

/// A run in flight may meet functions of another deployment.
#[test]
fn unknown_fields_of_requests_are_tolerated() {
    for (name, part) in [
        ("poll-request", "invalidation"),
        ("invalidate-request", "execution"),
    ] {
        let mut request = example(name);
        request["surplus"] = Value::Bool(true);
        request[part]["surplus"] = Value::Bool(true);
        let read = match name {
            "poll-request" => serde_json::from_value::<PollRequest>(request).err(),
            _ => serde_json::from_value::<InvalidateRequest>(request).err(),
        };
        assert!(read.is_none(), "{name}: {read:?}");
    }
}

/// A page shows a file between fences, after the words "All of" and a link to it.
#[test]
fn pages_show_the_example_files_as_they_are() {
    let project = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
    let read = |path: &str| std::fs::read_to_string(project.join(path)).unwrap();
    let mut shown = 0;
    for page in ["docs/report.md", "docs/logging.md"] {
        let page = read(page);
        for part in page.split("All of").skip(1) {
            let path = part.split('`').nth(1).unwrap();
            let block = part.split("```").nth(1).unwrap();
            let (_, block) = block.split_once('\n').unwrap();
            assert_eq!(block.trim_end(), read(path).trim_end(), "{path}");
            shown += 1;
        }
    }
    assert_eq!(shown, 4);
}
