//! What becomes of a run once a function call has done its share: it goes on, purges again, fails, or
//! ends with a report.

use jiff::Timestamp;
use warmfront::environment::ConfigurationError;
use warmfront::failure::ErrorName;
use warmfront::message::{
    EndpointReport, Mode, Outcome, Progress, Remaining, Report, Row, Run, Verdict,
};
use warmfront::plan::Plan;
use warmfront::report::report;

use crate::config::Config;
use crate::error::PrewarmError;

/// Calls in a row that could do nothing, before the run gives up.
const MOST_IDLE_CALLS: u32 = 3;

/// What a run does next.
#[derive(Debug)]
pub enum Decision {
    /// Targets are left for another call.
    GoOn,
    /// Purge again: something is stale, and all is warmed again; or another tenant's answer is to be
    /// dropped before the run fails.
    PurgeAgain,
    /// Every required target is fresh.
    Finish(Box<Report>),
}

/// A run as it stands after a call's share of the requests.
pub struct Standing<'a> {
    /// The settings.
    pub config: &'a Config,
    /// What it is for.
    pub run: &'a Run,
    /// What it requests.
    pub plan: &'a Plan,
    /// The time.
    pub now: Timestamp,
}

impl Standing<'_> {
    /// Decides what the run does next.
    pub fn decide(&self, progress: &mut Progress) -> Result<Decision, PrewarmError> {
        if progress.condemned.is_some() {
            return if self.run.mode == Mode::Refresh {
                Ok(Decision::PurgeAgain)
            } else {
                Err(self.wrong_tenant(progress))
            };
        }
        if !progress.remaining.is_empty() {
            return if progress.idle_calls < MOST_IDLE_CALLS {
                Ok(Decision::GoOn)
            } else {
                Err(too_short(progress).into())
            };
        }
        let is_stale = |row: &Row| row.verdict == Verdict::Stale;
        let purges = self.run.mode == Mode::Refresh;
        if purges && progress.rows.iter().any(is_stale) {
            if progress.repairs >= self.config.stale_repairs {
                return Err(self.failure(ErrorName::StaleAfterPurge, progress));
            }
            repair(progress);
            return Ok(Decision::PurgeAgain);
        }
        let lacks =
            |row: &Row| self.plan.targets[row.target].required && row.verdict != Verdict::Fresh;
        if progress.rows.iter().any(lacks) {
            let name = if purges {
                ErrorName::PrewarmIncomplete
            } else {
                ErrorName::NotFresh
            };
            return Err(self.failure(name, progress));
        }
        let is_fresh = |row: &Row| row.verdict == Verdict::Fresh;
        let outcome = if progress.rows.iter().all(is_fresh) {
            Outcome::Fresh
        } else {
            Outcome::Degraded
        };
        Ok(Decision::Finish(Box::new(self.report(progress, outcome))))
    }

    /// The failure of a run that was answered with another tenant's data.
    #[must_use]
    pub fn wrong_tenant(&self, progress: &Progress) -> PrewarmError {
        let purged = match self.run.mode {
            Mode::Refresh => "was purged again and is not refilled",
            Mode::Warm | Mode::Verify => "was not purged",
        };
        let condemned = progress.condemned.as_ref();
        let path = condemned.map(|condemned| self.plan.targets[condemned.target].path.as_str());
        PrewarmError::Unproven {
            name: ErrorName::WrongTenant,
            sentence: format!(
                "The answer to {} for tenant {} names tenant {:?}; the cache of {} {purged}. Treat it \
                 as an incident: find out why the origin or the cache key mixes tenants \
                 (docs/runbook.md#wrongtenant).",
                path.unwrap_or_default(),
                self.run.tenant,
                condemned.map_or("", |condemned| &condemned.named),
                self.run.tenant,
            ),
            report: Box::new(self.report(progress, Outcome::Failed)),
        }
    }

    fn report(&self, progress: &Progress, outcome: Outcome) -> Report {
        report(
            &self.config.contract,
            self.run,
            self.plan,
            progress,
            self.now,
            outcome,
        )
    }

    fn failure(&self, name: ErrorName, progress: &Progress) -> PrewarmError {
        let report = self.report(progress, Outcome::Failed);
        let cure = match name {
            ErrorName::StaleAfterPurge => {
                "Find out why old data is still served (docs/runbook.md#staleafterpurge), then \
                 redrive: it purges and requests again."
            }
            ErrorName::NotFresh => {
                "Nothing was purged. To purge, start a run of mode refresh \
                 (docs/runbook.md#notfresh)."
            }
            _ => {
                "Cure what the verdicts name (docs/runbook.md#verdicts-that-are-not-fresh), then \
                 redrive: it purges and requests again."
            }
        };
        let totals = &report.totals;
        let lacking = totals.targets - totals.fresh;
        let first = report.endpoints.first().map(described).unwrap_or_default();
        let others = if lacking > 1 {
            format!(", and {} more", lacking - 1)
        } else {
            String::new()
        };
        PrewarmError::Unproven {
            name,
            sentence: format!(
                "{} of {} targets of tenant {} are fresh after {} s and {} purges; not fresh: \
                 {first}{others}. {cure}",
                totals.fresh,
                totals.targets,
                report.tenant,
                totals.millis / 1_000,
                report.invalidations.len(),
            ),
            report: Box::new(report),
        }
    }
}

/// A target that is not fresh, in words.
fn described(row: &EndpointReport) -> String {
    let variant = row.variant.iter();
    let variant = variant.fold(String::new(), |told, (header, value)| {
        told + " " + header + "=" + value
    });
    let pop = row.pop.as_ref().map(|pop| format!(" at {pop}"));
    let detail = row.detail.as_ref().map(|detail| format!(": {detail}"));
    format!(
        "{}{variant}{} is {}{}",
        row.path,
        pop.unwrap_or_default(),
        row.verdict.as_str(),
        detail.unwrap_or_default()
    )
}

/// The tag's purge drops what is fresh as well, so everything is warmed again.
fn repair(progress: &mut Progress) {
    tracing::warn!(
        repair = progress.repairs + 1,
        "something is stale: purging and warming again"
    );
    progress.repairs += 1;
    begin_anew(progress, |row| Remaining {
        target: row.target,
        attempts: row.attempts,
        millis: row.millis,
        ..Remaining::default()
    });
}

/// Has every target requested again, those in rows as `again` says.
pub fn begin_anew(progress: &mut Progress, again: impl Fn(&Row) -> Remaining) {
    progress.remaining.extend(progress.rows.iter().map(again));
    progress.remaining.sort_by_key(|target| target.target);
    progress.rows.clear();
}

fn too_short(progress: &Progress) -> ConfigurationError {
    ConfigurationError {
        problems: vec![format!(
            "{} calls of the function in a row had no time for any of the {} targets that remain: \
             raise the function's timeout or lower the endpoints'",
            progress.idle_calls,
            progress.remaining.len()
        )],
        contract_problems: Vec::new(),
    }
}
