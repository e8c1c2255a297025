//! Functions that die, hang, or cannot be called.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::future::join_all;
use pipeline::{
    Bootstrap, Ended, Execution, Function, Login, OVERVIEW, Pipeline, Step, Trial, edges, trial,
    until,
};
use serde_json::json;
use stack::gate::GateFault;
use stack::origin::OriginFault;

use crate::{STRAIGHT, overview};

/// Kills the processes of a function.
fn kill(t: &Trial, own: &Pipeline, step: Step) {
    assert_eq!(t.stack.kill_function(own.function(step)), 1);
}

async fn start(t: &Trial, function: Function) -> (Pipeline, Execution) {
    let own = Pipeline::with(t, vec![function]).await;
    let execution = t.start(&own.state_machine, overview()).await;
    (own, execution)
}

/// Asserts that the state's function died, and that the run went on from there.
fn died_once(ended: &Ended, state: &str) {
    ended.report();
    assert_eq!(ended.stumbles(), [(state, "Runtime.ExitError")]);
    assert_eq!(ended.states(), STRAIGHT);
}

#[test]
fn a_purge_whose_process_dies_after_it_was_accepted_is_not_made_twice() {
    trial(async |t| {
        let slow = json!({ "kind": "slowHeaders", "ms": 4000 });
        t.cloudfront_fault("CreateInvalidation", 1, 1, slow).await;
        let (own, execution) = start(t, Function::of(&[Step::Invalidate])).await;
        until("the purge is accepted", async || {
            (!t.purges().await.is_empty()).then_some(())
        })
        .await;
        kill(t, &own, Step::Invalidate);
        died_once(&execution.ended().await, "Invalidate");
        assert_eq!(
            (t.purge_calls().await.len(), t.purges().await.len()),
            (2, 1)
        );
    });
}

#[test]
fn a_poll_whose_process_dies_looks_again() {
    trial(async |t| {
        let in_progress = json!({ "kind": "unknownStatus", "text": "InProgress" });
        t.cloudfront_fault("GetInvalidation", 1, 3, in_progress)
            .await;
        let (own, execution) = start(t, Function::of(&[Step::AwaitInvalidation])).await;
        let item = format!("#{}", t.tag());
        until("the poll looks", async || {
            let filter = [("operation", "GetInvalidation"), ("item", item.as_str())];
            let looks = t.cloudfront().history(&filter).await.ok()?;
            (!looks.is_empty()).then_some(())
        })
        .await;
        kill(t, &own, Step::AwaitInvalidation);
        died_once(&execution.ended().await, "AwaitInvalidation");
        assert_eq!(t.purges().await.len(), 1);
    });
}

#[test]
fn a_prewarmer_whose_process_dies_asks_again() {
    trial(async |t| {
        t.set_delay(Duration::from_secs(2)).await;
        let (own, execution) = start(t, Function::of(&[Step::Prewarm])).await;
        until("the origin works", async || {
            (!t.origin_requests().await.is_empty()).then_some(())
        })
        .await;
        kill(t, &own, Step::Prewarm);
        died_once(&execution.ended().await, "Prewarm");
        assert_eq!(t.purges().await.len(), 1);
    });
}

#[test]
fn a_preflight_whose_process_dies_is_repeated_before_anything_is_purged() {
    trial(async |t| {
        let login = Login::new(t).await;
        let slow = login.rule("GetSecretValue", GateFault::SlowBody { milliseconds: 3000 });
        let rule = t.gate_fault(slow).await;
        let (own, execution) = start(t, Function::prewarm().set("SECRET_ID", &login.name)).await;
        until("the secret is read", async || {
            (t.gate_seen(rule).await > 0).then_some(())
        })
        .await;
        kill(t, &own, Step::Preflight);
        died_once(&execution.ended().await, "Preflight");
    });
}

#[test]
fn a_purge_whose_answer_outlasts_its_function_is_not_made_twice() {
    trial(async |t| {
        let slow = json!({ "kind": "slowHeaders", "ms": 4500 });
        t.cloudfront_fault("CreateInvalidation", 1, 1, slow).await;
        let (_, execution) = start(t, Function::of(&[Step::Invalidate]).timeout(3)).await;
        let ended = execution.ended().await;
        ended.report();
        assert_eq!(ended.stumbles(), [("Invalidate", "CloudFrontUnavailable")]);
        assert_eq!(
            (t.purge_calls().await.len(), t.purges().await.len()),
            (2, 1)
        );
    });
}

/// The state gives up its function, which goes on.
#[test]
fn a_state_that_outlasts_its_time_is_repeated() {
    trial(async |t| {
        t.set_version(2).await;
        let version = "1".to_owned();
        t.origin_fault(OVERVIEW, 1, 1, OriginFault::Version { version })
            .await;
        let slow = json!({ "kind": "slowHeaders", "ms": 4800 });
        // The first purge, the first look, and the purge of the repair.
        for (operation, nth) in [
            ("CreateInvalidation", 1),
            ("GetInvalidation", 1),
            ("CreateInvalidation", 3),
        ] {
            t.cloudfront_fault(operation, nth, 1, slow.clone()).await;
        }
        let states = ["Invalidate", "AwaitInvalidation", "InvalidateAgain"];
        let own = Pipeline::changed(t, vec![], |definition| {
            for state in states {
                definition["States"][state]["TimeoutSeconds"] = 4.into();
            }
        })
        .await;
        let input = json!({ "expectedVersion": "2", "endpoints": [OVERVIEW] });
        let ended = t.start(&own.state_machine, input).await.ended().await;
        ended.report();
        // On a busy machine a further try may take that long, too.
        let stumbles: BTreeSet<_> = ended.stumbles().into_iter().collect();
        let expected = states.map(|state| (state, "States.Timeout"));
        assert_eq!(stumbles, BTreeSet::from(expected));
        assert_eq!(t.purges().await.len(), 2);
    });
}

#[test]
fn a_function_without_free_concurrency_is_called_again() {
    trial(async |t| {
        let own = Pipeline::with(t, vec![Function::of(&[Step::Invalidate])]).await;
        let function = own.function(Step::Invalidate);
        let lambda = &t.stack.lambda;
        let limit = lambda.put_function_concurrency().function_name(function);
        limit
            .reserved_concurrent_executions(0)
            .send()
            .await
            .unwrap();
        let execution = t.start(&own.state_machine, overview()).await;
        until("the call is refused", async || {
            let history = execution.history().await;
            history
                .iter()
                .any(|event| event["error"] == "Lambda.TooManyRequestsException")
                .then_some(())
        })
        .await;
        lambda
            .delete_function_concurrency()
            .function_name(function)
            .send()
            .await
            .unwrap();
        let ended = execution.ended().await;
        ended.report();
        let refused = ("Invalidate", "Lambda.TooManyRequestsException");
        assert!(ended.stumbles().iter().all(|stumble| *stumble == refused));
        assert_eq!(t.purges().await.len(), 1);
    });
}

/// A deployment in the middle of a run. On AWS a run keeps the versions that it began with; what
/// functions tell each other bears a change all the same.
#[test]
fn a_run_goes_on_with_functions_whose_messages_have_one_field_more() {
    trial(async |t| {
        t.set_version(2).await;
        // A pause in which nothing runs, then a repair, so that each function is called again.
        let failed = OriginFault::Status { status: 500 };
        t.origin_fault(OVERVIEW, 1, 1, failed).await;
        let version = "1".to_owned();
        t.origin_fault(OVERVIEW, 2, 1, OriginFault::Version { version })
            .await;
        let functions = vec![
            Function::prewarm().set("ERROR_CACHING_TTL", "15s"),
            Function::of(&[Step::Invalidate, Step::InvalidateAgain]),
            Function::of(&[Step::AwaitInvalidation]),
        ];
        let own = Pipeline::with(t, functions).await;
        let input = json!({ "expectedVersion": "2", "endpoints": [OVERVIEW] });
        let execution = t.start(&own.state_machine, input).await;
        execution.reaches("WaitToPrewarm").await;
        for step in [
            Step::Prewarm,
            Step::InvalidateAgain,
            Step::AwaitInvalidation,
        ] {
            own.replace(t, step, &Bootstrap::OneFieldMore).await;
        }
        let ended = execution.ended().await;
        assert_eq!(ended.report().invalidations.len(), 2);
        for state in ["AwaitInvalidation", "Prewarm"] {
            let input = ended.input_of(state);
            assert!(
                input.to_string().contains("fieldOfTheNextVersion"),
                "{input}"
            );
        }
    });
}

/// Lambda's own errors, which this machine's Lambda does not raise by itself: functions raise them
/// under the same names.
#[test]
fn lambdas_own_errors_are_repeated_in_every_state() {
    trial(async |t| {
        let definition = edges::definition();
        let retriers = definition["States"]["Invalidate"]["Retry"]
            .as_array()
            .unwrap();
        let errors = retriers
            .iter()
            .flat_map(|retrier| retrier["ErrorEquals"].as_array().unwrap());
        let errors: Vec<String> = errors
            .filter_map(|error| error.as_str())
            .filter(|error| error.contains('.') && !error.starts_with("States."))
            .map(str::to_owned)
            .collect();
        assert_eq!(errors.len(), 8, "{errors:?}");
        let runs = errors.iter().map(async |error| {
            let tenant = t.another().await;
            tenant.set_version(2).await;
            let version = "1".to_owned();
            tenant
                .origin_fault(OVERVIEW, 1, 1, OriginFault::Version { version })
                .await;
            let functions = Step::ALL.map(|step| stumbling(t, step, error)).into();
            let own = Pipeline::with(t, functions).await;
            let input = json!({ "expectedVersion": "2", "endpoints": [OVERVIEW] });
            let ended = tenant.start(&own.state_machine, input).await.ended().await;
            ended.report();
            let order = [
                Step::Preflight,
                Step::Invalidate,
                Step::AwaitInvalidation,
                Step::Prewarm,
                Step::InvalidateAgain,
            ];
            let expected = order.map(|step| (step.state(), error.as_str()));
            assert_eq!(ended.stumbles(), expected);
            assert_eq!(tenant.purges().await.len(), 2);
            let input = json!({ "mode": "warm", "expectedVersion": "2", "endpoints": [OVERVIEW] });
            let ended = tenant.start(&own.state_machine, input).await.ended().await;
            ended.report();
            assert_eq!(ended.stumbles(), [("VerifyOrWarm", error.as_str())]);
        });
        join_all(runs).await;
    });
}

/// The function of a step whose first invocation ends with this error.
fn stumbling(t: &Trial, step: Step, error: &str) -> Function {
    let marks = t.folder(&format!("{error}-{}", step.state()));
    Function::of(&[step]).bootstrap(Bootstrap::Stumbling {
        errors: vec![error.to_owned()],
        marks,
    })
}
