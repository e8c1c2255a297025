//! Memory: against the size of a body, which is read as it comes, looked at, and dropped; and with
//! as many endpoints as a run can have.

use std::time::Duration;

use super::edge::Answers;
use super::{Contestant, Field, MOST_PEAK, SMALL_BODY, Transport, mebibytes};
use crate::bench::Bench;
use crate::error::BenchError;
use crate::part::{Bound, Part, Unit};

const LARGE_BODY: usize = 200 * 1024 * 1024;
const SAMPLES: usize = 3;
/// Endpoints, and how many at a time where nothing is set.
const MANY: (usize, usize) = (1_000, 4);
/// A large body may take this much more than a small one: what the connection reads ahead.
const MOST_TIMES: f64 = 1.15;

/// What is done with a body that passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Looked {
    /// The tenant's name is looked for.
    Searched,
    /// The same in what is decoded from gzip.
    Decoded,
    /// Nothing.
    Counted,
}

impl Looked {
    fn name(self) -> &'static str {
        match self {
            Self::Searched => "searched",
            Self::Decoded => "gzip, searched",
            Self::Counted => "counted",
        }
    }
}

/// Measures it.
pub(super) async fn measure(
    bench: &Bench,
    field: &Field,
    part: &mut Part,
) -> Result<(), BenchError> {
    let ours = Contestant::Warmfront.name();
    for transport in Transport::ALL {
        for looked in [Looked::Searched, Looked::Decoded, Looked::Counted] {
            let mut medians = Vec::new();
            for (bytes, size) in [(SMALL_BODY, "2 KiB"), (LARGE_BODY, "200 MiB")] {
                let subject = format!(
                    "one body of {size}, {}, {}",
                    looked.name(),
                    transport.name()
                );
                let mut peaks = Vec::new();
                for _ in 0..bench.rounds(SAMPLES) {
                    peaks.push(peak(field, transport, bytes, looked, (1, 1)).await?);
                }
                part.measured(&subject, ours, Unit::Mebibytes, &peaks);
                medians.extend(part.median(&subject, ours));
            }
            if let [small, large] = medians[..] {
                let subject = format!(
                    "peak memory, 200 MiB over 2 KiB, {}, {}",
                    looked.name(),
                    transport.name()
                );
                part.target(subject, Bound::AtMost(MOST_TIMES), large / small);
            }
        }
    }
    let subject = "peak memory, 1,000 endpoints, 4 at a time, tls";
    let mut peaks = Vec::new();
    for _ in 0..bench.rounds(SAMPLES) {
        peaks.push(peak(field, Transport::Tls, SMALL_BODY, Looked::Searched, MANY).await?);
    }
    part.measured(subject, ours, Unit::Mebibytes, &peaks);
    if let Some(found) = part.median(subject, ours) {
        part.target(subject, Bound::AtMost(MOST_PEAK), found);
    }
    Ok(())
}

async fn peak(
    field: &Field,
    transport: Transport,
    bytes: usize,
    looked: Looked,
    (endpoints, concurrency): (usize, usize),
) -> Result<f64, BenchError> {
    let answers = Answers {
        origin: Duration::from_millis(10),
        bytes,
        gzip: looked == Looked::Decoded,
    };
    let edge = field.edge(answers, transport).await?;
    let job = field.job(&edge, endpoints, concurrency);
    let mut function = field.function(&job, looked != Looked::Counted).await?;
    Ok(mebibytes(function.warm(&job).await?.peak))
}
