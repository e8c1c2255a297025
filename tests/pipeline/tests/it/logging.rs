//! The log lines that `docs/logging.md` shows are those that functions write.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use pipeline::{Pipeline, Trial, hurry, trial, until};
use serde_json::{Value, json};

use crate::overview;

/// The lines about the trial's tenant with this message, as the functions wrote them.
async fn lines(t: &Trial, message: &str) -> Vec<Value> {
    until("the functions have written their lines", async || {
        let files = files(&t.stack.state.logs.join("functions"));
        let texts = files
            .iter()
            .filter_map(|file| std::fs::read_to_string(file).ok());
        let about: Vec<Value> = texts
            .flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>())
            .filter_map(|line| serde_json::from_str(&line).ok())
            .filter(|line: &Value| line["tenant"] == t.tenant && line["message"] == message)
            .collect();
        (!about.is_empty()).then_some(about)
    })
    .await
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
fn a_verdict_has_the_fields_of_the_sample() {
    trial(async |t| {
        let mut input = overview();
        input["expectedVersion"] = "1".into();
        t.refresh(input).await.report();
        let sample = sample(include_str!("../../../../docs/samples/log-verdict.json"));
        for line in lines(t, "verdict").await {
            assert_eq!(fields(&line), fields(&sample), "{line}");
            assert_eq!(line["verdict"], sample["verdict"]);
        }
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
        assert_eq!(lines.len(), ended.stumbles().len(), "one for each try");
        for line in lines {
            assert_eq!(fields(&line), fields(&sample), "{line}");
            assert_eq!(
                (&line["level"], &line["error"]),
                (&sample["level"], &sample["error"])
            );
        }
    });
}
