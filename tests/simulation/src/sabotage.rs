//! Ways to break the pipeline from outside, to see that the simulation notices.

use std::collections::BTreeMap;

use warmfront::message::{
    EndpointReport, InvalidationReport, InvalidationStatus, Mode, Outcome, Report, Totals, Verdict,
};

use crate::clock::timestamp;
use crate::history::{Answer, RunId};
use crate::world::World;

/// What is broken; nothing by default.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a way of its own to break something"
)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sabotage {
    /// Every answer claims to be of the newest version.
    pub forges_version: bool,
    /// The repair loop is off: a run that finds something stale calls itself fresh.
    pub stale_is_success: bool,
    /// Purges after the first of a run are not sent to CloudFront, but reported as done.
    pub no_repairs: bool,
    /// A scoped purge is sent as one of the whole tenant.
    pub purges_every_scope: bool,
    /// A purge for a distribution tenant is sent for the distribution.
    pub purges_every_distribution_tenant: bool,
    /// Every body names the tenant that was asked for.
    pub hides_other_tenants: bool,
    /// Purges after the first of a run reach CloudFront for another tenant.
    pub repairs_purge_nobody: bool,
    /// The state machine repeats a call whose passwords were refused.
    pub repeats_refused_logins: bool,
}

/// The report of a run that takes every answer for fresh.
pub(crate) fn called_fresh(world: &World, run: RunId) -> Report {
    let state = world.state();
    let history = &state.history;
    let last_answer = |target: usize| {
        let mut asked = history.asked.iter().rev();
        asked.find(|asked| asked.run == run && asked.target == target && asked.answer.is_some())
    };
    let rows = world
        .targets
        .iter()
        .enumerate()
        .filter(|(index, _)| world.is_in_scope(run, *index))
        .filter_map(|(index, target)| {
            let asked = last_answer(index)?;
            let answer: &Answer = asked.answer.as_ref()?;
            Some(EndpointReport {
                path: target.path.clone(),
                variant: BTreeMap::from([("x-locale-bucket".to_owned(), target.variant.clone())]),
                required: true,
                verdict: Verdict::Fresh,
                status: Some(answer.status),
                x_cache: Some(answer.x_cache.to_owned()),
                age: answer.age.map(|age| u32::try_from(age).expect("short")),
                pop: Some(answer.pop.to_owned()),
                version: answer.version.map(|version| version.to_string()),
                bytes: 0,
                millis: 0,
                attempts: 1,
                asked_at: timestamp(asked.sent),
                detail: None,
            })
        });
    let created = history.created.iter().filter(|created| created.run == run);
    let checked = world.scenario.version_checked;
    Report {
        tenant: world.tenant.clone(),
        mode: Mode::Refresh,
        without_evidence: Vec::new(),
        left_out: 0,
        scope: world.scenario.refreshes[run].scope.map(str::to_owned),
        outcome: Outcome::Fresh,
        version_checked: checked,
        expected_version: checked.then(|| (run + 2).to_string()),
        invalidation_timed_out: false,
        invalidations: created
            .map(|created| InvalidationReport {
                id: created.id.clone(),
                status: InvalidationStatus::Completed,
                seconds: 0,
            })
            .collect(),
        endpoints: rows.collect(),
        totals: Totals::default(),
    }
}
