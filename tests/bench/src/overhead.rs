//! What a run takes beyond CloudFront's time and the slowest endpoint, state by state, beside the
//! common shape of such a pipeline.

mod common_shape;
mod run;
mod stack;
mod web;

use std::time::Duration;

use self::common_shape::CommonShape;
use self::run::Run;
use self::stack::Stack;
use crate::bench::Bench;
use crate::error::BenchError;
use crate::part::{Bound, Part, Unit};

/// CloudFront's time until it reports a purge as completed, in the first run. It purges at once: how
/// long that takes depends on the tiers that the distribution has.
const REPORTING: Duration = Duration::from_secs(4);
/// How much later it says so in each further run: the looks meet it at another point each time.
const LATER_EACH: Duration = Duration::from_millis(170);
/// The slowest endpoint: it is the first one of the contract.
const SLOWEST: Duration = Duration::from_secs(2);
/// All other endpoints.
const OTHERS: Duration = Duration::from_millis(200);
/// Runs of Warmfront, after one with cold functions.
const RUNS: usize = 8;
/// Runs of the common shape, after one with cold functions.
const COMMON_RUNS: usize = 2;
/// Calls of a function that has nothing to do.
const IDLE_CALLS: usize = 9;
/// The slowest that the end of an invalidation may be noticed.
const NOTICED_WITHIN: f64 = 1.5;

const OURS: &str = "warmfront";
const COMMON: &str = "common shape";

const METHOD: &str = "\
Whole runs on the local stack: LocalStack's Step Functions, the deployed functions as processes, \
cloudfront-local with its edge functions, the example origin. CloudFront takes 4 s and more to \
report the purge as completed, which is varied from run to run so that the looks meet it at \
different points; the slowest endpoint takes 2 s, the others 0.2 s, in two variants each. Times \
are those of the execution history. The common shape is an invalidation, a loop of a 20 s wait \
(the stock waiter's), a look and a choice, and a function that requests one endpoint after the \
other once, without checking anything; its functions are in Python with boto3. Both run at the \
same time for tenants of their own; mostly they wait. Overhead is the run's time less \
CloudFront's and the slowest endpoint's. A cold run finds no process of its functions; of the \
others, the first is left out. \"engine\" is what a task takes whose function has nothing to do \
but one look: it is LocalStack's share of each task, and not that of Step Functions in AWS.";

/// Measures it.
pub async fn measure(bench: &Bench) -> Result<Part, BenchError> {
    let mut part = Part::new("pipeline overhead", METHOD);
    let stack = Stack::start(bench, REPORTING).await?;
    let measured = measure_on(&stack, bench, &mut part).await;
    stack.stop(measured.is_err()).await;
    measured.map(|()| part)
}

async fn measure_on(stack: &Stack, bench: &Bench, part: &mut Part) -> Result<(), BenchError> {
    stack.set_origin(SLOWEST, OTHERS).await?;
    let common = CommonShape::deploy(stack, bench).await?;
    let ((cold, warm), (common_cold, common_warm)) = tokio::try_join!(
        runs(
            stack,
            stack.state_machine(),
            "ours",
            bench.rounds(RUNS),
            true
        ),
        runs(stack, &common.state_machine, "common", COMMON_RUNS, false),
    )?;
    let last = warm.last().expect("there is a run");
    let idle = idle(stack, last, bench.rounds(IDLE_CALLS)).await?;

    tell(part, OURS, &cold, &warm);
    tell(part, COMMON, &common_cold, &common_warm);
    part.measured(
        "engine: a task with nothing to do",
        OURS,
        Unit::Milliseconds,
        &idle,
    );
    states(part, OURS, &warm);
    states(part, COMMON, &common_warm);

    let latest = warm.iter().map(Run::noticed_after).fold(0.0, f64::max);
    part.target(
        "completion noticed, latest of all runs, in s",
        Bound::AtMost(NOTICED_WITHIN),
        latest,
    );
    if let Some(share) = part.compare(OVERHEAD, OURS, COMMON) {
        part.target(
            "overhead, warmfront over the common shape",
            Bound::AtMost(0.25),
            share,
        );
    }
    Ok(())
}

/// A cold run and some more, one after the other.
async fn runs(
    stack: &Stack,
    state_machine: &str,
    name: &str,
    count: usize,
    varied: bool,
) -> Result<(Run, Vec<Run>), BenchError> {
    let mut done = Vec::new();
    for number in 0..=count {
        if varied {
            let later = LATER_EACH * u32::try_from(number).expect("there are few");
            stack.set_reporting(REPORTING + later).await?;
        }
        let tenant = format!("{name}-{number}");
        let run = Run::of(stack, state_machine, &tenant).await?;
        done.push(run);
    }
    let cold = done.remove(0);
    Ok((cold, done))
}

const OVERHEAD: &str = "overhead";

fn tell(part: &mut Part, contestant: &str, cold: &Run, warm: &[Run]) {
    let beyond = |run: &Run| run.took - run.completion - SLOWEST.as_secs_f64();
    let of = |value: &dyn Fn(&Run) -> f64| warm.iter().map(value).collect::<Vec<f64>>();
    part.measured("run", contestant, Unit::Seconds, &of(&|run| run.took));
    part.measured(OVERHEAD, contestant, Unit::Seconds, &of(&beyond));
    part.measured("overhead, cold", contestant, Unit::Seconds, &[beyond(cold)]);
    let noticed = of(&Run::noticed_after);
    part.measured(
        "completion noticed after",
        contestant,
        Unit::Seconds,
        &noticed,
    );
    let transitions = of(&Run::transitions);
    part.measured("state transitions", contestant, Unit::Count, &transitions);
}

fn states(part: &mut Part, contestant: &str, runs: &[Run]) {
    for state in runs.first().map(Run::states).unwrap_or_default() {
        let times: Vec<f64> = runs.iter().map(|run| run.time_in(&state)).collect();
        part.measured(&format!("state {state}"), contestant, Unit::Seconds, &times);
    }
}

/// The time of a task that finds its invalidation completed, in milliseconds.
async fn idle(stack: &Stack, after: &Run, calls: usize) -> Result<Vec<f64>, BenchError> {
    let arn = stack
        .create_state_machine("engine", &after.look_again(stack))
        .await?;
    let mut times = Vec::new();
    for _ in 0..calls {
        let events = stack.execute(&arn, &serde_json::json!({})).await?.events;
        times.push(
            run::times(&events)
                .iter()
                .map(|(_, time)| time * 1000.0)
                .sum(),
        );
    }
    Ok(times)
}
