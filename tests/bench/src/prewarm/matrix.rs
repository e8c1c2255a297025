//! The matrix: numbers of endpoints, origin times and transports, for each contestant.

use std::time::Duration;

use futures_util::future::try_join_all;
use tokio::sync::Barrier;

use super::edge::Answers;
use super::{Begin, Contestant, Done, Field, MOST_PEAK, SMALL_BODY, Transport, mebibytes};
use crate::bench::Bench;
use crate::error::BenchError;
use crate::part::{Bound, Part, Unit};

/// One size of job.
#[derive(Clone, Copy, Debug)]
struct Size {
    endpoints: usize,
    concurrency: usize,
    origin: Duration,
    samples: usize,
}

impl Size {
    const fn new(endpoints: usize, concurrency: usize, millis: u64, samples: usize) -> Self {
        Self {
            endpoints,
            concurrency,
            origin: Duration::from_millis(millis),
            samples,
        }
    }

    /// How long it takes at the least.
    fn ideal(&self) -> Duration {
        let rounds = self.endpoints.div_ceil(self.concurrency);
        self.origin * u32::try_from(rounds).expect("it is small")
    }

    fn name(&self, transport: Transport) -> String {
        let Self {
            endpoints, origin, ..
        } = self;
        let origin = match origin.as_secs() {
            0 => format!("{} ms", origin.as_millis()),
            seconds => format!("{seconds} s"),
        };
        format!("{endpoints} x {origin}, {}", transport.name())
    }
}

/// Five at a time is what a dashboard asks for. Each number at a time divides the endpoints: with
/// 64 for 1,000, sixteen rounds would be held against 15.6.
const SIZES: [Size; 11] = [
    Size::new(5, 5, 10, 7),
    Size::new(5, 5, 100, 5),
    Size::new(5, 5, 1_000, 3),
    Size::new(5, 5, 10_000, 2),
    Size::new(50, 10, 10, 5),
    Size::new(50, 10, 100, 5),
    Size::new(50, 10, 1_000, 3),
    Size::new(50, 10, 10_000, 1),
    Size::new(1_000, 40, 10, 3),
    Size::new(1_000, 40, 100, 3),
    Size::new(1_000, 40, 1_000, 3),
];
/// The sizes for which more than the time is told.
const TOLD: Duration = Duration::from_millis(100);
/// From here on the wall time is held against a target: below, it is mostly login and connection.
const LONG: Duration = Duration::from_millis(900);
/// Jobs with more requests keep the processor busy.
const FEW: usize = 50;
/// Between the beginnings of jobs that run side by side: handshakes keep the processor busy.
const BETWEEN_BEGINNINGS: Duration = Duration::from_millis(400);
/// What a quick run leaves out.
const TOO_LONG_FOR_QUICK: Duration = Duration::from_secs(2);

/// Measures the matrix.
pub(super) async fn measure(
    bench: &Bench,
    field: &Field,
    part: &mut Part,
) -> Result<(), BenchError> {
    for size in SIZES {
        if bench.is_quick() && size.ideal() > TOO_LONG_FOR_QUICK {
            continue;
        }
        eprintln!("prewarm: {} x {:?}", size.endpoints, size.origin);
        let samples = bench.rounds(size.samples);
        let mut found = Vec::new();
        if size.ideal() >= LONG && size.endpoints <= FEW {
            found = side_by_side(field, size, &Transport::ALL, samples).await?;
        } else if size.origin >= LONG {
            // One after the other: what disturbs the machine disturbs all that run side by side.
            for transport in Transport::ALL {
                for _ in 0..samples {
                    found.extend(side_by_side(field, size, &[transport], 1).await?);
                }
            }
        } else {
            for transport in Transport::ALL {
                for _ in 0..samples {
                    for contestant in taking_part(transport) {
                        let begin = Begin {
                            everyone: &Barrier::new(1),
                            turn: Duration::ZERO,
                        };
                        found.push(one(field, size, transport, contestant, begin).await?);
                    }
                }
            }
        }
        for transport in Transport::ALL {
            tell(part, size, transport, &found);
        }
    }
    Ok(())
}

type Found = (Transport, Contestant, Done);

fn taking_part(transport: Transport) -> impl Iterator<Item = Contestant> {
    let all = Contestant::ALL.into_iter();
    all.filter(move |contestant| contestant.takes_part(transport))
}

async fn one(
    field: &Field,
    size: Size,
    transport: Transport,
    contestant: Contestant,
    begin: Begin<'_>,
) -> Result<Found, BenchError> {
    let answers = Answers {
        origin: size.origin,
        bytes: SMALL_BODY,
        gzip: false,
    };
    let of = (size.endpoints, size.concurrency);
    let done = field.run(contestant, transport, answers, of, begin).await?;
    Ok((transport, contestant, done))
}

async fn side_by_side(
    field: &Field,
    size: Size,
    transports: &[Transport],
    samples: usize,
) -> Result<Vec<Found>, BenchError> {
    let rounds = transports.iter().flat_map(|&transport| {
        let contestants = taking_part(transport).map(move |contestant| (transport, contestant));
        contestants.flat_map(move |who| std::iter::repeat_n(who, samples))
    });
    let rounds: Vec<_> = rounds.collect();
    let everyone = Barrier::new(rounds.len());
    let mut turn = Duration::ZERO;
    let jobs = rounds.into_iter().map(|(transport, contestant)| {
        let begin = Begin {
            everyone: &everyone,
            turn,
        };
        turn += BETWEEN_BEGINNINGS;
        one(field, size, transport, contestant, begin)
    });
    try_join_all(jobs).await
}

fn tell(part: &mut Part, size: Size, transport: Transport, found: &[Found]) {
    let name = size.name(transport);
    let over = format!("{name}: time over the ideal");
    let beyond = format!("{name}: time beyond it");
    let cpu = format!("{name}: processor time for 1,000 requests");
    let cpu_of_job = format!("{name}: processor time for 1,000 endpoints");
    let peak = format!("{name}: peak memory");
    let connections = format!("{name}: connections");
    for contestant in taking_part(transport) {
        let jobs: Vec<Done> = found
            .iter()
            .filter(|(over, who, _)| (*over, *who) == (transport, contestant))
            .map(|(_, _, done)| *done)
            .collect();
        let mut add = |subject: &str, unit: Unit, value: fn(&Done) -> f64| {
            let samples: Vec<f64> = jobs.iter().map(value).collect();
            part.measured(subject, contestant.name(), unit, &samples);
        };
        add(&over, Unit::Ratio, Done::over_ideal);
        add(&beyond, Unit::Milliseconds, Done::beyond_ideal);
        if size.origin == TOLD {
            add(&cpu, Unit::Milliseconds, |done| {
                done.cpu_for_thousand(done.asked.requests)
            });
            add(&cpu_of_job, Unit::Milliseconds, |done| {
                done.cpu_for_thousand(done.asked.filled)
            });
            add(&peak, Unit::Mebibytes, |done| mebibytes(done.took.peak));
            add(&connections, Unit::Count, |done| {
                f64::from(done.asked.connections)
            });
        }
    }
    hold(part, size, transport, [&over, &cpu, &peak, &connections]);
}

fn hold(
    part: &mut Part,
    size: Size,
    transport: Transport,
    [over, cpu, peak, connections]: [&str; 4],
) {
    let ours = Contestant::Warmfront.name();
    let mut hold = |subject: &str, bound: f64| {
        if let Some(found) = part.median(subject, ours) {
            part.target(subject, Bound::AtMost(bound), found);
        }
    };
    if size.ideal() >= LONG {
        hold(over, if size.endpoints > FEW { 1.05 } else { 1.02 });
    }
    // As it is deployed. Plain HTTP/1.1 has a connection with its buffers for each request at a time.
    if transport == Transport::Tls {
        // 1,000 endpoints are held to it as many at a time as the function ships with (`memory`).
        if size.endpoints <= FEW {
            hold(peak, MOST_PEAK);
        }
        hold(connections, 1.0);
    }
    for peer in taking_part(transport).skip(1) {
        if let Some(share) = part.compare(cpu, ours, peer.name()) {
            let subject = format!("{cpu}, warmfront over {}", peer.name());
            part.target(subject, Bound::AtMost(1.0), share);
        }
    }
}
