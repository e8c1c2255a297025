//! Every edge of the state machine is taken by a test: a new edge without one fails here.

use std::collections::BTreeSet;
use std::process::Command;

use pipeline::edges::{Edge, definition, edges};

/// Errors of a state's retriers, and the test that takes each edge.
const RETRIES: [(&str, &str, &str); 21] = [
    (
        "Preflight",
        "LoginThrottled",
        "login::a_throttled_login_is_repeated",
    ),
    (
        "Preflight",
        "LoginUnavailable",
        "login::an_unavailable_login_is_repeated",
    ),
    (
        "Preflight",
        "SecretUnavailable",
        "login::an_unavailable_secret_is_read_again",
    ),
    (
        "Preflight",
        "OriginNotReady",
        "readiness::a_run_waits_until_the_origin_has_the_data",
    ),
    (
        "Invalidate",
        "CloudFrontThrottled",
        "purge::a_throttled_purge_is_repeated",
    ),
    (
        "Invalidate",
        "CloudFrontUnavailable",
        "purge::an_unavailable_purge_is_repeated",
    ),
    (
        "Invalidate",
        "TooManyInvalidationsInProgress",
        "purge::a_purge_over_quota_is_repeated",
    ),
    ("InvalidateAgain", "CloudFrontThrottled", PURGED_AGAIN),
    ("InvalidateAgain", "CloudFrontUnavailable", PURGED_AGAIN),
    (
        "InvalidateAgain",
        "TooManyInvalidationsInProgress",
        PURGED_AGAIN,
    ),
    ("Invalidate", "States.Timeout", OUTLASTED),
    ("InvalidateAgain", "States.Timeout", OUTLASTED),
    ("AwaitInvalidation", "States.Timeout", OUTLASTED),
    (
        "AwaitInvalidation",
        "CloudFrontThrottled",
        "polling::a_throttled_poll_is_repeated",
    ),
    (
        "AwaitInvalidation",
        "CloudFrontUnavailable",
        "polling::an_unavailable_poll_is_repeated",
    ),
    (
        "Prewarm",
        "LoginThrottled",
        "login::a_throttled_login_is_repeated",
    ),
    (
        "Prewarm",
        "LoginUnavailable",
        "login::an_unavailable_login_is_repeated",
    ),
    (
        "Prewarm",
        "SecretUnavailable",
        "login::an_unavailable_secret_is_read_again",
    ),
    (
        "VerifyOrWarm",
        "LoginThrottled",
        "login::a_throttled_login_is_repeated",
    ),
    (
        "VerifyOrWarm",
        "LoginUnavailable",
        "login::an_unavailable_login_is_repeated",
    ),
    (
        "VerifyOrWarm",
        "SecretUnavailable",
        "login::an_unavailable_secret_is_read_again",
    ),
];

const PURGED_AGAIN: &str = "purge::what_a_first_purge_survives_a_second_one_does";
const OUTLASTED: &str = "resilience::a_state_that_outlasts_its_time_is_repeated";
/// Takes the edges of each of these errors in each state.
const LAMBDAS_OWN: &str = "resilience::lambdas_own_errors_are_repeated_in_every_state";
const STATES: [&str; 6] = [
    "Preflight",
    "Invalidate",
    "InvalidateAgain",
    "AwaitInvalidation",
    "Prewarm",
    "VerifyOrWarm",
];
const LAMBDA_ERRORS: [&str; 8] = [
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.ClientExecutionTimeoutException",
    "Lambda.TooManyRequestsException",
    "Lambda.Unknown",
    "Sandbox.Timedout",
    "Runtime.ExitError",
];

/// Ways from state to state, and the test that goes them.
const WAYS: [(&str, &str, &str); 22] = [
    ("Preflight", "WhatFirst", HAPPY),
    ("WhatFirst", "Invalidate", HAPPY),
    ("WhatFirst", "AwaitInvalidation", HANDED_IN),
    ("WhatFirst", "Prewarm", HANDED_IN),
    ("WhatFirst", "VerifyOrWarm", LOOKED),
    ("WhatFirst", "VerifyOrWarm", WARMED),
    ("VerifyOrWarm", "WhatIsLeft", LOOKED),
    ("WhatIsLeft", "Done", LOOKED),
    ("WhatIsLeft", "VerifyOrWarm", WARMED_ON),
    ("WhatIsLeft", "WaitToVerifyOrWarm", WARMED_LATER),
    ("WaitToVerifyOrWarm", "VerifyOrWarm", WARMED_LATER),
    ("WhatRemains", "WaitToPrewarm", ASKED_LATER),
    ("WaitToPrewarm", "Prewarm", ASKED_LATER),
    ("WhatRemains", "InvalidateAgain", REPAIRED),
    ("Invalidate", "AwaitInvalidation", HAPPY),
    ("InvalidateAgain", "AwaitInvalidation", REPAIRED),
    ("AwaitInvalidation", "IsInvalidationSettled", HAPPY),
    ("IsInvalidationSettled", "Prewarm", HAPPY),
    (
        "IsInvalidationSettled",
        "AwaitInvalidation",
        "polling::a_slow_invalidation_is_looked_at_again",
    ),
    ("Prewarm", "WhatRemains", HAPPY),
    ("WhatRemains", "Done", HAPPY),
    (
        "WhatRemains",
        "Prewarm",
        "prewarm::what_one_function_run_cannot_do_is_left_to_the_next",
    ),
];
const HANDED_IN: &str = "modes::a_purge_that_was_handed_in_is_waited_for_and_none_is_made";
const LOOKED: &str = "modes::verify_asks_the_origin_for_nothing_that_is_cached_and_purges_nothing";
const WARMED: &str = "modes::warm_fills_what_is_missing_and_purges_nothing";
const WARMED_ON: &str = "modes::what_one_call_cannot_warm_is_left_to_the_next";
const WARMED_LATER: &str =
    "modes::what_can_be_warmed_much_later_is_waited_for_by_the_state_machine";
const ASKED_LATER: &str =
    "prewarm::a_request_that_is_due_much_later_is_waited_for_by_the_state_machine";
const REPAIRED: &str = "prewarm::a_stale_endpoint_is_purged_and_warmed_again";
const HAPPY: &str =
    "happy_path::every_endpoint_is_fresh_after_one_purge_and_one_origin_request_each";

#[test]
fn every_retry_and_every_way_of_the_state_machine_has_its_test() {
    let mut taken = Vec::new();
    let mut tests = BTreeSet::from([LAMBDAS_OWN]);
    for (state, error, test) in RETRIES {
        taken.push(Edge::Retry(state.into(), error.into()));
        tests.insert(test);
    }
    for state in STATES {
        taken.extend(LAMBDA_ERRORS.map(|error| Edge::Retry(state.into(), error.into())));
    }
    for (from, to, test) in WAYS {
        taken.push(Edge::Way(from.into(), to.into()));
        tests.insert(test);
    }
    taken.sort();
    let there = edges(&definition());
    let untested: Vec<_> = there.iter().filter(|edge| !taken.contains(edge)).collect();
    assert!(untested.is_empty(), "no test takes: {untested:?}");
    assert_eq!(
        taken, there,
        "a test is named for an edge that is not there"
    );

    let own = Command::new(std::env::current_exe().unwrap())
        .args(["--list", "--format", "terse"])
        .output();
    let listed = String::from_utf8(own.unwrap().stdout).unwrap();
    let listed: BTreeSet<_> = listed
        .lines()
        .filter_map(|line| line.strip_suffix(": test"))
        .collect();
    let unknown: Vec<_> = tests.difference(&listed).collect();
    assert!(unknown.is_empty(), "there is no test named {unknown:?}");
}

/// From where a run goes that must not purge, no way leads to a purge.
#[test]
fn from_verify_or_warm_no_way_leads_to_a_purge() {
    let ways = edges(&definition());
    let mut reached = BTreeSet::from(["VerifyOrWarm".to_owned()]);
    loop {
        let before = reached.len();
        for edge in &ways {
            if let Edge::Way(from, to) = edge
                && reached.contains(from)
            {
                reached.insert(to.clone());
            }
        }
        if reached.len() == before {
            break;
        }
    }
    assert!(reached.contains("Done") && !reached.contains("Prewarm"));
    assert!(reached.iter().all(|state| !state.starts_with("Invalidate")));
}

#[test]
fn a_new_edge_is_noticed() {
    let mut changed = definition();
    let retry = &mut changed["States"]["Prewarm"]["Retry"][0]["ErrorEquals"];
    retry.as_array_mut().unwrap().push("SomethingNew".into());
    let new = Edge::Retry("Prewarm".into(), "SomethingNew".into());
    assert!(edges(&changed).contains(&new) && !edges(&definition()).contains(&new));
}
