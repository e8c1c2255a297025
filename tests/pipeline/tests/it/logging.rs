//! The log lines that `docs/logging.md` shows are those that functions write.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use pipeline::{Pipeline, Trial, hurry, trial, until};
use serde_json::{Value, json};

use crate::overview;

/// What the functions wrote about the trial's tenant, once a line with this message is among it.
async fn lines(t: &Trial, message: &str) -> Vec<Value> {
    until("the functions have written their lines", async || {
        let files = files(&t.stack.state.logs.join("functions"));
        let texts = files
            .iter()
            .filter_map(|file| std::fs::read_to_string(file).ok());
        let about: Vec<Value> = texts
            .flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>())
            .filter_map(|line| serde_json::from_str(&line).ok())
            .filter(|line: &Value| line["tenant"] == t.tenant)
            .collect();
        let is_there = about.iter().any(|line| line["message"] == message);
        is_there.then_some(about)
    })
    .await
}

fn errors(lines: &[Value]) -> Vec<&Value> {
    lines
        .iter()
        .filter(|line| line["level"] == "ERROR")
        .collect()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let paths = entries.map(|entry| entry.path());
    paths
        .flat_map(|path| {
            if path.is_dir() {
                files(&path)
            } else {
                vec![path]
            }
        })
        .collect()
}

fn fields(line: &Value) -> BTreeSet<&String> {
    line.as_object()
        .expect("a line is an object")
        .keys()
        .collect()
}

fn sample(text: &str) -> Value {
    serde_json::from_str(text).expect("a sample is JSON")
}

#[test]
fn a_verdict_has_the_fields_of_the_sample_and_success_writes_no_error() {
    trial(async |t| {
        let mut input = overview();
        input["expectedVersion"] = "1".into();
        t.refresh(input).await.report();
        let sample = sample(include_str!("../../../../docs/samples/log-verdict.json"));
        let lines = lines(t, "verdict").await;
        for line in lines.iter().filter(|line| line["message"] == "verdict") {
            assert_eq!(fields(line), fields(&sample), "{line}");
            assert_eq!(line["verdict"], sample["verdict"]);
        }
        assert!(errors(&lines).is_empty(), "{lines:?}");
    });
}

#[test]
fn a_failed_step_writes_one_line_with_the_fields_of_the_sample() {
    trial(async |t| {
        let own = Pipeline::changed(t, vec![], hurry).await;
        let input = json!({ "expectedVersion": "9" });
        let ended = t.start(&own.state_machine, input).await.ended().await;
        ended.failed("Preflight", "OriginNotReady");
        let sample = sample(include_str!(
            "../../../../docs/samples/log-failed-step.json"
        ));
        let lines = lines(t, "step failed").await;
        let errors = errors(&lines);
        assert_eq!(errors.len(), ended.stumbles().len(), "one for each try");
        for line in errors {
            assert_eq!(fields(line), fields(&sample), "{line}");
            assert_eq!(
                (&line["level"], &line["error"]),
                (&sample["level"], &sample["error"])
            );
        }
    });
}
