//! Scripted faults: which call fails, and how.

use std::time::Duration;

use http::HeaderMap;
use serde::{Deserialize, Serialize};

/// What can be made to fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "the names are those of the CloudFront API and of the two sides of the data plane"
)]
pub enum Operation {
    CreateInvalidation,
    GetInvalidation,
    ListInvalidations,
    CreateInvalidationForDistributionTenant,
    GetInvalidationForDistributionTenant,
    ListInvalidationsForDistributionTenant,
    GetDistribution,
    GetDistributionConfig,
    ListDistributions,
    UpdateDistribution,
    GetDistributionTenant,
    ListDistributionTenants,
    ListTagsForResource,
    ViewerRequest,
    OriginFetch,
}

/// How it fails.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(
    tag = "kind",
    rename_all = "camelCase",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
pub enum Effect {
    /// 400 `Throttling`; 429 on the data plane.
    Throttle,
    /// 400 `TooManyInvalidationsInProgress`.
    OverQuota,
    /// An error answer; nothing is done.
    Error {
        /// HTTP status.
        status: u16,
        /// Error code, for the control plane.
        #[serde(default)]
        code: Option<String>,
        /// Message, or body on the data plane.
        #[serde(default)]
        message: Option<String>,
    },
    /// The caller reference counts as used for another batch; nothing is done.
    ReferenceUsed {
        /// Which of the two reported forms.
        form: crate::model::ReplayForm,
    },
    /// Nothing is done and no answer comes until the client gives up.
    Hang,
    /// It is done, but the connection closes without an answer.
    LostResponse,
    /// The connection closes in the middle of the body.
    ResetMidBody,
    /// The body ends early, in a well-formed HTTP answer.
    TruncatedBody,
    /// The answer begins late.
    SlowHeaders {
        /// By how much.
        ms: u64,
    },
    /// The body comes in small pieces over this time.
    SlowBody {
        /// How long it takes.
        ms: u64,
    },
    /// An invalidation just made is not found yet.
    StaleRead,
    /// The status of the invalidation reads so.
    UnknownStatus {
        /// The status.
        text: String,
    },
    /// The XML of the answer does not parse.
    MalformedXml,
}

/// Which calls a fault is for: all that is given has to hold.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct When {
    /// An item of the invalidation contains this.
    pub item: Option<String>,
    /// The distribution or distribution tenant contains this.
    pub target: Option<String>,
    /// Path with query contains this.
    pub path: Option<String>,
    /// A request header `name:value part`.
    pub header: Option<String>,
}

/// A scripted fault.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Fault {
    /// Given out by the stand-in.
    #[serde(default, skip_deserializing)]
    pub id: u64,
    /// What fails.
    pub operation: Operation,
    /// The first matching call that fails, counted from 1.
    #[serde(default = "one")]
    pub nth: u64,
    /// How many calls fail from there on; 0 stands for all.
    #[serde(default = "one")]
    pub times: u64,
    /// Which calls count.
    #[serde(default)]
    pub when: When,
    /// How it fails.
    pub effect: Effect,
    /// Calls that have counted so far.
    #[serde(default, skip_deserializing)]
    pub seen: u64,
}

fn one() -> u64 {
    1
}

/// A call, as far as faults look at it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Call<'a> {
    pub(crate) items: &'a [String],
    pub(crate) target: &'a str,
    pub(crate) path: &'a str,
    pub(crate) headers: Option<&'a HeaderMap>,
}

impl When {
    fn admits(&self, call: Call<'_>) -> bool {
        let part = |wanted: &Option<String>, found: &str| {
            wanted
                .as_ref()
                .is_none_or(|wanted| found.contains(wanted.as_str()))
        };
        let has_item = self.item.is_none() || call.items.iter().any(|item| part(&self.item, item));
        let has_header = self.header.as_ref().is_none_or(|wanted| {
            let (name, value) = wanted.split_once(':').unwrap_or((wanted, ""));
            let found = call.headers.map(|headers| headers.get_all(name));
            found.into_iter().flatten().any(|found| {
                found
                    .to_str()
                    .is_ok_and(|found| found.contains(value.trim()))
            })
        });
        has_item && has_header && part(&self.target, call.target) && part(&self.path, call.path)
    }
}

/// The faults in force.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    all: Vec<Fault>,
    serial: u64,
}

impl Faults {
    pub(crate) fn add(&mut self, mut fault: Fault) -> u64 {
        self.serial += 1;
        fault.id = self.serial;
        self.all.push(fault);
        self.serial
    }

    pub(crate) fn remove(&mut self, id: u64) -> bool {
        let before = self.all.len();
        self.all.retain(|fault| fault.id != id);
        self.all.len() < before
    }

    pub(crate) fn clear(&mut self) {
        self.all.clear();
    }

    pub(crate) fn all(&self) -> &[Fault] {
        &self.all
    }

    /// Counts a call on every fault that is for it; the first whose turn it is strikes.
    pub(crate) fn strike(&mut self, operation: Operation, call: Call<'_>) -> Option<(u64, Effect)> {
        let mut struck = None;
        for fault in &mut self.all {
            if fault.operation != operation || !fault.when.admits(call) {
                continue;
            }
            fault.seen += 1;
            let over = fault.times > 0 && fault.seen >= fault.nth + fault.times;
            if struck.is_none() && fault.seen >= fault.nth && !over {
                struck = Some((fault.id, fault.effect.clone()));
            }
        }
        struck
    }
}

impl Effect {
    /// How late the headers come.
    pub(crate) fn delay(&self) -> Duration {
        match self {
            Self::SlowHeaders { ms } => Duration::from_millis(*ms),
            _ => Duration::ZERO,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> Fault {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn the_kth_matching_call_fails_and_others_do_not() {
        let mut faults = Faults::default();
        faults.add(fault(
            r#"{"operation":"CreateInvalidation","nth":2,"times":2,"when":{"item":"tenant:a"},"effect":{"kind":"throttle"}}"#,
        ));
        let ours = ["#tenant:a".to_owned()];
        let theirs = ["#tenant:b".to_owned()];
        let mut strike = |items: &[String]| {
            let call = Call {
                items,
                ..Call::default()
            };
            faults.strike(Operation::CreateInvalidation, call).is_some()
        };
        let struck: Vec<bool> = [&ours, &theirs, &ours, &ours, &theirs, &ours]
            .iter()
            .map(|items| strike(&items[..]))
            .collect();
        assert_eq!(struck, [false, false, true, true, false, false]);
    }

    #[test]
    fn a_misspelt_fault_is_refused() {
        let text = r#"{"operation":"GetInvalidation","effect":{"kind":"slowBody","sec":1}}"#;
        assert!(serde_json::from_str::<Fault>(text).is_err());
    }
}
