//! One world from its beginning to its end.

use std::sync::Arc;
use std::time::Duration;

use cloudfront_local::model::{Pop, Time};
use futures_util::future::join_all;
use jiff::Timestamp;
use serde_json::{Value, json};
use warmfront::clock::Clock;
use warmfront::message::Report;

use crate::caches;
use crate::history::{Read, RunId};
use crate::lambda::Lambda;
use crate::machine::{Definition, Ended, Execution, Position, Surroundings, TaskError, wait};
use crate::sabotage::{self, Sabotage};
use crate::scenario::{ORIGIN_TIMEOUT, POPS, Refresh, Scenario, longest_propagation};
use crate::world::World;

/// Reads of one reader.
const READS: usize = 12;

/// How an execution ended, redrives included.
#[derive(Clone, Debug)]
pub struct RunEnd {
    /// When.
    pub at: Time,
    /// Its report, or why there is none.
    pub result: Result<Report, TaskError>,
    /// How often it was redriven.
    pub redriven: u32,
}

/// A world at its end.
#[derive(Debug)]
pub struct Ending {
    /// The world.
    pub world: Arc<World>,
    /// How each execution ended.
    pub runs: Vec<RunEnd>,
}

/// Lets a world happen in virtual time.
#[must_use]
pub fn happen(
    definition: &Definition,
    scenario: Scenario,
    sabotage: Sabotage,
    traced: bool,
) -> Ending {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime without I/O needs nothing");
    runtime.block_on(async {
        let world = World::new(scenario, traced);
        let runs = play(definition, &world, sabotage).await;
        Ending { world, runs }
    })
}

async fn play(definition: &Definition, world: &Arc<World>, sabotage: Sabotage) -> Vec<RunEnd> {
    let scenario = &world.scenario;
    caches::fill(world);
    let untouchable = caches::untouchable(world);
    for _ in 0..scenario.readers {
        tokio::spawn(read_on(Arc::clone(world)));
    }
    for refresh in &scenario.refreshes {
        spawn_early_readers(world, refresh);
    }
    let lambda = Lambda::new(Arc::clone(world), sabotage);
    let executions = scenario
        .refreshes
        .iter()
        .enumerate()
        .map(|(run, refresh)| execute(definition, world, &lambda, run, refresh));
    let runs = join_all(executions).await;
    // Whatever is in flight lands.
    wait(ORIGIN_TIMEOUT + longest_propagation(&scenario.profile) + Duration::from_secs(1)).await;
    world.sweep();
    caches::look_after(world, &untouchable);
    runs
}

struct Launched<'a> {
    world: &'a World,
    lambda: &'a Lambda,
    run: RunId,
}

impl Surroundings for Launched<'_> {
    async fn invoke(&self, function: &str, payload: Value) -> Result<Value, TaskError> {
        self.lambda.invoke(self.run, function, payload).await
    }
    fn now(&self) -> Timestamp {
        self.world.clock.now()
    }
    fn random(&self) -> f64 {
        self.world.state().rng.f64()
    }
    fn note(&self, what: &dyn Fn() -> String) {
        self.world.note(what);
    }
}

async fn execute(
    definition: &Definition,
    world: &World,
    lambda: &Lambda,
    run: RunId,
    refresh: &Refresh,
) -> RunEnd {
    wait(refresh.published + refresh.delay).await;
    let mut input = json!({ "tenant": "acme" });
    if world.scenario.version_checked {
        // Version 1 is there before the first refresh.
        input["expectedVersion"] = (run + 2).to_string().into();
    }
    if let Some(scope) = refresh.scope {
        input["scope"] = scope.into();
    }
    if let Some(tenant) = world.scenario.distribution_tenant {
        input["distributionTenant"] = tenant.into();
    }
    let mut execution = Execution {
        id: format!("run-{run}"),
        input: input.clone(),
        redrive_count: world.scenario.tells_redrive_count.then_some(0),
        started: world.clock.now(),
    };
    let launched = Launched { world, lambda, run };
    let mut position = Position {
        state: definition.start().to_owned(),
        input,
    };
    let mut redriven = 0;
    let mut pauses = refresh.redrives.iter();
    let result = loop {
        match definition.run(&execution, position, &launched).await {
            Ended::Succeeded(report) => {
                break Ok(serde_json::from_value(report).expect("the output is a report"));
            }
            Ended::Failed(_, error)
                if lambda.sabotage().stale_is_success && error.name == "StaleAfterPurge" =>
            {
                break Ok(sabotage::called_fresh(world, run));
            }
            Ended::Failed(failed_at, error) => {
                let Some(pause) = pauses.next() else {
                    break Err(error);
                };
                wait(*pause).await;
                redriven += 1;
                world.state().history.redrives[run] = redriven;
                execution.redrive_count = Some(redriven);
                position = failed_at;
            }
        }
    };
    world.note(&|| format!("run {run} ended: {result:?}"));
    // The first reader after the report.
    world.sweep();
    RunEnd {
        at: world.now(),
        result,
        redriven,
    }
}

/// A reader who comes back now and then.
async fn read_on(world: Arc<World>) {
    for _ in 0..READS {
        let most = u64::try_from(world.scenario.reader_pause.as_millis()).expect("a short time");
        wait(world.span(0, most)).await;
        let (pop, target) = {
            let rng = &mut world.state().rng;
            (
                POPS[rng.usize(..POPS.len())],
                rng.usize(..world.targets.len()),
            )
        };
        read(&world, Pop::named(pop).expect("the model has it"), target).await;
    }
}

/// Readers whose requests begin before the data moves and end after it: the fills that may be late.
fn spawn_early_readers(world: &Arc<World>, refresh: &Refresh) {
    for (target, asked) in world.targets.iter().enumerate() {
        let usual = world.scenario.origin_time[asked.endpoint];
        let (before, elsewhere) = {
            let rng = &mut world.state().rng;
            let place = rng.usize(..POPS.len());
            (usual.mul_f64(rng.f64()), rng.bool().then(|| POPS[place]))
        };
        let pop = elsewhere.map_or(world.scenario.home, |name| {
            Pop::named(name).expect("the model has it")
        });
        let world = Arc::clone(world);
        let at = refresh.published.saturating_sub(before);
        tokio::spawn(async move {
            wait(at).await;
            read(&world, pop, target).await;
        });
    }
}

async fn read(world: &Arc<World>, pop: Pop, target: usize) {
    let asked = world.now();
    let (answer, _) = world.view(pop, target).await;
    world.note(&|| format!("reader asked {asked:?} got {target}: {answer:?}"));
    world.state().history.reads.push(Read {
        asked,
        target,
        answer,
    });
}
