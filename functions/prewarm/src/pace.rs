//! How many requests run at a time: fewer when the origin asks for it or slows down, more again
//! when it recovers.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

/// Fills that the median is taken over.
const FILLS_COMPARED: usize = 7;
/// A median this many times its baseline means that the origin is slowing down.
const SLOWER: f64 = 2.0;
/// Fills faster than this tell about the network, not about the origin.
const WORTH_COMPARING: Duration = Duration::from_millis(250);

/// The number of requests that may run at a time: halved at a sign of overload, raised by one
/// after as many good answers of the origin as run at a time.
#[derive(Debug)]
pub struct Pace {
    most: usize,
    limit: usize,
    good: usize,
    /// Counts the halvings. One overload shows in every request that was running.
    era: u64,
    /// First fill of each path. Paths differ too much to be compared with each other.
    baselines: HashMap<String, Duration>,
    ratios: VecDeque<f64>,
}

/// When a request was started.
#[derive(Clone, Copy, Debug)]
pub struct Started(u64);

/// What an answer says about the load.
#[derive(Clone, Copy, Debug)]
pub enum Sign<'a> {
    /// 429 or 503.
    Overload,
    /// The origin answered for this path after this time.
    Filled(&'a str, Duration),
    /// Nothing, as it came from a cache or failed.
    None,
}

impl Pace {
    /// Starts at `limit`, or at the most.
    #[must_use]
    pub fn new(most: usize, limit: Option<u32>) -> Self {
        let most = most.max(1);
        let limit = limit.and_then(|limit| usize::try_from(limit).ok());
        Self {
            most,
            limit: limit.unwrap_or(most).clamp(1, most),
            good: 0,
            era: 0,
            baselines: HashMap::new(),
            ratios: VecDeque::new(),
        }
    }

    /// Requests that may run at a time.
    #[must_use]
    pub fn limit(&self) -> usize {
        self.limit
    }

    /// The limit, if it is not the most.
    #[must_use]
    pub fn slowed_to(&self) -> Option<u32> {
        (self.limit < self.most)
            .then(|| u32::try_from(self.limit).ok())
            .flatten()
    }

    /// Notes the start of a request.
    #[must_use]
    pub fn start(&self) -> Started {
        Started(self.era)
    }

    /// Notes its answer.
    pub fn answered(&mut self, started: Started, sign: Sign<'_>) {
        match sign {
            Sign::Overload => self.halve(started),
            Sign::Filled(path, took) if self.slows_down(path, took) => self.halve(started),
            Sign::Filled(..) => self.recover(),
            Sign::None => {}
        }
    }

    fn halve(&mut self, started: Started) {
        self.good = 0;
        if started.0 != self.era {
            return;
        }
        self.era += 1;
        self.ratios.clear();
        if self.limit > 1 {
            self.limit /= 2;
            tracing::info!(concurrency = self.limit, "slowing down for the origin");
        }
    }

    fn recover(&mut self) {
        self.good += 1;
        if self.good >= self.limit && self.limit < self.most {
            self.limit += 1;
            self.good = 0;
        }
    }

    fn slows_down(&mut self, path: &str, took: Duration) -> bool {
        let Some(&baseline) = self.baselines.get(path) else {
            self.baselines.insert(path.to_owned(), took);
            return false;
        };
        let ratio = if took < WORTH_COMPARING {
            1.0
        } else {
            took.as_secs_f64() / baseline.max(Duration::from_millis(1)).as_secs_f64()
        };
        if self.ratios.len() == FILLS_COMPARED {
            self.ratios.pop_front();
        }
        self.ratios.push_back(ratio);
        let mut sorted: Vec<f64> = self.ratios.iter().copied().collect();
        sorted.sort_by(f64::total_cmp);
        sorted.len() == FILLS_COMPARED && sorted[FILLS_COMPARED / 2] >= SLOWER
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn halves_once_for_all_requests_of_one_overload() {
        let mut pace = Pace::new(8, None);
        let running: Vec<_> = (0..8).map(|_| pace.start()).collect();
        for started in running {
            pace.answered(started, Sign::Overload);
        }
        assert_eq!(pace.limit(), 4);
        let later = pace.start();
        pace.answered(later, Sign::Overload);
        assert_eq!(pace.limit(), 2);
    }

    #[test]
    fn recovers_step_by_step() {
        let mut pace = Pace::new(4, Some(2));
        for expected in [2, 3, 3, 3, 4, 4, 4, 4, 4] {
            let started = pace.start();
            pace.answered(started, Sign::None);
            let started = pace.start();
            pace.answered(started, Sign::Filled("/a", Duration::ZERO));
            assert_eq!(pace.limit(), expected);
        }
        assert_eq!(pace.slowed_to(), None);
    }

    #[test]
    fn a_doubled_median_slows_down_and_one_slow_answer_does_not() {
        let second = Duration::from_secs(1);
        let fill = |pace: &mut Pace, took| {
            let started = pace.start();
            pace.answered(started, Sign::Filled("/a", took));
        };
        let mut pace = Pace::new(4, None);
        fill(&mut pace, second);
        fill(&mut pace, 9 * second);
        for _ in 0..20 {
            fill(&mut pace, second);
        }
        assert_eq!(pace.limit(), 4);
        for _ in 0..4 {
            fill(&mut pace, 2 * second);
        }
        assert_eq!(pace.limit(), 2);
    }

    #[test]
    fn slow_paths_are_not_held_against_fast_ones() {
        let mut pace = Pace::new(4, None);
        for seconds in 1..40 {
            let started = pace.start();
            let path = format!("/{seconds}");
            pace.answered(started, Sign::Filled(&path, Duration::from_secs(seconds)));
        }
        assert_eq!(pace.limit(), 4);
    }

    proptest! {
        #[test]
        fn stays_between_one_and_the_most(
            most in 1_usize..64,
            limit in proptest::option::of(0_u32..100),
            signs in proptest::collection::vec((0..3, 1_u64..100), 0..300),
        ) {
            let mut pace = Pace::new(most, limit);
            for (sign, seconds) in signs {
                let started = pace.start();
                pace.answered(started, match sign {
                    0 => Sign::Overload,
                    1 => Sign::Filled("/a", Duration::from_secs(seconds)),
                    _ => Sign::None,
                });
                prop_assert!((1..=most).contains(&pace.limit()));
            }
        }
    }
}
