//! A verdict with its evidence: the row in the state, and the line in the log.

use warmfront::message::{Condemned, Reason, Remaining, Row, Verdict};
use warmfront::report::endpoint;

use super::request::Reply;
use super::{Batch, since};
use crate::ports::Ports;
use crate::proof::{Finding, shown};

/// Longest version and longest tenant name in a row.
const LONGEST_NAME: usize = 64;

impl<P: Ports> Batch<'_, P> {
    pub(super) fn row(
        &self,
        reply: &Reply,
        target: &Remaining,
        verdict: Verdict,
        reason: Option<Reason>,
        finding: &Finding,
    ) -> Row {
        let evidence = reply.evidence();
        let row = Row {
            target: target.target,
            verdict,
            reason,
            broke: match finding {
                Finding::Broken { what, .. } => Some(shown(what, Row::LONGEST_BREAK)),
                _ => None,
            },
            status: evidence.map(|evidence| evidence.status.as_u16()),
            x_cache: evidence.and_then(|evidence| evidence.x_cache),
            age: evidence
                .and_then(|evidence| evidence.age)
                .map(|age| u32::try_from(age).unwrap_or(u32::MAX)),
            pop: evidence
                .and_then(|evidence| evidence.pop.as_deref())
                .map(|pop| shown(pop, Row::LONGEST_POP)),
            version: evidence
                .and_then(|evidence| evidence.version.as_deref())
                .map(|version| shown(version, LONGEST_NAME)),
            bytes: reply.bytes,
            millis: target.millis,
            attempts: target.attempts,
            asked_at: since(self.run.started_at, reply.sent_at),
        };
        self.log(&row);
        row
    }

    fn log(&self, row: &Row) {
        let row = endpoint(&self.config.contract, self.run, self.plan, row);
        let variant = row
            .variant
            .iter()
            .map(|(header, value)| format!("{header}={value}"))
            .collect::<Vec<_>>()
            .join(" ");
        tracing::info!(
            path = row.path,
            variant,
            verdict = row.verdict.as_str(),
            status = row.status,
            xCache = row.x_cache,
            age = row.age,
            pop = row.pop,
            version = row.version,
            millis = row.millis,
            attempts = row.attempts,
            detail = row.detail,
            "verdict"
        );
    }

    pub(super) fn condemn(&self, reply: &Reply, named: &str) -> Condemned {
        let named = shown(named, LONGEST_NAME);
        tracing::error!(
            path = self.plan.targets[reply.number].path,
            named,
            "a response for this tenant names another tenant"
        );
        Condemned {
            target: reply.number,
            named,
        }
    }
}
