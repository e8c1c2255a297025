//! Where a run's own account and the stand-ins' differ.

use stack::origin::OriginRequest;
use warmfront::message::{EndpointReport, Report, VariantValues, Verdict};

use super::{Seen, Witness};
use crate::ended::report_in;

const LOCALE: &str = "x-locale-bucket";
const DEVICE: &str = "x-device-class";
/// From a request's start in the function to its arrival, on a busy machine.
const ON_ITS_WAY: i64 = 5_000;
/// Ages are whole seconds, rounded down; an object is stored a moment after it was sent.
const OF_AN_AGE: i64 = 2_000;
/// Clocks are cut to milliseconds, here and there.
const CUT: i64 = 2;

impl Witness {
    /// What a report says and was not seen, or the reverse; empty when they agree.
    pub(crate) fn disputes(&self, report: &Report) -> Vec<String> {
        let mut disputes = self.disputed_purges(report);
        for row in &report.endpoints {
            let what = format!("{} {:?}", row.path, row.variant);
            let about = self.disputed_row(row);
            disputes.extend(about.into_iter().map(|why| format!("{what}: {why}")));
        }
        let rows = &report.endpoints;
        let bare = &report.without_evidence;
        let verdicts = rows.iter().map(|row| row.verdict);
        let verdicts = verdicts.chain(bare.iter().map(|row| row.verdict));
        let totals = &report.totals;
        let counted = (
            rows.len() + bare.len(),
            verdicts
                .filter(|verdict| *verdict == Verdict::Fresh)
                .count(),
        );
        let told = (totals.targets as usize, totals.fresh as usize);
        let requests: u32 = rows.iter().map(|row| row.attempts).sum();
        let bytes: u64 = rows.iter().map(|row| row.bytes).sum();
        // Of rows without evidence only the verdict is told.
        let are_the_sums = if bare.is_empty() {
            requests == totals.requests && bytes == totals.bytes
        } else {
            requests < totals.requests && bytes < totals.bytes
        };
        if counted != told || !are_the_sums {
            disputes.push(format!("{totals:?} are not the sums of the rows"));
        }
        if totals.millis > self.lasted() {
            disputes.push(format!(
                "it took {} ms, not {}",
                self.lasted(),
                totals.millis
            ));
        }
        disputes
    }

    /// The same for the cause of a failure, as far as it names rows and what was answered to them.
    pub(crate) fn disputes_of_cause(&self, cause: &str) -> Vec<String> {
        let rows = report_in(cause).map(|report| report.endpoints);
        rows.iter()
            .flatten()
            .filter(|row| !self.saw_answer_of(row))
            .map(|row| format!("{row:?} was answered otherwise"))
            .collect()
    }

    fn saw_answer_of(&self, row: &EndpointReport) -> bool {
        // Of what was given up or broke off, nobody saw an answer.
        row.status.is_none()
            || self
                .visits_to(&row.path, &row.variant)
                .any(|visit| visit.status == row.status)
    }

    fn disputed_purges(&self, report: &Report) -> Vec<String> {
        let scope = report.scope.as_ref().map(|scope| format!(":{scope}"));
        let item = format!("#tenant:{}{}", report.tenant, scope.unwrap_or_default());
        let mut disputes = Vec::new();
        for told in &report.invalidations {
            let asked = |call: &&Seen| call.subject.as_ref() == Some(&told.id);
            let Some(call) = self.purges.iter().find(asked) else {
                disputes.push(format!("nobody asked for invalidation {}", told.id));
                continue;
            };
            if !call.has_item(&item) {
                disputes.push(format!("{} was for {:?}, not {item}", told.id, call.items));
            }
            let seen_until = call.at_ms + i64::from(told.seconds) * 1_000;
            if seen_until > self.span.1 + OF_AN_AGE {
                disputes.push(format!("{} is not {} s old", told.id, told.seconds));
            }
        }
        let untold = self.purges.iter().filter_map(|call| call.subject.as_ref());
        let untold = untold.filter(|id| report.invalidations.iter().all(|told| told.id != **id));
        if self.alone && !self.stumbled("Invalidate") {
            disputes.extend(untold.map(|id| format!("invalidation {id} is not told")));
        }
        disputes
    }

    fn disputed_row(&self, row: &EndpointReport) -> Vec<String> {
        let visits: Vec<&Seen> = self.visits_to(&row.path, &row.variant).collect();
        let mut disputes = Vec::new();
        let attempts = row.attempts as usize;
        let all_are_its_own = self.alone && !self.stumbled("Prewarm");
        // What the prewarmer gives up is not in the history: nobody was left to answer.
        let given_up = usize::from(row.verdict == Verdict::TimedOut);
        let too_few = visits.len() + given_up < attempts;
        if too_few || (all_are_its_own && visits.len() > attempts) {
            disputes.push(format!("requested {} times, not {attempts}", visits.len()));
        }
        if let Some(status) = row.status {
            let asked_at = row.asked_at.as_millisecond();
            let is_last = |visit: &&&Seen| {
                let late = visit.at_ms - asked_at;
                (-CUT..ON_ITS_WAY).contains(&late)
                    && (visit.status, &visit.x_cache, &visit.pop)
                        == (Some(status), &row.x_cache, &row.pop)
            };
            let last = visits.iter().rfind(is_last);
            let is_followed =
                last.is_some_and(|last| visits.last().map(|v| v.at_ms) != Some(last.at_ms));
            if last.is_none() || (all_are_its_own && is_followed) {
                disputes.push(format!("its last answer is none of {visits:?}"));
            }
        }
        let longest = visits
            .iter()
            .map(|visit| visit.took_ms)
            .max()
            .unwrap_or_default();
        let millis = i64::from(row.millis);
        if u64::from(row.millis) > self.lasted() || (all_are_its_own && millis + CUT < longest) {
            disputes.push(format!("a request took {longest} ms, not {millis}"));
        }
        if row.version.is_some() && !self.origin.iter().any(|request| gave(request, row)) {
            disputes.push(format!("the origin gave no version {:?} then", row.version));
        }
        disputes
    }

    fn visits_to(&self, path: &str, variant: &VariantValues) -> impl Iterator<Item = &Seen> {
        let is_for = move |visit: &&Seen| {
            let asked_for = [
                (LOCALE, visit.header("accept-language").split('-').next()),
                (DEVICE, Some(device(visit.header("user-agent")))),
            ];
            let mut asked_for = asked_for.into_iter();
            visit.path == path
                && asked_for.all(|(header, value)| {
                    let wanted = variant.get(header).map(String::as_str);
                    wanted.is_none() || wanted == value
                })
        };
        self.visits.iter().filter(is_for)
    }

    fn stumbled(&self, state: &str) -> bool {
        self.stumbles.iter().any(|stumbled| stumbled == state)
    }

    /// Milliseconds from the execution's start to its end.
    fn lasted(&self) -> u64 {
        u64::try_from(self.span.1 - self.span.0).unwrap_or_default()
    }
}

fn device(user_agent: &str) -> &'static str {
    if user_agent.contains("Mobile") {
        "mobile"
    } else {
        "desktop"
    }
}

/// Whether this answer of the origin can be the one in a row: of that target, with that version,
/// and ended when the object of that age was stored.
fn gave(request: &OriginRequest, row: &EndpointReport) -> bool {
    let is = |header: &str, value: &str| row.variant.get(header).is_none_or(|held| held == value);
    let age = i64::from(row.age.unwrap_or_default());
    let stored = row.asked_at.as_millisecond() - age * 1_000;
    let took = i64::try_from(request.milliseconds.unwrap_or_default()).unwrap_or(i64::MAX);
    let longest = i64::from(row.millis);
    row.path == format!("{}?{}", request.path, request.query)
        && request
            .variants
            .iter()
            .all(|(header, value)| is(header, value))
        && request.version == row.version
        && (stored - OF_AN_AGE..=stored + longest + ON_ITS_WAY).contains(&(request.at + took))
}
