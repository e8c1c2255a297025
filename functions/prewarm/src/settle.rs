//! What a run does when a function call has asked all it could: go on, repair, fail, or report.

use std::collections::HashMap;
use std::time::Duration;

use warmfront::clock::Clock;
use warmfront::environment::ConfigurationError;
use warmfront::message::{
    Course, EndpointReport, InvalidationStatus, Outcome, Progress, RemainingTarget, Report, Run,
    Totals, VariantValues, Verdict,
};

use crate::config::Config;
use crate::error::{Lacking, PrewarmError, Shortfall};
use crate::plan::Plan;
use crate::preflight::all_remaining;

/// Calls in a row that could do nothing, before the run gives up.
const MOST_IDLE_CALLS: u32 = 3;
/// Targets that a failure names: its text stays well below the 32,768 characters that Step
/// Functions keeps of a cause.
const MOST_NAMED: usize = 20;

/// Where a run goes.
#[derive(Debug)]
pub enum Settled {
    /// Another tenant's answer is to be purged before the run fails.
    Condemned,
    /// Targets are left for another call.
    Unfinished,
    /// Something is stale: purge again, warm again.
    Repair,
    /// Every required target is fresh.
    Finished(Box<Report>),
}

/// Decides where the run goes.
pub fn settle(
    config: &Config,
    run: &Run,
    plan: &Plan,
    progress: &mut Progress,
    clock: &impl Clock,
) -> Result<Settled, PrewarmError> {
    if progress.condemned.is_some() {
        return Ok(Settled::Condemned);
    }
    if !progress.remaining.is_empty() {
        return if progress.idle_calls < MOST_IDLE_CALLS {
            Ok(Settled::Unfinished)
        } else {
            Err(too_short(progress).into())
        };
    }
    let has = |verdict| progress.rows.iter().any(|row| row.verdict == verdict);
    if has(Verdict::Stale) {
        if progress.repairs >= config.stale_repairs {
            return Err(PrewarmError::StaleAfterPurge(shortfall(
                run,
                plan,
                &progress.rows,
            )));
        }
        repair(plan, progress);
        return Ok(Settled::Repair);
    }
    let lacks = |row: &EndpointReport| row.required && row.verdict != Verdict::Fresh;
    if progress.rows.iter().any(lacks) {
        return Err(PrewarmError::Incomplete(shortfall(
            run,
            plan,
            &progress.rows,
        )));
    }
    let report = report(run, plan, progress, clock);
    Ok(Settled::Finished(Box::new(report)))
}

/// The tag's purge drops what is fresh as well, so everything is warmed again.
fn repair(plan: &Plan, progress: &mut Progress) {
    tracing::warn!(
        repair = progress.repairs + 1,
        "something is stale: purging and warming again"
    );
    progress.repairs += 1;
    let asked: HashMap<(String, VariantValues), (u32, u64)> = progress
        .rows
        .drain(..)
        .map(|row| ((row.path, row.variant), (row.attempts, row.millis)))
        .collect();
    progress.remaining = all_remaining(plan)
        .into_iter()
        .map(|target| {
            let key = (target.path, target.variant);
            let course = asked.get(&key).map(|&(attempts, millis)| Course {
                attempts,
                millis,
                ..Course::default()
            });
            RemainingTarget {
                path: key.0,
                variant: key.1,
                course,
            }
        })
        .collect();
}

fn report(run: &Run, plan: &Plan, progress: &mut Progress, clock: &impl Clock) -> Report {
    let endpoints = in_order(plan, std::mem::take(&mut progress.rows));
    let all_fresh = endpoints.iter().all(|row| row.verdict == Verdict::Fresh);
    let took = Duration::try_from(clock.now().duration_since(run.started_at)).unwrap_or_default();
    let totals = Totals {
        targets: count(endpoints.iter()),
        fresh: count(endpoints.iter().filter(|row| row.verdict == Verdict::Fresh)),
        requests: endpoints.iter().map(|row| row.attempts).sum(),
        bytes: endpoints.iter().map(|row| row.bytes).sum(),
        millis: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
    };
    Report {
        tenant: run.tenant.clone(),
        scope: run.scope.clone(),
        outcome: if all_fresh {
            Outcome::Fresh
        } else {
            Outcome::Degraded
        },
        version_checked: run.expected_version.is_some(),
        expected_version: run.expected_version.clone(),
        invalidation_timed_out: progress
            .invalidations
            .iter()
            .any(|invalidation| invalidation.status != InvalidationStatus::Completed),
        invalidations: progress.invalidations.clone(),
        endpoints,
        totals,
    }
}

fn shortfall(run: &Run, plan: &Plan, rows: &[EndpointReport]) -> Shortfall {
    let rows = in_order(plan, rows.to_vec());
    let targets = rows.len();
    let lacking: Vec<EndpointReport> = rows
        .into_iter()
        .filter(|row| row.verdict != Verdict::Fresh)
        .collect();
    Shortfall {
        tenant: run.tenant.clone(),
        targets,
        fresh: targets - lacking.len(),
        more: lacking.len().saturating_sub(MOST_NAMED),
        lacking: lacking
            .into_iter()
            .take(MOST_NAMED)
            .map(|row| Lacking {
                path: row.path,
                variant: row.variant,
                required: row.required,
                verdict: row.verdict,
                status: row.status,
                detail: row.detail,
            })
            .collect(),
    }
}

/// Rows come in as answers do; people read them in the contract's order.
fn in_order(plan: &Plan, mut rows: Vec<EndpointReport>) -> Vec<EndpointReport> {
    rows.sort_by_cached_key(|row| plan.place_of(&row.path, &row.variant));
    rows
}

fn count<'a>(rows: impl Iterator<Item = &'a EndpointReport>) -> u32 {
    u32::try_from(rows.count()).unwrap_or(u32::MAX)
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
