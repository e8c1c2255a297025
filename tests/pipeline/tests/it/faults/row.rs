//! One run with one fault, and what came of it.

use std::collections::BTreeSet;

use pipeline::{Ended, Function, Login, OVERVIEW, Pipeline, Step, Trial, hurry, report_in};
use serde_json::json;

use super::call::{Call, Fault};

/// What came of a run.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) call: Call,
    pub(super) fault: Fault,
    pub(super) state: String,
    pub(super) outcome: String,
    pub(super) purges: usize,
    pub(super) cached: String,
}

/// What the rows share: a pipeline with short patience, and a login.
pub(super) struct Bench {
    shared: Pipeline,
    login: Login,
}

impl Bench {
    pub(super) async fn new(t: &Trial) -> Self {
        let functions = vec![prewarm(), poll()];
        Self {
            shared: Pipeline::changed(t, functions, hurry).await,
            login: Login::named("nobody's"),
        }
    }

    /// A tenant of its own has old data cached; new data is there; the call fails to the end.
    pub(super) async fn run(&self, t: &Trial, call: Call, fault: Fault) -> Row {
        let t = t.another().await;
        let person = t.member().await;
        let path = format!("{OVERVIEW}?organization={}", t.tenant);
        assert_eq!(person.load(&path).await.header("x-data-version"), "1");
        t.set_version(2).await;
        let ended = match call {
            Call::GetSecretValue | Call::AdminInitiateAuth => {
                let login = Login::new(&t).await;
                let function = prewarm().set("SECRET_ID", &login.name);
                let own = Pipeline::changed(&t, vec![function], hurry).await;
                run(&t, &own, call, fault, &login).await
            }
            Call::GetDistributionConfig => {
                let function =
                    Function::of(&[Step::Invalidate]).set("AWS_SDK_UA_APP_ID", &t.tenant);
                let own = Pipeline::changed(&t, vec![function, prewarm()], hurry).await;
                run(&t, &own, call, fault, &self.login).await
            }
            _ => run(&t, &self.shared, call, fault, &self.login).await,
        };
        Row {
            call,
            fault,
            state: ended.last_state().to_owned(),
            outcome: outcome(&ended),
            purges: t.purges().await.len(),
            cached: cached(&t).await,
        }
    }
}

async fn run(t: &Trial, own: &Pipeline, call: Call, fault: Fault, login: &Login) -> Ended {
    fault.strike(t, call, login).await;
    let input = json!({ "expectedVersion": "2", "endpoints": [OVERVIEW] });
    t.start(&own.state_machine, input).await.ended().await
}

/// One target, and three seconds for it.
fn prewarm() -> Function {
    Function::prewarm()
        .endpoint_timeout("3s")
        .contract(|contract| {
            contract["variants"][0]["values"][1]["prewarm"] = false.into();
        })
}

/// A budget past the time for which a new invalidation may be unknown, in two windows.
fn poll() -> Function {
    Function::of(&[Step::AwaitInvalidation])
        .set("POLL_BUDGET", "12s")
        .set("POLL_WINDOW", "7s")
}

/// The error with its verdict, or what the report says.
fn outcome(ended: &Ended) -> String {
    if !ended.error.is_empty() {
        let first = report_in(&ended.cause).and_then(|report| report.endpoints.first().cloned());
        return match first {
            Some(row) => format!("`{}` (`{}`)", ended.error, row.verdict.as_str()),
            None => format!("`{}`", ended.error),
        };
    }
    let report = ended.output.clone().unwrap_or_default();
    let flag = if report["invalidationTimedOut"] == true {
        ", `invalidationTimedOut`"
    } else {
        ""
    };
    format!("{}{flag}", report["outcome"].as_str().unwrap_or_default())
}

async fn cached(t: &Trial) -> String {
    let copies = t.cached().await;
    let versions: BTreeSet<_> = copies
        .iter()
        .map(
            |copy| match copy.headers.get("x-data-version").map(String::as_str) {
                Some("1") => "old data",
                Some("2") => "new data",
                _ => "something else",
            },
        )
        .collect();
    if versions.is_empty() {
        return "nothing".to_owned();
    }
    versions.into_iter().collect::<Vec<_>>().join(", ")
}
