//! Samples of one quantity, and what is reported of them.

use serde::Serialize;

/// What is reported of some samples.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Spread {
    /// How many samples.
    pub samples: usize,
    /// The middle one.
    pub median: f64,
    /// A tenth of them are lower.
    pub p10: f64,
    /// A tenth of them are higher.
    pub p90: f64,
    /// The lowest.
    pub min: f64,
    /// The highest.
    pub max: f64,
}

impl Spread {
    /// Sums samples up; `None` without any.
    pub fn of(samples: &[f64]) -> Option<Self> {
        let mut sorted = samples.to_vec();
        sorted.sort_by(f64::total_cmp);
        Some(Self {
            samples: sorted.len(),
            median: quantile(&sorted, 50)?,
            p10: quantile(&sorted, 10)?,
            p90: quantile(&sorted, 90)?,
            min: *sorted.first()?,
            max: *sorted.last()?,
        })
    }
}

/// Between two samples, the quantile lies on the straight line that joins them.
fn quantile(sorted: &[f64], percent: usize) -> Option<f64> {
    let hundredths = sorted.len().checked_sub(1)? * percent;
    let (below, part) = (hundredths / 100, hundredths % 100);
    let low = *sorted.get(below)?;
    let high = sorted.get(below + 1).copied().unwrap_or(low);
    let part = f64::from(u32::try_from(part).expect("less than a hundred"));
    Some(low + (high - low) * part / 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_one_in_any_order() {
        let spread = Spread::of(&[9.0, 1.0, 5.0]).unwrap();
        assert_eq!((spread.median, spread.min, spread.max), (5.0, 1.0, 9.0));
    }

    #[test]
    fn a_quantile_lies_between_its_neighbours() {
        let samples: Vec<f64> = (0..=10).map(f64::from).collect();
        let spread = Spread::of(&samples).unwrap();
        assert_eq!((spread.p10, spread.p90), (1.0, 9.0));
        let two = Spread::of(&[1.0, 2.0]).unwrap();
        assert!((two.median - 1.5).abs() < f64::EPSILON);
    }

    #[test]
    fn nothing_is_said_of_no_samples() {
        assert_eq!(Spread::of(&[]), None);
    }
}
