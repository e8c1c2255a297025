//! What a run promises, held against what happened. `docs/semantics.md` says the same in words.

mod books;
mod bounds;

use cloudfront_local::model::Time;
use warmfront::message::{EndpointReport, InvalidationStatus, Report, Verdict};

use crate::history::{Created, History, Read};
use crate::scenario::Collapsing;
use crate::simulation::{Ending, RunEnd};

/// How much was looked at: a promise that nothing tests proves nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Worlds.
    pub worlds: u64,
    /// Executions.
    pub runs: u64,
    /// Executions with a report.
    pub reports: u64,
    /// Rows that say fresh.
    pub fresh: u64,
    /// Of them, with a promise to hold.
    pub promises: u64,
    /// Of them, with a newer version to hold than the run's own, proven by an overlapping run.
    pub overlaps: u64,
    /// Reads that a promise covered.
    pub reads: u64,
    /// Of them, at another POP than the row's.
    pub reads_elsewhere: u64,
    /// Invalidations beyond the first of their run.
    pub repairs: u64,
    /// Answers to the prewarmer with data that is older than expected.
    pub stale_answers: u64,
    /// Redrives.
    pub redrives: u64,
    /// Calls whose answer was lost, by death or on the way.
    pub lost_calls: u64,
    /// Wrong passwords.
    pub wrong_passwords: u64,
    /// Reads of a copy that was stored late.
    pub late_reads: u64,
    /// Executions for a scope.
    pub scoped: u64,
    /// Executions that ended because an answer named another tenant.
    pub wrong_tenants: u64,
}

impl Tally {
    /// Adds another one.
    pub fn add(&mut self, other: &Self) {
        self.worlds += other.worlds;
        self.runs += other.runs;
        self.reports += other.reports;
        self.fresh += other.fresh;
        self.promises += other.promises;
        self.overlaps += other.overlaps;
        self.reads += other.reads;
        self.reads_elsewhere += other.reads_elsewhere;
        self.repairs += other.repairs;
        self.stale_answers += other.stale_answers;
        self.redrives += other.redrives;
        self.lost_calls += other.lost_calls;
        self.wrong_passwords += other.wrong_passwords;
        self.late_reads += other.late_reads;
        self.scoped += other.scoped;
        self.wrong_tenants += other.wrong_tenants;
    }
}

/// Whose reads a promise covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reach {
    /// Those at the POP that the row names.
    ItsPop,
    /// Those at any POP, unless a late answer stayed there alone.
    Everywhere,
}

/// A row that says fresh, as a promise.
#[derive(Clone, Copy, Debug)]
struct Promise<'a> {
    target: usize,
    pop: &'a str,
    /// Data older than this is a breach; nothing where versions were not compared.
    version: Option<u64>,
    /// What was stored before this is a breach.
    purged: Time,
    from: Time,
    until: Option<Time>,
    reach: Reach,
    /// Whether another tenant's data is a breach, too.
    names_tenant: bool,
}

/// Everything that is wrong with the end of a world, one sentence each.
pub fn breaches(ending: &Ending, tally: &mut Tally) -> Vec<String> {
    let world = &ending.world;
    let state = world.state();
    let history = &state.history;
    let mut wrong = books::problems(ending, history, tally);
    wrong.extend(bounds::problems(ending, &state, tally));
    for end in &ending.runs {
        let Ok(report) = &end.result else { continue };
        for promise in promises(ending, history, end, report, tally) {
            for read in &history.reads {
                if !promise.covers(read) {
                    continue;
                }
                tally.reads += 1;
                tally.reads_elsewhere += u64::from(read.answer.pop != promise.pop);
                tally.late_reads += u64::from(read.answer.late);
                if promise.is_broken_by(read) {
                    wrong.push(format!("{promise:?} is broken by {read:?}"));
                }
            }
        }
    }
    wrong
}

fn promises<'a>(
    ending: &Ending,
    history: &History,
    end: &RunEnd,
    report: &'a Report,
    tally: &mut Tally,
) -> Vec<Promise<'a>> {
    let world = &ending.world;
    let scenario = &world.scenario;
    let Some(purge) = last_purge(history, report) else {
        return Vec::new();
    };
    let last = report.invalidations.last();
    let completed = last.is_some_and(|last| last.status == InvalidationStatus::Completed);
    let another_under_way = history.created.iter().any(|created| {
        created.id != purge.id && created.at <= purge.at && created.completes > purge.at
    });
    // A purge that arrives after the report makes readers ask the origin again.
    let refilled_later = !completed || another_under_way;
    let rows = report
        .endpoints
        .iter()
        .filter(|row| row.verdict == Verdict::Fresh);
    let mut promises = Vec::new();
    for row in rows {
        tally.fresh += 1;
        let lags = !scenario.lag.is_zero();
        if report.version_checked && lags && refilled_later {
            continue;
        }
        let reach = match scenario.collapsing {
            Collapsing::Strict if scenario.shield.is_some() && completed => Reach::Everywhere,
            Collapsing::Strict => Reach::ItsPop,
            Collapsing::LastAnswerStays if !report.version_checked => Reach::ItsPop,
            Collapsing::LastAnswerStays if scenario.promises_whatever_stays => Reach::ItsPop,
            // What lands after the last confirming request is nobody's to see.
            Collapsing::LastAnswerStays => continue,
        };
        tally.promises += 1;
        let target = books::target_of(world, row);
        // A later purge empties the cache again; what fills it then is that run's to judge.
        let until = history
            .created
            .iter()
            .filter(|created| created.at > purge.at && world.is_in_scope(created.run, target))
            .map(|created| created.at)
            .min();
        promises.push(Promise {
            target,
            pop: row.pop.as_deref().unwrap_or_default(),
            version: expected(report).map(|version| {
                if lags || scenario.collapsing != Collapsing::Strict {
                    return version;
                }
                let newest = newest_before(ending, history, row, purge.at);
                tally.overlaps += u64::from(newest > version);
                newest.max(version)
            }),
            purged: purge.at,
            from: end.at,
            until,
            reach,
            names_tenant: !refilled_later && scenario.collapsing == Collapsing::Strict,
        });
    }
    promises
}

fn last_purge<'h>(history: &'h History, report: &Report) -> Option<&'h Created> {
    let last = report.invalidations.last()?;
    history.created.iter().find(|created| created.id == last.id)
}

fn expected(report: &Report) -> Option<u64> {
    let version = report.expected_version.as_deref()?;
    Some(version.parse().expect("versions are numbers here"))
}

/// The newest version that any run has proven for the same target and POP, whose last purge was not later. An older
/// refresh that purges after it has to leave the newest data, too.
fn newest_before(ending: &Ending, history: &History, row: &EndpointReport, purged: Time) -> u64 {
    let reports = ending
        .runs
        .iter()
        .filter_map(|end| end.result.as_ref().ok());
    reports
        .filter(|report| last_purge(history, report).is_some_and(|purge| purge.at <= purged))
        .filter(|report| {
            report.endpoints.iter().any(|other| {
                other.verdict == Verdict::Fresh
                    && other.path == row.path
                    && other.variant == row.variant
                    && other.pop == row.pop
            })
        })
        .filter_map(expected)
        .max()
        .unwrap_or_default()
}

impl Promise<'_> {
    fn covers(&self, read: &Read) -> bool {
        let answer = &read.answer;
        let there = answer.pop == self.pop || (self.reach == Reach::Everywhere && !answer.late);
        read.target == self.target
            && answer.status == 200
            && read.asked >= self.from
            && self.until.is_none_or(|until| read.asked < until)
            && there
    }

    fn is_broken_by(&self, read: &Read) -> bool {
        // What the origin is asked for later it may mix again: nothing here cures an origin.
        if self.names_tenant && read.answer.foreign && read.answer.received <= self.from {
            return true;
        }
        match self.version {
            Some(version) => read.answer.version.is_some_and(|found| found < version),
            None => read.answer.received < self.purged,
        }
    }
}
