//! What the samples amount to: medians, ratios, and whether the targets are met.

use super::contestant::Contestant;
use super::{METHOD, NAME, Quantity, Samples, Transport, mebibytes, package};
use crate::bench::Bench;
use crate::error::BenchError;
use crate::machine::FUNCTIONS;
use crate::part::{Bound, Part, Unit};

/// What the samples amount to.
pub(super) fn part(bench: &Bench, samples: &Samples) -> Result<Part, BenchError> {
    let mut part = Part::new(NAME, METHOD);
    for function in FUNCTIONS {
        for transport in [Transport::Http, Transport::Tls] {
            for quantity in Quantity::ALL {
                let subject = quantity.of(function, transport);
                let names = Contestant::ALL.map(Contestant::name);
                for name in names.into_iter().chain(["network"]) {
                    let values = samples.get(&(subject.clone(), name));
                    let values = values.map_or(&[][..], Vec::as_slice);
                    part.measured(&subject, name, quantity.unit(), values);
                }
                for name in names {
                    part.compare(&subject, name, Contestant::Warmfront.name());
                }
            }
        }
        let subject = zip_of(function);
        for contestant in Contestant::ALL {
            let size = mebibytes(package::size(&contestant.package(bench, function))?);
            part.measured(&subject, contestant.name(), Unit::Mebibytes, &[size]);
        }
    }
    targets(&mut part);
    Ok(part)
}

fn zip_of(function: &str) -> String {
    format!("{function}: zip")
}

fn targets(part: &mut Part) {
    let [ours, python, node] = Contestant::ALL.map(Contestant::name);
    for function in FUNCTIONS {
        for transport in [Transport::Http, Transport::Tls] {
            let row = |quantity: Quantity| quantity.of(function, transport);
            let median = |quantity, name| part.median(&row(quantity), name);
            let ready = median(Quantity::Ready, ours);
            let peak = median(Quantity::Peak, ours);
            let first = median(Quantity::First, ours);
            let beyond = first.zip(median(Quantity::First, "network"));
            let beyond = beyond.map(|(first, network)| first - network);
            let times = |name| Some(median(Quantity::Ready, name)? / ready?);
            let share = peak.zip(median(Quantity::Peak, python));
            let found = [
                ("ready, ms", Bound::AtMost(10.0), ready),
                ("first beyond the network, ms", Bound::AtMost(5.0), beyond),
                ("peak, MiB", Bound::AtMost(12.0), peak),
                (
                    "ready, times faster than python",
                    Bound::AtLeast(20.0),
                    times(python),
                ),
                (
                    "ready, times faster than node",
                    Bound::AtLeast(12.0),
                    times(node),
                ),
                (
                    "peak, share of python's",
                    Bound::AtMost(0.25),
                    share.map(|(ours, python)| ours / python),
                ),
            ];
            for (what, bound, value) in found {
                if let Some(value) = value {
                    let subject = format!("{function}, {}: {what}", transport.name());
                    part.target(subject, bound, value);
                }
            }
        }
        if let Some(zip) = part.median(&zip_of(function), ours) {
            part.target(format!("{function}: zip, MiB"), Bound::AtMost(4.0), zip);
        }
    }
}
