//! From exec to the first answers of a function, beside the same job in Python and Node.

mod contestant;
mod floor;
mod package;
mod summary;
mod trust;

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;

use self::contestant::{Contestant, Place};
use self::floor::Floor;
use self::trust::Trust;
use crate::bench::Bench;
use crate::child::Running;
use crate::error::{BenchError, During};
use crate::lambda::Lambda;
use crate::machine::FUNCTIONS;
use crate::part::{Part, Unit};
use crate::sample::Spread;
use crate::services::Services;

/// Processes of each contestant, function and transport.
const ROUNDS: usize = 25;
/// Invocations of each process after the first.
const WARM_INVOCATIONS: usize = 20;
/// Bytes of a mebibyte.
const MEBIBYTE: f64 = 1_048_576.0;

const METHOD: &str = "\
Each function's shipping binary, and the same job in Python (boto3 on awslambdaric) and Node (AWS \
SDK v3, bundled), as processes that talk to a stand-in for Lambda's Runtime API on loopback. AWS \
and CloudFront are stand-ins in the harness that answer at once: http is plain HTTP, tls is TLS \
with a chain of root, intermediate and leaf, trusted through the machine's list of roots with the \
test's root appended. One process at a time, contestants in turn, round by round, after one round \
that is not counted and leaves compiled code to Python and Node. ready: from just before the \
process is made to its first request for an event. first, warm: from the event's leaving to the \
answer's arrival; warm is the median of 20 invocations after the first. network: the same \
requests on fresh connections, with whole TLS handshakes as no process has a session when it \
begins, from a client in the harness that is set up already. cpu: processor time of the process \
up to its first answer. peak: highest resident memory (VmHWM) after all invocations. zip: \
deflated, as uploaded: binary and contract; for Python the handler alone, since Lambda's runtime \
has boto3; for Node the bundle with its compiled code. Binaries and libraries come from a warm \
page cache, and nothing limits the processor: Lambda adds its own time to all alike.";

/// How the services are reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Transport {
    Http,
    Tls,
}

impl Transport {
    fn name(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Tls => "tls",
        }
    }
}

/// What is measured of one process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Quantity {
    Ready,
    First,
    Warm,
    Cpu,
    Peak,
}

impl Quantity {
    const ALL: [Self; 5] = [Self::Ready, Self::First, Self::Warm, Self::Cpu, Self::Peak];

    fn name(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::First => "first",
            Self::Warm => "warm",
            Self::Cpu => "cpu",
            Self::Peak => "peak",
        }
    }

    fn unit(self) -> Unit {
        match self {
            Self::Peak => Unit::Mebibytes,
            _ => Unit::Milliseconds,
        }
    }

    /// Row of the table.
    fn of(self, function: &str, transport: Transport) -> String {
        format!("{function}, {}: {}", transport.name(), self.name())
    }
}

/// Samples by row and column of the table.
type Samples = BTreeMap<(String, &'static str), Vec<f64>>;

/// Its name in the report.
pub const NAME: &str = "cold start";

/// Measures it.
pub async fn measure(bench: &Bench) -> Result<Part, BenchError> {
    measure_in(bench, bench.rounds(ROUNDS)).await
}

/// Measures it with a few samples, for who needs no more than an order of size.
pub async fn measure_briefly(bench: &Bench) -> Result<Part, BenchError> {
    measure_in(bench, 3).await
}

async fn measure_in(bench: &Bench, rounds: usize) -> Result<Part, BenchError> {
    let trust = Trust::new(&bench.folder().join("cold-start"))?;
    let fields = [
        (Transport::Http, Services::start(None).await?),
        (
            Transport::Tls,
            Services::start(Some(&trust.authority)).await?,
        ),
    ];
    let mut samples = Samples::new();
    // The first round fills the page cache and writes Python's bytecode and Node's code cache.
    for round in 0..=rounds {
        let mut found = Samples::new();
        for function in FUNCTIONS {
            for (transport, services) in &fields {
                sample(bench, &trust, *transport, services, function, &mut found).await?;
            }
        }
        if round > 0 {
            for (place, mut values) in found {
                samples.entry(place).or_default().append(&mut values);
            }
        }
    }
    summary::part(bench, &samples)
}

/// One process of each contestant.
async fn sample(
    bench: &Bench,
    trust: &Trust,
    transport: Transport,
    services: &Services,
    function: &'static str,
    found: &mut Samples,
) -> Result<(), BenchError> {
    let mut note = |quantity: Quantity, contestant: &'static str, value: f64| {
        let place = (quantity.of(function, transport), contestant);
        found.entry(place).or_default().push(value);
    };
    let event = event(bench, function)?;
    let floor = Floor::new(trust, services);
    services.purge();
    note(
        Quantity::First,
        "network",
        millis(floor.conversation(function).await?),
    );
    for contestant in Contestant::ALL {
        let what = || format!("{function} in {}", contestant.name());
        services.purge();
        let mut lambda = Lambda::start().await?;
        let place = Place {
            bench,
            function,
            services,
            lambda: &lambda.address,
            roots: &trust.bundle,
            own_root: &trust.authority.file,
        };
        let process = Running::spawn(&mut contestant.command(&place))?;
        let ready = lambda.ready().await.during(what)? - process.began;
        let first = lambda.invoke(event.clone()).await.during(what)?;
        let cpu = process.cpu()?;
        check(function, &first.answer).during(what)?;
        let mut warm = Vec::new();
        for _ in 0..bench.rounds(WARM_INVOCATIONS) {
            services.purge();
            let invocation = lambda.invoke(event.clone()).await.during(what)?;
            check(function, &invocation.answer).during(what)?;
            warm.push(millis(invocation.took));
        }
        let name = contestant.name();
        note(Quantity::Ready, name, millis(ready));
        note(Quantity::First, name, millis(first.took));
        note(Quantity::Cpu, name, millis(cpu));
        note(Quantity::Peak, name, mebibytes(process.peak()?));
        if let Some(warm) = Spread::of(&warm) {
            note(Quantity::Warm, name, warm.median);
        }
    }
    Ok(())
}

/// The example of what the state machine sends.
fn event(bench: &Bench, function: &str) -> Result<Bytes, BenchError> {
    let file = bench
        .root()
        .join(format!("statemachine/examples/{function}-request.json"));
    let event = fs::read(&file).during(|| format!("{} could not be read", file.display()))?;
    Ok(event.into())
}

/// Whoever does not do the job is not compared.
fn check(function: &str, answer: &Bytes) -> Result<(), BenchError> {
    let value: Value = serde_json::from_slice(answer).unwrap_or_default();
    let done = match function {
        "invalidate" => value["id"] == "I2J0I21PCUYOIK",
        "poll" => value["status"] == "Completed",
        _ => value["report"]["totals"]["fresh"] == 2,
    };
    if done {
        return Ok(());
    }
    let said = String::from_utf8_lossy(answer);
    Err(BenchError::new(format!("the job is not done: {said:.800}")))
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

#[expect(
    clippy::cast_precision_loss,
    reason = "sizes of processes and files are small"
)]
fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / MEBIBYTE
}
