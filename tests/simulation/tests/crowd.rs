//! Crowds get through: all of them, in about the time that the account's rate allows, with few calls.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use serde_json::Value;
use simulation::DEFINITION;
use simulation::crowd::{Crowd, Limits, Outcome};
use simulation::machine::Definition;

/// Fixed, so that a failure is no accident.
const SEEDS: std::ops::Range<u64> = 0..5;
const LARGEST_STRETCH: f64 = 1.1;
const MOST_CALLS_A_PURGE: f64 = 3.0;

fn outcome(executions: u32, limits: Limits, seed: u64, definition: &Definition) -> Outcome {
    let crowd = Crowd {
        executions,
        limits,
        seed,
    };
    crowd.happen(definition)
}

#[test]
fn a_thousand_executions_at_once_get_through_at_the_accounts_rate() {
    for seed in SEEDS {
        let outcome = outcome(1_000, Limits::default(), seed, &DEFINITION);
        assert_eq!(outcome.failed(), 0, "seed {seed}: {outcome:?}");
        assert!(
            outcome.stretch() <= LARGEST_STRETCH,
            "seed {seed}: {outcome:?}"
        );
        assert!(
            outcome.calls_a_purge() <= MOST_CALLS_A_PURGE,
            "seed {seed}: {outcome:?}"
        );
    }
}

#[test]
fn smaller_crowds_get_through_too() {
    for executions in [100, 150, 200] {
        for seed in SEEDS {
            let outcome = outcome(executions, Limits::default(), seed, &DEFINITION);
            assert_eq!(
                outcome.failed(),
                0,
                "{executions}, seed {seed}: {outcome:?}"
            );
            assert!(outcome.calls_a_purge() <= MOST_CALLS_A_PURGE, "{outcome:?}");
        }
    }
}

#[test]
fn a_small_account_serves_a_crowd_though_prewarms_hold_their_places() {
    let limits = Limits {
        concurrency: 20,
        prewarm: (600_000, 900_000),
        ..Limits::default()
    };
    let outcome = outcome(30, limits, 0, &DEFINITION);
    assert_eq!(outcome.failed(), 0, "{outcome:?}");
}

/// The shipped state machine with these numbers in every retrier of *Invalidate*.
fn with_retriers(tries: u32, cap: u32) -> Definition {
    let text = include_str!("../../../statemachine/refresh.asl.json");
    let mut machine: Value = serde_json::from_str(text).unwrap();
    let retriers = &mut machine["States"]["Invalidate"]["Retry"];
    for retrier in retriers.as_array_mut().unwrap() {
        retrier["MaxAttempts"] = tries.into();
        retrier["MaxDelaySeconds"] = cap.into();
    }
    Definition::parse(&machine.to_string()).unwrap()
}

/// What the numbers are for: eight tries of a minute at most are those of a repair.
#[test]
fn without_patience_most_of_a_crowd_fails() {
    for reserved in [None, Limits::default().reserved] {
        let limits = Limits {
            reserved,
            ..Limits::default()
        };
        let outcome = outcome(1_000, limits, 0, &with_retriers(8, 60));
        assert!(outcome.failed() > 500, "{reserved:?}: {outcome:?}");
    }
}

/// What the reservation is for.
#[test]
fn without_a_queue_at_lambda_a_crowd_calls_in_vain() {
    let limits = Limits {
        reserved: None,
        ..Limits::default()
    };
    let outcome = outcome(1_000, limits, 0, &DEFINITION);
    assert!(outcome.calls_a_purge() > MOST_CALLS_A_PURGE, "{outcome:?}");
}

#[test]
fn a_seed_is_a_crowd() {
    let once = || outcome(200, Limits::default(), 7, &DEFINITION);
    assert_eq!(once(), once());
}
