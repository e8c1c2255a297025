//! The books: reports against what CloudFront saw, and the bounds on purges, passwords and time.

use warmfront::failure::ErrorName;
use warmfront::message::{EndpointReport, Outcome, Report, Verdict};

use super::Tally;
use crate::history::{Asked, History, RunId};
use crate::simulation::{Ending, RunEnd};
use crate::world::World;

/// Passwords of one call that Cognito refuses.
const MOST_WRONG_PASSWORDS: usize = 2;

/// Everything that does not add up.
pub(super) fn problems(ending: &Ending, history: &History, tally: &mut Tally) -> Vec<String> {
    let world = &ending.world;
    let mut wrong = Vec::new();
    tally.worlds += 1;
    tally.lost_calls += history
        .calls
        .iter()
        .filter(|call| call.lost)
        .map(|_| 1)
        .sum::<u64>();
    for call in history.calls.iter().filter(|call| call.overran) {
        wrong.push(format!("{call:?} was still at work when its time was over"));
    }
    check_passwords(history, tally, &mut wrong);
    for (run, end) in ending.runs.iter().enumerate() {
        tally.runs += 1;
        tally.redrives += u64::from(end.redriven);
        let purges = history
            .created
            .iter()
            .filter(|created| created.run == run)
            .count();
        tally.repairs += u64::try_from(purges.saturating_sub(1)).expect("few");
        let lives = usize::try_from(end.redriven).expect("few") + 1;
        let most_purges = lives * purges_of_one_life(world);
        if purges > most_purges {
            wrong.push(format!(
                "run {run} made {purges} invalidations, {most_purges} are allowed"
            ));
        }
        tally.stale_answers += stale_answers(history, run);
        match &end.result {
            Ok(report) => {
                tally.reports += 1;
                check_report(world, history, run, end, report, &mut wrong);
            }
            Err(error) => {
                let known = ErrorName::ALL
                    .iter()
                    .any(|name| name.as_str() == error.name);
                if !known && !error.name.starts_with("Lambda.") && !is_death(&error.name) {
                    wrong.push(format!("run {run} ended with {error:?}"));
                }
            }
        }
        check_liveness(world, run, end, purges, &mut wrong);
    }
    wrong
}

/// A call has two passwords refused at most, and a run that was told so sends none until a person redrives it.
fn check_passwords(history: &History, tally: &mut Tally, wrong: &mut Vec<String>) {
    for (index, call) in history.calls.iter().enumerate() {
        let of_call = history.passwords.iter().filter(|sent| sent.call == index);
        let refused = of_call.filter(|sent| sent.refused).count();
        tally.wrong_passwords += u64::try_from(refused).expect("few");
        if refused > MOST_WRONG_PASSWORDS {
            wrong.push(format!("{call:?} sent {refused} wrong passwords"));
        }
    }
    for sent in &history.passwords {
        let call = &history.calls[sent.call];
        let is_same_life = |told: &usize| {
            let told = &history.calls[*told];
            (told.run, told.life) == (call.run, call.life)
        };
        let mut before = history.refusals.iter().filter(|told| **told < sent.call);
        if before.any(is_same_life) {
            wrong.push(format!("{call:?} sent passwords after they were refused"));
        }
    }
}

fn is_death(name: &str) -> bool {
    matches!(name, "Sandbox.Timedout" | "Runtime.ExitError")
}

/// The first purge and the repairs; twice that where CloudFront refuses the repetition of a purge whose answer was
/// lost, since it has to be asked for under a second reference.
fn purges_of_one_life(world: &World) -> usize {
    let repairs = usize::try_from(world.scenario.stale_repairs).expect("few");
    let takes = if world.scenario.trouble.refuses_repetition {
        2
    } else {
        1
    };
    let condemned = usize::from(world.scenario.mixes_tenants > 0.0);
    takes * (1 + repairs + condemned)
}

fn stale_answers(history: &History, run: RunId) -> u64 {
    let expected = u64::try_from(run).expect("few") + 2;
    let stale = |asked: &&Asked| {
        let version = asked.answer.as_ref().and_then(|answer| answer.version);
        asked.run == run && version.is_some_and(|version| version < expected)
    };
    u64::try_from(history.asked.iter().filter(stale).count()).expect("few")
}

/// Where nothing but CloudFront's timing stands in the way, everything has to end fresh.
fn check_liveness(world: &World, run: RunId, end: &RunEnd, purges: usize, wrong: &mut Vec<String>) {
    if !world.scenario.is_benign() {
        return;
    }
    let fresh = end.result.as_ref().is_ok_and(|report| {
        report
            .endpoints
            .iter()
            .all(|row| row.verdict == Verdict::Fresh)
    });
    if !fresh {
        wrong.push(format!(
            "nothing stood in the way of run {run}, and it ended {:?}",
            end.result
        ));
    }
    if purges > 2 {
        wrong.push(format!(
            "run {run} took {purges} purges, one repair is enough here"
        ));
    }
}

fn check_report(
    world: &World,
    history: &History,
    run: RunId,
    end: &RunEnd,
    report: &Report,
    wrong: &mut Vec<String>,
) {
    for invalidation in &report.invalidations {
        let known = |created: &&crate::history::Created| {
            created.run == run && created.id == invalidation.id
        };
        if !history.created.iter().any(|created| known(&created)) {
            wrong.push(format!(
                "run {run} reports {invalidation:?}, which was never made"
            ));
        }
    }
    check_sums(world, run, report, wrong);
    let last = history
        .created
        .iter()
        .rev()
        .find(|created| created.run == run);
    if report.invalidations.last().map(|last| &last.id) != last.map(|created| &created.id) {
        wrong.push(format!(
            "run {run} reports {:?}, the last was {last:?}",
            report.invalidations
        ));
    }
    for row in &report.endpoints {
        let target = target_of(world, row);
        // What a lost call asked, nobody can report.
        let asked: Vec<&Asked> = history
            .asked
            .iter()
            .filter(|asked| asked.run == run && asked.target == target)
            .filter(|asked| history.calls[asked.call].answered)
            .collect();
        let attempts = usize::try_from(row.attempts).expect("few");
        // A redrive may begin to count anew.
        if attempts > asked.len() || (end.redriven == 0 && attempts != asked.len()) {
            wrong.push(format!(
                "run {run} reports {row:?}, {} requests were made",
                asked.len()
            ));
        }
        if !asked.last().is_some_and(|last| agrees(last, row)) {
            wrong.push(format!(
                "run {run} reports {row:?}, which nobody saw: {asked:?}"
            ));
        }
    }
}

/// One row for each target of the run, and sums that are theirs.
fn check_sums(world: &World, run: RunId, report: &Report, wrong: &mut Vec<String>) {
    let rows = &report.endpoints;
    let mut reported: Vec<usize> = rows.iter().map(|row| target_of(world, row)).collect();
    reported.sort_unstable();
    let targets = 0..world.targets.len();
    let of_the_run = targets.filter(|target| world.is_in_scope(run, *target));
    let fresh = rows
        .iter()
        .filter(|row| row.verdict == Verdict::Fresh)
        .count();
    let outcome = if fresh == rows.len() {
        Outcome::Fresh
    } else {
        Outcome::Degraded
    };
    let totals = &report.totals;
    let adds_up = totals.requests == rows.iter().map(|row| row.attempts).sum::<u32>()
        && totals.bytes == rows.iter().map(|row| row.bytes).sum::<u64>()
        && totals.targets == u32::try_from(rows.len()).expect("few")
        && totals.fresh == u32::try_from(fresh).expect("few");
    let lacks_required = |row: &EndpointReport| row.required && row.verdict != Verdict::Fresh;
    if !reported.into_iter().eq(of_the_run)
        || !adds_up
        || report.outcome != outcome
        || rows.iter().any(lacks_required)
    {
        wrong.push(format!(
            "run {run} reports what does not add up: {report:?}"
        ));
    }
}

/// Whether the row tells of this request.
fn agrees(asked: &Asked, row: &EndpointReport) -> bool {
    let sent = i64::try_from(asked.sent.as_millis()).expect("within the calendar");
    if row.asked_at.as_millisecond() != sent {
        return false;
    }
    let Some(answer) = &asked.answer else {
        return row.status.is_none();
    };
    row.status == Some(answer.status)
        && row.x_cache.as_deref() == Some(answer.x_cache)
        && row.pop.as_deref() == Some(answer.pop)
        && row.age.map(u64::from) == answer.age
        && row.version.as_ref() == answer.version.map(|version| version.to_string()).as_ref()
}

/// The target that a row is about.
pub(super) fn target_of(world: &World, row: &EndpointReport) -> usize {
    world
        .targets
        .iter()
        .position(|target| {
            target.path == row.path && row.variant.get("x-locale-bucket") == Some(&target.variant)
        })
        .expect("a row is about a target")
}
