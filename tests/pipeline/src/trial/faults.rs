//! What a trial makes go wrong, for its own tenant alone.

use serde_json::{Value, json};
use stack::gate::{Call, GateFault, GateRule};
use stack::origin::{OriginFault, OriginRule, Served};

use super::Trial;
use crate::undo::Undo;

impl Trial {
    /// Scripts a fault of CloudFront's API for invalidations of this tenant.
    pub async fn cloudfront_fault(
        &self,
        operation: &str,
        nth: u32,
        times: u32,
        effect: Value,
    ) -> u64 {
        let when = json!({ "item": format!("#{}", self.tag()) });
        self.fault(operation, nth, times, when, effect).await
    }

    /// Scripts a fault of the distribution for requests that name this tenant in the query and
    /// have this path.
    pub async fn viewer_fault(&self, path: &str, nth: u32, times: u32, effect: Value) -> u64 {
        let when = json!({ "path": format!("{path}?organization={}", self.tenant) });
        self.fault("ViewerRequest", nth, times, when, effect).await
    }

    /// Scripts any fault of cloudfront-local.
    pub async fn fault(
        &self,
        operation: &str,
        nth: u32,
        times: u32,
        when: Value,
        effect: Value,
    ) -> u64 {
        let fault = json!({
            "operation": operation, "nth": nth, "times": times, "when": when, "effect": effect,
        });
        let id = self
            .stack
            .cloudfront
            .script(&fault)
            .await
            .expect("the fault is scripted");
        self.undo(Undo::CloudFrontFault(id));
        id
    }

    /// Scripts a fault of Cognito or Secrets Manager; `rule` narrows it to calls of one's own.
    pub async fn gate_fault(&self, rule: GateRule) -> u64 {
        let id = self
            .stack
            .gate
            .script(&rule)
            .await
            .expect("the rule is scripted");
        self.undo(Undo::GateFault(id));
        id
    }

    /// Counts the calls that contain a text, and changes nothing.
    pub async fn gate_count(&self, operation: &str, contains: &str) -> u64 {
        let rule = GateRule::new(Call::new(operation, contains), GateFault::Pass);
        self.gate_fault(rule.times(0)).await
    }

    /// How many calls a rule of the gate has seen.
    pub async fn gate_seen(&self, rule: u64) -> u32 {
        self.stack
            .gate
            .rule(rule)
            .await
            .expect("the rule is there")
            .seen
    }

    /// Scripts a fault of the origin for a path of this tenant.
    pub async fn origin_fault(&self, path: &str, nth: u32, times: u32, fault: OriginFault) -> u64 {
        let rule = OriginRule::new(Served::path(&self.tenant, path), fault);
        let rule = rule
            .starting_at(nth)
            .times(if times == 0 { u32::MAX } else { times });
        let id = self
            .stack
            .origin
            .script(&rule)
            .await
            .expect("the rule is scripted");
        self.undo(Undo::OriginFault(id));
        id
    }
}
