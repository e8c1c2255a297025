//! What an answer makes of its target: a verdict with its evidence, or a further request.

use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use jiff::Timestamp;
use warmfront::clock::Clock;
use warmfront::message::{Condemned, Course, EndpointReport, Verdict};

use super::{Batch, Standing};
use crate::course::{Move, Rules};
use crate::evidence::{Evidence, Source, shown};
use crate::identity::{LoginError, Token};
use crate::pace::{Sign, Started};
use crate::plan::Target;
use crate::ports::Ports;
use crate::verdict::{Expectation, Finding};

/// Most targets of a run whose rows say what speaks against them: the state has to hold them all.
/// The log lines always do.
const MOST_DETAILED: usize = 300;

/// How one request ended.
pub(super) enum Asked {
    Answered(Evidence, Arc<Token>),
    Broken(String),
    TimedOut,
    /// Logging in took the time that the request needs.
    OutOfTime,
    NoToken(LoginError),
}

/// One request that ended.
pub(super) struct Reply {
    pub(super) place: usize,
    pub(super) started: Started,
    pub(super) sent_at: Timestamp,
    pub(super) took: Duration,
    pub(super) bytes: u64,
    pub(super) asked: Asked,
}

impl<P: Ports> Batch<'_, P> {
    /// Takes a reply in: the target gets its verdict or waits for its next request.
    pub(super) fn take(&self, standing: &mut Standing, reply: Reply) {
        let mut course = standing
            .running
            .remove(&reply.place)
            .expect("it was running");
        let (finding, evidence) = match reply.asked {
            Asked::OutOfTime => {
                standing.waiting.insert(reply.place, course);
                return;
            }
            Asked::NoToken(error) => {
                standing.login_failure.get_or_insert(error);
                standing.waiting.insert(reply.place, course);
                return;
            }
            Asked::TimedOut => (None, None),
            Asked::Broken(ref detail) => (Some(Finding::Failed(detail.clone(), None)), None),
            Asked::Answered(ref evidence, _) => {
                (Some(self.expectation().judge(evidence)), Some(evidence))
            }
        };
        let target = &self.plan.targets[reply.place];
        standing.acted = true;
        course.attempts += 1;
        course.millis = course.millis.max(millis(reply.took));
        standing
            .pace
            .answered(reply.started, sign(evidence, target, reply.took));
        let is_throttled = matches!(finding, Some(Finding::Throttled(_)));
        let named = match &finding {
            Some(Finding::WrongTenant(named)) => Some(named.clone()),
            _ => None,
        };
        let pop = evidence.and_then(|evidence| evidence.pop.as_deref());
        let next = match finding {
            None => Move::Verdict(
                Verdict::TimedOut,
                Some(format!(
                    "no complete answer within {} s",
                    target.timeout.as_secs()
                )),
            ),
            Some(finding) => {
                self.rules()
                    .advance(&mut course, finding, pop, self.step.ports.clock().now())
            }
        };
        match next {
            Move::Verdict(verdict, detail) => {
                let row = self.row(&reply, &course, verdict, detail);
                if let Some(named) = named {
                    standing.condemned = Some(condemn(&row, named));
                }
                standing.rows.push(row);
            }
            Move::Again => {
                if is_throttled {
                    standing.paused_until = standing.paused_until.max(course.not_before);
                }
                standing.waiting.insert(reply.place, course);
            }
            Move::AgainWithNewToken => {
                if let Asked::Answered(_, token) = &reply.asked {
                    self.identity.discard(token);
                }
                standing.waiting.insert(reply.place, course);
            }
        }
    }

    fn expectation(&self) -> Expectation<'_> {
        Expectation {
            contract: &self.step.config.contract,
            tenant: &self.run.tenant,
            version: self.expected,
            purged_at: self.purged_at,
        }
    }

    fn rules(&self) -> Rules {
        let config = &self.step.config;
        Rules {
            error_caching_ttl: config.error_caching_ttl,
            purged_at: self.purged_at,
            recheck_at: config.recheck_after.map(|after| {
                self.purged_at
                    .saturating_add(after)
                    .unwrap_or(Timestamp::MAX)
            }),
            version_checked: self.expected.is_some(),
        }
    }

    fn row(
        &self,
        reply: &Reply,
        course: &Course,
        verdict: Verdict,
        detail: Option<String>,
    ) -> EndpointReport {
        let target = &self.plan.targets[reply.place];
        let evidence = match &reply.asked {
            Asked::Answered(evidence, _) => Some(evidence),
            _ => None,
        };
        let header = |value: fn(&Evidence) -> Option<&String>| {
            evidence.and_then(value).map(|value| shown(value))
        };
        let mut row = EndpointReport {
            path: target.path.clone(),
            variant: self.plan.variant_of(target).values.clone(),
            required: target.required,
            verdict,
            status: evidence.map(|evidence| evidence.status.as_u16()),
            x_cache: header(|evidence| evidence.x_cache.as_ref()),
            age: evidence.and_then(|evidence| evidence.age),
            pop: header(|evidence| evidence.pop.as_ref()),
            version: header(|evidence| evidence.version.as_ref()),
            bytes: reply.bytes,
            millis: course.millis,
            attempts: course.attempts,
            asked_at: to_millis(reply.sent_at),
            detail,
        };
        log(&row);
        if self.plan.targets.len() > MOST_DETAILED {
            row.detail = None;
        }
        row
    }
}

fn sign<'t>(evidence: Option<&Evidence>, target: &'t Target, took: Duration) -> Sign<'t> {
    match evidence {
        Some(evidence)
            if matches!(
                evidence.status,
                StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE
            ) && evidence.source != Source::EdgeFunction =>
        {
            Sign::Overload
        }
        Some(evidence) if evidence.status.is_success() && evidence.source == Source::Origin => {
            Sign::Filled(&target.path, took)
        }
        _ => Sign::None,
    }
}

fn condemn(row: &EndpointReport, named: String) -> Condemned {
    tracing::error!(
        path = row.path,
        named,
        "a response for this tenant names another tenant"
    );
    Condemned {
        path: row.path.clone(),
        variant: row.variant.clone(),
        named,
    }
}

fn log(row: &EndpointReport) {
    let verdict = format!("{:?}", row.verdict);
    let variant = row
        .variant
        .iter()
        .map(|(header, value)| format!("{header}={value}"))
        .collect::<Vec<_>>()
        .join(" ");
    tracing::info!(
        path = row.path,
        variant,
        verdict,
        status = row.status,
        xCache = row.x_cache,
        age = row.age,
        version = row.version,
        millis = row.millis,
        attempts = row.attempts,
        detail = row.detail,
        "verdict"
    );
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn to_millis(time: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(time.as_millisecond()).unwrap_or(time)
}
