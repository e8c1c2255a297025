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
    let gate: PrewarmResponse = reads_and_writes(example!("preflight-response"));
    let finished: PrewarmResponse = reads_and_writes(example!("prewarm-response"));
    let report: Report = reads_and_writes(example!("report"));
    assert_eq!(finished.report, Some(report));
    assert_eq!(gate.run, finished.run);
}

#[test]
fn unknown_fields_are_refused() {
    for example in [example!("preflight-request"), example!("prewarm-request")] {
        let mut request: Value = serde_json::from_str(example).unwrap();
        request["extra"] = true.into();
        let error = serde_json::from_value::<PrewarmRequest>(request).unwrap_err();
        assert!(error.to_string().contains("extra"), "{error}");
    }
}
