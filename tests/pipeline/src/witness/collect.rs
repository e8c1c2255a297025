//! Asks the stand-ins what they saw.

use aws_sdk_sfn::operation::describe_execution::DescribeExecutionOutput;
use aws_sdk_sfn::primitives::DateTime;
use serde_json::Value;
use warmfront::message::Run;

use super::{Seen, Witness};
use crate::Stack;
use crate::ended::Ended;
use crate::pipeline::shipped_contract;

impl Witness {
    /// What was seen of an execution that is over; `others` are further executions of the trial.
    pub(crate) async fn of(
        stack: &Stack,
        execution: &DescribeExecutionOutput,
        ended: &Ended,
        others: &[DescribeExecutionOutput],
    ) -> Option<Self> {
        let tenant = tenant_of(execution)?;
        let mut span = span_of(execution);
        if let Some(began) = began_before(execution) {
            span.0 = began;
        }
        let overlaps = |other: &DescribeExecutionOutput| {
            let (start, end) = span_of(other);
            start <= span.1 && end >= span.0 && tenant_of(other).as_ref() == Some(&tenant)
        };
        let within = |seen: &Seen| (span.0..=span.1).contains(&seen.at_ms);
        let viewer = [("plane", "viewer"), ("path", tenant.as_str())];
        let mut visits = seen(stack, &viewer).await;
        visits.retain(|visit| within(visit) && is_prewarmers(visit));
        let item = format!("#tenant:{tenant}");
        let mut purges = seen(stack, &[("plane", "control"), ("item", &item)]).await;
        let handed_in = input_of(execution)["purge"]["id"].take();
        let is_handed_in =
            |call: &Seen| call.subject.is_some() && call.subject.as_deref() == handed_in.as_str();
        let is_its = |call: &Seen| within(call) || is_handed_in(call);
        purges.retain(|call| is_its(call) && call.operation.starts_with("CreateInvalidation"));
        let origin = stack.origin.requests(&tenant).await;
        Some(Self {
            span,
            alone: !others.iter().any(overlaps),
            stumbles: ended
                .stumbles()
                .iter()
                .map(|(state, _)| (*state).to_owned())
                .collect(),
            visits,
            purges,
            origin: origin.expect("the origin tells its requests"),
        })
    }
}

async fn seen(stack: &Stack, filter: &[(&str, &str)]) -> Vec<Seen> {
    let entries = stack.cloudfront.history(filter).await;
    let entries = entries.expect("cloudfront-local tells its history");
    let read = |entry| serde_json::from_value(entry).expect("an entry has these fields");
    entries.into_iter().map(read).collect()
}

/// The tenant as the run folds it; none where the input names none.
fn tenant_of(execution: &DescribeExecutionOutput) -> Option<String> {
    let input = input_of(execution);
    let named = input["tenant"].as_str().or(input["run"]["tenant"].as_str());
    named.map(str::to_ascii_lowercase)
}

/// When the run began that this execution goes on with, if it does: a state is its input then.
fn began_before(execution: &DescribeExecutionOutput) -> Option<i64> {
    let run = serde_json::from_value(input_of(execution)["run"].take());
    run.ok().map(|run: Run| run.started_at.as_millisecond())
}

fn input_of(execution: &DescribeExecutionOutput) -> Value {
    let input = execution.input.as_deref().unwrap_or_default();
    serde_json::from_str(input).unwrap_or_default()
}

fn span_of(execution: &DescribeExecutionOutput) -> (i64, i64) {
    let millis = |time: &DateTime| time.to_millis().expect("it is a time of these years");
    let end = execution.stop_date.as_ref().map_or(i64::MAX, millis);
    (millis(&execution.start_date), end)
}

/// Whether it was sent in one of the contract's variants: people's browsers are others.
fn is_prewarmers(visit: &Seen) -> bool {
    let contract = shipped_contract();
    let devices = contract["variants"][1]["values"].as_array();
    let mut sent = devices.into_iter().flatten().map(|value| &value["send"]);
    sent.any(|send| *send == visit.header("user-agent"))
}
