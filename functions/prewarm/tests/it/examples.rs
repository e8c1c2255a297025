//! The example messages beside the state machine are messages of this step.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use warmfront::message::{PrewarmRequest, PrewarmResponse, Report};

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

#[test]
fn the_cause_of_a_failure_is_a_sentence_and_a_report() {
    let cause = include_str!("../../../../statemachine/examples/failure-cause.txt");
    let (sentence, report) = cause.split_once('\n').unwrap();
    let report: Report = reads_and_writes(report);
    let first = &report.endpoints[0];
    assert!(
        sentence.contains(first.detail.as_ref().unwrap()),
        "{sentence}"
    );
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
