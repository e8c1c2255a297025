//! Memory against the size of a body: it is read as it comes, looked at, and dropped.

use std::time::Duration;

use super::edge::Answers;
use super::{Contestant, Field, SMALL_BODY, Transport, mebibytes};
use crate::bench::Bench;
use crate::error::BenchError;
use crate::part::{Bound, Part, Unit};

const LARGE_BODY: usize = 200 * 1024 * 1024;
const SAMPLES: usize = 3;
/// A large body may take this much more than a small one: what the connection reads ahead.
const MOST_TIMES: f64 = 1.15;

/// Measures it, with and without a search in the body.
pub(super) async fn measure(
    bench: &Bench,
    field: &Field,
    part: &mut Part,
) -> Result<(), BenchError> {
    let ours = Contestant::Warmfront.name();
    for transport in Transport::ALL {
        for (pointer, looked) in [(true, "searched"), (false, "counted")] {
            let mut medians = Vec::new();
            for (bytes, size) in [(SMALL_BODY, "2 KiB"), (LARGE_BODY, "200 MiB")] {
                let subject = format!("one body of {size}, {looked}, {}", transport.name());
                let mut peaks = Vec::new();
                for _ in 0..bench.rounds(SAMPLES) {
                    peaks.push(peak(field, transport, bytes, pointer).await?);
                }
                part.measured(&subject, ours, Unit::Mebibytes, &peaks);
                medians.extend(part.median(&subject, ours));
            }
            if let [small, large] = medians[..] {
                let subject = format!(
                    "peak memory, 200 MiB over 2 KiB, {looked}, {}",
                    transport.name()
                );
                part.target(subject, Bound::AtMost(MOST_TIMES), large / small);
            }
        }
    }
    Ok(())
}

async fn peak(
    field: &Field,
    transport: Transport,
    bytes: usize,
    pointer: bool,
) -> Result<f64, BenchError> {
    let answers = Answers {
        origin: Duration::from_millis(10),
        bytes,
    };
    let edge = field.edge(answers, transport).await?;
    let job = field.job(&edge, 1, 1);
    let function = field.function(&job, pointer).await?;
    Ok(mebibytes(function.warm(&job).await?.peak))
}
