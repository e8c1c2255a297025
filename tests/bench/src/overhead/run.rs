//! One run, read from the history of its execution.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::stack::Stack;
use crate::error::{BenchError, During};

/// The states whose end is the noticing of an invalidation's end.
const NOTICING: [&str; 2] = ["AwaitInvalidation", "Look"];

/// One run that succeeded.
#[derive(Debug)]
pub(super) struct Run {
    /// Seconds from start to end.
    pub(super) took: f64,
    /// Seconds from the invalidation's creation to its completion.
    pub(super) completion: f64,
    tenant: String,
    /// The invalidation, as the state has it.
    invalidation: Value,
    created_at: f64,
    events: Vec<Value>,
}

impl Run {
    /// Runs a state machine for a new tenant.
    pub(super) async fn of(
        stack: &Stack,
        state_machine: &str,
        tenant: &str,
    ) -> Result<Self, BenchError> {
        stack.create_tenant(tenant).await?;
        let input = json!({ "tenant": tenant, "expectedVersion": "1" });
        let executed = stack.execute(state_machine, &input).await?;
        let invalidation = invalidation(&executed.events);
        let created: Timestamp = invalidation["createTime"]
            .as_str()
            .unwrap_or_default()
            .parse()
            .during(|| format!("the run of {tenant} tells no time of its invalidation"))?;
        Ok(Self {
            took: executed.took,
            completion: stack.reporting_at(created).as_secs_f64(),
            tenant: tenant.to_owned(),
            invalidation,
            created_at: created.as_duration().as_secs_f64(),
            events: executed.events,
        })
    }

    /// Seconds from the invalidation's end to the end of the state that noticed it.
    pub(super) fn noticed_after(&self) -> f64 {
        let noticed = self.events.iter().rev().find(|event| {
            NOTICING.contains(
                &event["stateExitedEventDetails"]["name"]
                    .as_str()
                    .unwrap_or_default(),
            )
        });
        let at = noticed.and_then(|event| event["timestamp"].as_f64());
        at.unwrap_or_default() - self.created_at - self.completion
    }

    /// States that were entered.
    pub(super) fn transitions(&self) -> f64 {
        let entered = self.events.iter().filter(|event| entered(event).is_some());
        f64::from(u32::try_from(entered.count()).expect("there are few"))
    }

    /// The names of its states, each once.
    pub(super) fn states(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for (name, _) in times(&self.events) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    /// Seconds in a state, whenever it was entered.
    pub(super) fn time_in(&self, state: &str) -> f64 {
        let all = times(&self.events);
        let in_it = all.iter().filter(|(name, _)| name == state);
        in_it.map(|(_, time)| time).sum()
    }

    /// A state machine that looks at the invalidation of this run, which is completed.
    pub(super) fn look_again(&self, stack: &Stack) -> Value {
        json!({
            "StartAt": "Look",
            "States": { "Look": {
                "Type": "Task",
                "Resource": "arn:aws:states:::lambda:invoke",
                "Parameters": {
                    "FunctionName": stack.told("/pipeline/pollFunction"),
                    "Payload": {
                        "tenant": self.tenant,
                        "invalidation": self.invalidation,
                        "execution": { "Id": "bench" },
                    },
                },
                "End": true,
            } },
        })
    }
}

/// How long each state took, in the order in which they were entered.
pub(super) fn times(events: &[Value]) -> Vec<(String, f64)> {
    let mut times: Vec<(String, f64)> = Vec::new();
    let mut since = 0.0;
    for event in events {
        let at = event["timestamp"].as_f64().unwrap_or_default();
        if let Some(name) = entered(event) {
            times.push((name.to_owned(), 0.0));
            since = at;
        } else if event["stateExitedEventDetails"]["name"].is_string()
            && let Some((_, time)) = times.last_mut()
        {
            *time = at - since;
        }
    }
    times
}

fn entered(event: &Value) -> Option<&str> {
    event["stateEnteredEventDetails"]["name"].as_str()
}

/// What the state holds of the invalidation when *Invalidate* is done.
fn invalidation(events: &[Value]) -> Value {
    let exited = events.iter().find_map(|event| {
        let details = &event["stateExitedEventDetails"];
        (details["name"] == "Invalidate").then(|| details["output"].as_str())?
    });
    let state: Value = serde_json::from_str(exited.unwrap_or_default()).unwrap_or_default();
    state["purge"]["invalidation"].clone()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_lasts_from_its_entry_to_its_exit() {
        let events = [
            json!({ "timestamp": 1.0, "stateEnteredEventDetails": { "name": "A" } }),
            json!({ "timestamp": 1.5, "type": "TaskScheduled" }),
            json!({ "timestamp": 3.0, "stateExitedEventDetails": { "name": "A" } }),
            json!({ "timestamp": 3.0, "stateEnteredEventDetails": { "name": "B" } }),
            json!({ "timestamp": 3.25, "stateExitedEventDetails": { "name": "B" } }),
        ];
        let found = times(&events);
        assert_eq!(found, [("A".to_owned(), 2.0), ("B".to_owned(), 0.25)]);
    }
}
