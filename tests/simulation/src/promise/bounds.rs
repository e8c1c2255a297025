//! The bounds of a run: it neither requests nor purges what it is not for, and leaves nothing of another tenant's data.

use cloudfront_local::model::Time;

use super::Tally;
use crate::data_plane::is_foreign;
use crate::history::{Asked, RunId};
use crate::simulation::Ending;
use crate::world::{State, World};

/// Everything that a run did beyond its bounds, or left there.
pub(super) fn problems(ending: &Ending, state: &State, tally: &mut Tally) -> Vec<String> {
    let world = &ending.world;
    let history = &state.history;
    let gone = history.gone.iter();
    let mut wrong: Vec<String> = gone
        .map(|copy| format!("no run was for {copy}, and it was purged"))
        .collect();
    for asked in &history.asked {
        if !world.is_in_scope(asked.run, asked.target) {
            wrong.push(format!("{asked:?} is out of the run's scope"));
        }
    }
    for (run, end) in ending.runs.iter().enumerate() {
        let refresh = &world.scenario.refreshes[run];
        tally.scoped += u64::from(refresh.scope.is_some());
        let met = |asked: &&Asked| {
            asked.run == run && asked.answer.as_ref().is_some_and(|answer| answer.foreign)
        };
        let told = |asked: &&Asked| {
            let call = &history.calls[asked.call];
            met(asked) && call.answered && call.life == end.redriven
        };
        let was_told = history.asked.iter().any(|asked| told(&asked));
        match &end.result {
            Ok(report) if was_told => wrong.push(format!(
                "run {run} was answered with another tenant's data and ended {:?}",
                report.outcome
            )),
            Err(error) if error.name == "WrongTenant" => {
                tally.wrong_tenants += 1;
                match history
                    .asked
                    .iter()
                    .filter(met)
                    .map(|asked| asked.sent)
                    .min()
                {
                    None => wrong.push(format!("run {run} saw no other tenant's data: {error:?}")),
                    Some(first) => check_purged(world, state, run, first, &mut wrong),
                }
            }
            Err(error) if was_told && world.scenario.is_undisturbed() => {
                wrong.push(format!(
                    "run {run} was answered with another tenant's data and ended {error:?}"
                ));
            }
            _ => {}
        }
    }
    wrong
}

/// What was cached before the run's last purge is gone at the end, unless it came late.
fn check_purged(world: &World, state: &State, run: RunId, seen: Time, wrong: &mut Vec<String>) {
    let mut created = state.history.created.iter().rev();
    let Some(purge) = created.find(|created| created.run == run && created.at >= seen) else {
        wrong.push(format!("run {run} did not purge another tenant's data"));
        return;
    };
    for (place, key, copy) in state.cloudfront.network.copies() {
        let target = world.targets.iter().position(|target| target.key == *key);
        let is_bound = target.is_some_and(|target| world.is_in_scope(run, target));
        if is_bound && is_foreign(&copy.object) && !copy.late && copy.object.received <= purge.at {
            wrong.push(format!(
                "run {run} left another tenant's data at {place:?}: {}",
                key.target()
            ));
        }
    }
}
