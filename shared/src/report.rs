//! The report of a run. A failed run's cause has the same rows, in less room.

use std::collections::VecDeque;
use std::time::Duration;

use crate::contract::Contract;
use crate::message::{
    EndpointReport, EndpointVerdict, InvalidationStatus, Outcome, Progress, Reason, Report, Row,
    Run, Totals, Verdict, XCache,
};
use jiff::Timestamp;
use serde::Serialize;

use crate::plan::Plan;

/// How long a report may be, in bytes of JSON.
#[derive(Clone, Copy, Debug)]
pub enum Room {
    /// In the output of the execution: Step Functions carries 262,144 bytes, with what Lambda wraps
    /// around an answer.
    Output,
    /// In the cause of a failure: Step Functions keeps 32,768 characters, and Lambda puts a backslash
    /// before each quotation mark.
    Cause,
}

impl Room {
    fn bytes(self) -> usize {
        match self {
            Self::Output => 250_000,
            Self::Cause => 30_000,
        }
    }

    /// What a value takes of it.
    fn taken_by(self, value: &impl Serialize) -> usize {
        let text = serde_json::to_string(value).expect("texts and numbers are JSON");
        match self {
            Self::Output => text.len() + blanks(&text),
            Self::Cause => text.len() + text.matches(['"', '\\']).count(),
        }
    }
}

/// What JSON is longer where it is written with a blank after each colon and comma. Step Functions
/// does not say how it writes what it measures; LocalStack writes it so.
fn blanks(json: &str) -> usize {
    ["\":", ",\"", ",{"]
        .iter()
        .map(|separator| json.matches(separator).count())
        .sum()
}

/// The report on a run as it stands.
#[must_use]
pub fn report(
    contract: &Contract,
    run: &Run,
    plan: &Plan,
    progress: &Progress,
    now: Timestamp,
    outcome: Outcome,
) -> Report {
    let fresh = |row: &&Row| row.verdict == Verdict::Fresh;
    let rows = &progress.rows;
    let took = Duration::try_from(now.duration_since(run.started_at)).unwrap_or_default();
    let report = Report {
        outcome,
        tenant: run.tenant.clone(),
        mode: run.mode,
        scope: run.scope.clone(),
        totals: Totals {
            targets: count(rows.len() + progress.remaining.len()),
            fresh: count(rows.iter().filter(fresh).count()),
            requests: rows.iter().map(|row| row.attempts).sum(),
            bytes: rows.iter().map(|row| row.bytes).sum(),
            millis: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        },
        version_checked: run.expected_version.is_some(),
        expected_version: run.expected_version.clone(),
        invalidation_timed_out: progress
            .invalidations
            .iter()
            .any(|invalidation| invalidation.status != InvalidationStatus::Completed),
        invalidations: progress.invalidations.clone(),
        endpoints: Vec::new(),
        without_evidence: Vec::new(),
        left_out: 0,
    };
    let (rows, room) = match outcome {
        Outcome::Failed => (rows.iter().filter(|row| !fresh(row)).collect(), Room::Cause),
        Outcome::Fresh | Outcome::Degraded => (rows.iter().collect(), Room::Output),
    };
    let rows = in_order(rows).map(|row| endpoint(contract, run, plan, row));
    with_rows(report, rows.collect(), room)
}

/// What is not fresh first, then in the plan's order.
fn in_order(mut rows: Vec<&Row>) -> impl Iterator<Item = &Row> {
    rows.sort_by_key(|row| (row.verdict == Verdict::Fresh, row.target));
    rows.into_iter()
}

/// Puts as many rows in as there is room for: with their evidence as long as all others still have
/// room without theirs.
fn with_rows(mut report: Report, rows: Vec<EndpointReport>, room: Room) -> Report {
    let mut left = room.bytes().saturating_sub(room.taken_by(&report) + 64);
    let mut bare: VecDeque<(EndpointVerdict, usize)> = rows
        .iter()
        .map(|row| {
            let bare = EndpointVerdict {
                path: row.path.clone(),
                variant: row.variant.clone(),
                verdict: row.verdict,
            };
            let taken = room.taken_by(&bare) + 1;
            (bare, taken)
        })
        .collect();
    let mut others: usize = bare.iter().map(|(_, taken)| taken).sum();
    let mut rows = rows.into_iter();
    for row in rows.by_ref() {
        let taken = room.taken_by(&row) + 1;
        let own = bare.front().map_or(0, |(_, taken)| *taken);
        // The first row keeps its evidence, even if that leaves no room for the names of the rest.
        let beside = if report.endpoints.is_empty() {
            0
        } else {
            others - own
        };
        if taken + beside > left {
            break;
        }
        left -= taken;
        others -= own;
        bare.pop_front();
        report.endpoints.push(row);
    }
    for (row, taken) in bare {
        if taken <= left {
            left -= taken;
            report.without_evidence.push(row);
        } else {
            report.left_out += 1;
        }
    }
    report
}

/// A row, spelled out.
#[must_use]
pub fn endpoint(contract: &Contract, run: &Run, plan: &Plan, row: &Row) -> EndpointReport {
    let target = &plan.targets[row.target];
    let asked_at = run
        .started_at
        .saturating_add(Duration::from_millis(row.asked_at))
        .unwrap_or(run.started_at);
    EndpointReport {
        path: target.path.clone(),
        variant: plan.variant_of(target).values.clone(),
        required: target.required,
        verdict: row.verdict,
        detail: detail(contract, run, plan, row),
        status: row.status,
        x_cache: row.x_cache.map(|x_cache| x_cache.as_str().to_owned()),
        age: row.age,
        pop: row.pop.clone(),
        version: row.version.clone(),
        bytes: row.bytes,
        millis: row.millis,
        attempts: row.attempts,
        asked_at: Timestamp::from_millisecond(asked_at.as_millisecond()).unwrap_or(asked_at),
    }
}

/// What speaks against a target, in words.
fn detail(contract: &Contract, run: &Run, plan: &Plan, row: &Row) -> Option<String> {
    let target = &plan.targets[row.target];
    let stamp = contract.version.as_ref();
    let header = stamp.map_or("version", |stamp| stamp.header.as_str());
    let version = row.version.as_deref().unwrap_or_default();
    let expected = run.expected_version.as_deref().unwrap_or_default();
    let Some(reason) = row.reason else {
        let timed_out = row.verdict == Verdict::TimedOut;
        let limit = target.timeout.as_secs();
        return timed_out.then(|| format!("no complete answer within {limit} s"));
    };
    Some(match reason {
        Reason::Status => {
            let edge = row.x_cache.is_some_and(XCache::is_edge_function);
            let who = if edge {
                "a function at the edge"
            } else {
                "the origin"
            };
            format!("{who} answered {}", row.status.unwrap_or_default())
        }
        Reason::Broken => row.broke.clone().unwrap_or_default(),
        Reason::NoTenant => format!(
            "the body names no tenant at {}",
            target.tenant_pointer.as_deref().unwrap_or_default()
        ),
        Reason::Coding => "the body's content-encoding is unknown, so its tenant is".to_owned(),
        Reason::OtherTenant => "it names another tenant".to_owned(),
        Reason::NoVersion => format!("the answer has no {header}"),
        Reason::BadVersion => format!("its {header} {version:?} cannot be compared"),
        Reason::OldVersion => {
            format!("its {header} is {version}, {expected} or later is expected")
        }
        Reason::BeforePurge => format!(
            "it was stored before the purge, {} s before it was asked for",
            row.age.unwrap_or_default()
        ),
        Reason::AroundPurge => {
            "it was stored so near to the purge that its age cannot tell".to_owned()
        }
        Reason::NoAge => {
            "it came from the cache without an age: nothing is known of a stored copy".to_owned()
        }
        Reason::Forbidden => "its cache-control forbids storing it".to_owned(),
        Reason::NotKept => "the confirming requests were not answered from the cache".to_owned(),
        Reason::NotCached => "it is not in the cache".to_owned(),
    })
}

fn count(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
