//! What one part of the benchmarks found: measurements, their ratios, and whether targets are met.

use serde::Serialize;

use crate::sample::Spread;

/// What one part of the benchmarks found.
#[derive(Clone, Debug, Serialize)]
pub struct Part {
    /// Its name.
    pub name: &'static str,
    /// How it was measured, in a few sentences.
    pub method: String,
    /// What was measured, in the order of the table.
    pub measurements: Vec<Measurement>,
    /// How contestants compare, by their medians of this run.
    pub ratios: Vec<Ratio>,
    /// What was to be reached.
    pub targets: Vec<Target>,
}

/// One quantity of one contestant.
#[derive(Clone, Debug, Serialize)]
pub struct Measurement {
    /// Row of the table, such as "invalidate, TLS: ready".
    pub subject: String,
    /// Column of the table, such as "python".
    pub contestant: String,
    /// Unit of all numbers.
    pub unit: Unit,
    /// The numbers.
    #[serde(flatten)]
    pub spread: Spread,
}

/// What numbers count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Unit {
    /// Seconds.
    #[serde(rename = "s")]
    Seconds,
    /// Milliseconds.
    #[serde(rename = "ms")]
    Milliseconds,
    /// Mebibytes.
    #[serde(rename = "MiB")]
    Mebibytes,
    /// US dollars.
    #[serde(rename = "USD")]
    Dollars,
    /// Pieces.
    #[serde(rename = "count")]
    Count,
    /// A quotient of two like quantities.
    #[serde(rename = "ratio")]
    Ratio,
}

/// How many times the median of one contestant is that of another.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Ratio {
    /// What was measured of both.
    pub subject: String,
    /// The dividend.
    pub of: String,
    /// The divisor.
    pub to: String,
    /// The quotient of the medians.
    pub value: f64,
}

/// What was to be reached, and what was.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Target {
    /// The target.
    pub subject: String,
    /// Its bound.
    pub bound: Bound,
    /// What was found.
    pub found: f64,
    /// Whether that is within the bound.
    pub holds: bool,
}

/// A limit.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Bound {
    /// No more than this.
    AtMost(f64),
    /// No less than this.
    AtLeast(f64),
}

impl Part {
    /// Begins with nothing found.
    pub fn new(name: &'static str, method: impl Into<String>) -> Self {
        Self {
            name,
            method: method.into(),
            measurements: Vec::new(),
            ratios: Vec::new(),
            targets: Vec::new(),
        }
    }

    /// Adds one quantity of one contestant. Without samples there is nothing to add.
    pub fn measured(&mut self, subject: &str, contestant: &str, unit: Unit, samples: &[f64]) {
        if let Some(spread) = Spread::of(samples) {
            self.measurements.push(Measurement {
                subject: subject.to_owned(),
                contestant: contestant.to_owned(),
                unit,
                spread,
            });
        }
    }

    /// The median of what was measured.
    #[must_use]
    pub fn median(&self, subject: &str, contestant: &str) -> Option<f64> {
        self.measurements
            .iter()
            .find(|found| found.subject == subject && found.contestant == contestant)
            .map(|found| found.spread.median)
    }

    /// Adds and returns how many times `of` is `to`, where both were measured.
    pub fn compare(&mut self, subject: &str, of: &str, to: &str) -> Option<f64> {
        let value = self.median(subject, of)? / self.median(subject, to)?;
        self.ratios.push(Ratio {
            subject: subject.to_owned(),
            of: of.to_owned(),
            to: to.to_owned(),
            value,
        });
        Some(value)
    }

    /// Holds what was found against a bound.
    pub fn target(&mut self, subject: impl Into<String>, bound: Bound, found: f64) {
        self.targets.push(Target {
            subject: subject.into(),
            bound,
            found,
            holds: match bound {
                Bound::AtMost(most) => found <= most,
                Bound::AtLeast(least) => found >= least,
            },
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_is_of_the_medians() {
        let mut part = Part::new("cold start", "");
        part.measured("ready", "warmfront", Unit::Milliseconds, &[5.0, 4.0, 90.0]);
        part.measured("ready", "python", Unit::Milliseconds, &[100.0]);
        assert_eq!(part.compare("ready", "python", "warmfront"), Some(20.0));
        assert_eq!(part.compare("ready", "node", "warmfront"), None);
        assert_eq!(part.ratios.len(), 1);
    }

    #[test]
    fn a_target_is_met_at_its_bound() {
        let mut part = Part::new("cold start", "");
        part.target("ready", Bound::AtMost(10.0), 10.0);
        part.target("ready", Bound::AtMost(10.0), 10.1);
        part.target("times python", Bound::AtLeast(20.0), 20.0);
        let holds: Vec<bool> = part.targets.iter().map(|target| target.holds).collect();
        assert_eq!(holds, [true, false, true]);
    }
}
