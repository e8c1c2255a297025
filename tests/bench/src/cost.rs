//! What a run costs: calls, transitions and milliseconds at the prices of one dated file.

mod price;
mod shape;

use std::fs;

use serde_json::Value;

use self::price::Prices;
use self::shape::{ENDPOINTS, Shape, Starts};
use crate::bench::Bench;
use crate::cold_start;
use crate::error::{BenchError, During};
use crate::part::{Part, Unit};

/// Runs of a month: 200 tenants, refreshed every hour, 30 days.
const RUNS_OF_MONTH: f64 = 200.0 * 24.0 * 30.0;

const METHOD: &str = "\
Computed, not billed: what one run without trouble asks of each service, at list prices (free \
tiers, which are for the account, are left out). Transitions are the states that a run passes in \
the definitions of the two state machines; starts of processes are those measured in this report, \
and every function starts cold once a run. Assumed for both: CloudFront reports completion after \
15 s; five endpoints in two variants, 5 s of the origin and 180 KiB each; 150 ms for a call to an \
AWS API; 128 MiB for functions that call APIs, 256 MiB for those that request pages; 5 ms at the \
edge for the viewer's token, 2 ms for the tag. warmfront: one tag, four requests at a time, each \
answer confirmed by a second request. Common shape: one tag as well, functions in Python, one \
request after the other and none to confirm; it looks every 20 s (the stock waiter) or every 3 s. \
\"paths\" purges a path per endpoint instead of the tag. Calls and seconds are counted from these \
assumptions, not from bills. A month is 144,000 runs: 200 tenants, hourly.";

/// Computes it; `parts` are those measured in this run of the benchmarks.
pub async fn measure(bench: &Bench, parts: &[Part]) -> Result<Part, BenchError> {
    let starts = if let Some(part) = parts.iter().find(|part| part.name == cold_start::NAME) {
        Starts::of(part)?
    } else {
        Starts::of(&cold_start::measure_briefly(bench).await?)?
    };
    let prices = Prices::load(&bench.root().join("tests/bench/prices.json"))?;
    let ours = definition(bench, "statemachine/refresh.asl.json")?;
    let common = definition(
        bench,
        "tests/bench/peers/common-shape/common-shape.asl.json",
    )?;
    let shapes = [
        Shape::warmfront(&ours, &starts)?,
        Shape::common("common, 20 s", 1, 20.0, &common, &starts)?,
        Shape::common("common, 3 s", 1, 3.0, &common, &starts)?,
        Shape::common("common, paths", ENDPOINTS, 20.0, &common, &starts)?,
    ];

    let mut part = Part::new("cost of a run", METHOD);
    for shape in &shapes {
        let transitions = f64::from(shape.transitions);
        part.measured("state transitions", shape.name, Unit::Count, &[transitions]);
        part.measured(
            "Lambda, GB-seconds",
            shape.name,
            Unit::Count,
            &[shape.gigabyte_seconds()],
        );
    }
    for shape in &shapes {
        let bill = prices.bill(shape);
        for (item, dollars) in &bill {
            part.measured(item, shape.name, Unit::Dollars, &[*dollars]);
        }
        let sum: f64 = bill.iter().map(|(_, dollars)| dollars).sum();
        part.measured(SUM, shape.name, Unit::Dollars, &[sum]);
        part.measured(
            "a month",
            shape.name,
            Unit::Dollars,
            &[(sum * RUNS_OF_MONTH).round()],
        );
    }
    for shape in &shapes[1..] {
        part.compare(SUM, shape.name, shapes[0].name);
    }
    Ok(part)
}

const SUM: &str = "a run";

fn definition(bench: &Bench, file: &str) -> Result<Value, BenchError> {
    let what = || format!("{file} could not be read");
    let text = fs::read(bench.root().join(file)).during(what)?;
    serde_json::from_slice(&text).during(what)
}
