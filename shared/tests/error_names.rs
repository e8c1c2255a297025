//! Error names cross three borders: the code that raises them, the state machine that matches them
//! and the page that explains them.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use warmfront::failure::ErrorName;

const STATE_MACHINE: &str = include_str!("../../statemachine/refresh.asl.json");
const PAGE: &str = include_str!("../../docs/errors.md");

/// Error names that AWS raises for a Lambda task or its state (Step Functions Developer Guide, "Handling
/// errors"; Lambda Developer Guide, "Lambda function errors").
const OF_AWS: &[&str] = &[
    "Lambda.AWSLambdaException",
    "Lambda.ClientExecutionTimeoutException",
    "Lambda.SdkClientException",
    "Lambda.ServiceException",
    "Lambda.TooManyRequestsException",
    "Lambda.Unknown",
    "Runtime.ExitError",
    "Sandbox.Timedout",
    "States.Timeout",
];

fn matched_by_state_machine() -> BTreeSet<String> {
    fn collect(value: &Value, names: &mut BTreeSet<String>) {
        match value {
            Value::Object(object) => {
                for (key, value) in object {
                    if key == "ErrorEquals" {
                        let list = value.as_array().unwrap();
                        names.extend(list.iter().map(|name| name.as_str().unwrap().to_owned()));
                    } else {
                        collect(value, names);
                    }
                }
            }
            Value::Array(list) => list.iter().for_each(|value| collect(value, names)),
            _ => {}
        }
    }
    let mut names = BTreeSet::new();
    collect(&serde_json::from_str(STATE_MACHINE).unwrap(), &mut names);
    names
}

/// Name → whether the page says that it is retried.
fn explained_on_page() -> BTreeMap<String, bool> {
    PAGE.lines()
        .filter_map(|line| line.strip_prefix("| `"))
        .map(|row| {
            let (name, rest) = row.split_once("` | ").unwrap();
            let (retried, _) = rest.split_once(" |").unwrap();
            assert!(["yes", "no"].contains(&retried), "{name}: {retried}");
            (name.to_owned(), retried == "yes")
        })
        .collect()
}

#[test]
fn state_machine_matches_exactly_the_retried_errors_and_those_of_aws() {
    let expected: BTreeSet<String> = ErrorName::ALL
        .iter()
        .filter(|name| name.is_retried())
        .map(|name| name.as_str().to_owned())
        .chain(OF_AWS.iter().map(|name| (*name).to_owned()))
        .collect();
    assert_eq!(matched_by_state_machine(), expected);
}

#[test]
fn page_explains_exactly_the_errors_that_can_be_raised() {
    let raised: BTreeMap<String, bool> = ErrorName::ALL
        .iter()
        .map(|name| (name.as_str().to_owned(), name.is_retried()))
        .collect();
    assert_eq!(explained_on_page(), raised);
}

#[test]
fn page_names_every_error_of_aws_that_is_matched() {
    for name in OF_AWS {
        assert!(PAGE.contains(&format!("`{name}`")), "{name}");
    }
}
