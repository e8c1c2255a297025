//! The example messages beside the state machine are messages of this step.

use jiff::SignedDuration;
use prewarm::error::PrewarmError;
use prewarm::outcome::{Decision, Standing};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use warmfront::message::{
    InvalidationReport, InvalidationStatus, PrewarmRequest, PrewarmResponse, Progress, Reason,
    Report, Row, Run, Verdict, XCache,
};
use warmfront::plan::Plan;

use crate::world::config;

fn reads_and_writes<T: DeserializeOwned + Serialize>(example: &str) -> T {
    let document: Value = serde_json::from_str(example).unwrap();
    let message: T = serde_json::from_value(document.clone()).unwrap();
    assert_eq!(
        serde_json::to_value(&message).unwrap(),
        document,
        "nothing is lost or added"
    );
    message
}

macro_rules! example {
    ($name:literal) => {
        include_str!(concat!(
            "../../../../statemachine/examples/",
            $name,
            ".json"
        ))
    };
}

#[test]
fn requests_are_requests() {
    let preflight: PrewarmRequest = serde_json::from_str(example!("preflight-request")).unwrap();
    assert!(matches!(preflight, PrewarmRequest::Preflight(_)));
    let prewarm: PrewarmRequest = serde_json::from_str(example!("prewarm-request")).unwrap();
    assert!(matches!(prewarm, PrewarmRequest::Prewarm(_)));
}

#[test]
fn answers_are_answers() {
    let preflight: PrewarmResponse = reads_and_writes(example!("preflight-response"));
    let unfinished: PrewarmResponse = reads_and_writes(example!("prewarm-response-unfinished"));
    let finished: PrewarmResponse = reads_and_writes(example!("prewarm-response"));
    let report: Report = reads_and_writes(example!("report"));
    assert_eq!(finished.report, Some(report));
    assert_eq!(preflight.run, unfinished.run);
}

/// The run of the examples, with the rows of both of its targets.
fn run() -> (Run, Progress) {
    let request: PrewarmRequest = serde_json::from_str(example!("prewarm-request")).unwrap();
    let PrewarmRequest::Prewarm(request) = request else {
        unreachable!("it warms")
    };
    let row = |target, bytes, millis, asked_at| Row {
        target,
        verdict: Verdict::Fresh,
        reason: None,
        broke: None,
        status: Some(200),
        x_cache: Some(XCache::Hit),
        age: Some(0),
        pop: Some("FRA56-P4".to_owned()),
        version: Some("42".to_owned()),
        bytes,
        millis,
        attempts: 2,
        asked_at,
    };
    let progress = Progress {
        rows: vec![
            row(0, 182_734, 41_218, 60_248),
            row(1, 182_742, 41_595, 61_244),
        ],
        invalidations: vec![invalidation("I2J0I21PCUYOIK")],
        ..Progress::default()
    };
    (request.run, progress)
}

fn invalidation(id: &str) -> InvalidationReport {
    InvalidationReport {
        id: id.to_owned(),
        status: InvalidationStatus::Completed,
        seconds: 17,
    }
}

/// What becomes of the run when a call ends with this progress, so long after its start.
fn decide(run: &Run, progress: &mut Progress, millis: i64) -> Result<Decision, PrewarmError> {
    let config = config();
    let run = Run {
        contract: config.contract.digest(),
        ..run.clone()
    };
    let standing = Standing {
        config: &config,
        run: &run,
        plan: &Plan::resume(&config.contract, &config.base_url, &run).unwrap(),
        now: run.started_at + SignedDuration::from_millis(millis),
    };
    standing.decide(progress)
}

#[test]
fn the_example_of_a_report_is_what_a_run_ends_with() {
    let (run, mut progress) = run();
    let Ok(Decision::Finish(report)) = decide(&run, &mut progress, 61_260) else {
        panic!("every target is fresh")
    };
    let text = serde_json::to_string_pretty(&report).unwrap();
    assert_eq!(text, example!("report").trim_end());
}

#[test]
fn the_example_of_a_cause_is_what_a_run_fails_with() {
    let (run, mut progress) = run();
    progress.repairs = 2;
    for id in ["I2J0I21PCUYOIL", "I2J0I21PCUYOIM"] {
        progress.invalidations.push(invalidation(id));
    }
    for row in &mut progress.rows {
        row.attempts = 7;
    }
    let old = &mut progress.rows[0];
    old.verdict = Verdict::Stale;
    old.reason = Some(Reason::OldVersion);
    old.version = Some("41".to_owned());
    old.age = Some(12);
    old.asked_at = 130_369;
    let error = decide(&run, &mut progress, 131_204).unwrap_err();
    let example = include_str!("../../../../statemachine/examples/failure-cause.txt");
    assert_eq!(error.to_string(), example.trim_end());
}

/// A function that is newer than the state of a run in flight, and one that is older.
#[test]
fn messages_between_states_tolerate_unknown_fields_and_default_new_ones() {
    for example in [example!("preflight-request"), example!("prewarm-request")] {
        let mut request: Value = serde_json::from_str(example).unwrap();
        request["extra"] = true.into();
        serde_json::from_value::<PrewarmRequest>(request).unwrap();
    }
    let mut request: Value = serde_json::from_str(example!("prewarm-request")).unwrap();
    for (part, kept) in [("run", vec!["tenant", "startedAt"]), ("progress", vec![])] {
        let fields = request[part].as_object_mut().unwrap();
        fields.retain(|name, _| kept.contains(&name.as_str()));
        fields.insert("extra".to_owned(), true.into());
    }
    request["progress"]["rows"] = serde_json::json!([{"t": 0, "v": "fresh", "extra": 1}]);
    serde_json::from_value::<PrewarmRequest>(request).unwrap();
}
