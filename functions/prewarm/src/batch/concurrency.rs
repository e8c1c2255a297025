//! How many requests run at a time: half as many after a sign of overload, one more each time the
//! origin has shown that it bears what it gets.

/// The number of requests that may run at a time: halved at a sign of overload, raised by one after
/// as many good answers of the origin as run at a time.
#[derive(Debug)]
pub(super) struct Concurrency {
    most: usize,
    limit: usize,
    good: usize,
    /// Counts the halvings. One overload shows in every request that was running, and must halve
    /// the limit only once.
    era: u64,
}

/// When a request was started.
#[derive(Clone, Copy, Debug)]
pub(super) struct Started(u64);

/// What an answer says about the origin's load.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Load {
    /// 429 or 503.
    TooMuch,
    /// The origin answered well.
    Bearable,
    /// A cache answered, or nobody did.
    Unknown,
}

impl Concurrency {
    /// Starts at `limit`, or at the most.
    pub(super) fn new(most: usize, limit: Option<u32>) -> Self {
        let most = most.max(1);
        let limit = limit.and_then(|limit| usize::try_from(limit).ok());
        Self {
            most,
            limit: limit.unwrap_or(most).clamp(1, most),
            good: 0,
            era: 0,
        }
    }

    /// Requests that may run at a time.
    pub(super) fn limit(&self) -> usize {
        self.limit
    }

    /// The limit, if it is not the most.
    pub(super) fn slowed_to(&self) -> Option<u32> {
        (self.limit < self.most)
            .then(|| u32::try_from(self.limit).ok())
            .flatten()
    }

    /// Notes the start of a request.
    pub(super) fn start(&self) -> Started {
        Started(self.era)
    }

    /// Notes its answer.
    pub(super) fn answered(&mut self, started: Started, load: Load) {
        match load {
            Load::TooMuch => self.halve(started),
            Load::Bearable => self.recover(),
            Load::Unknown => {}
        }
    }

    fn halve(&mut self, started: Started) {
        self.good = 0;
        if started.0 != self.era {
            return;
        }
        self.era += 1;
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
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn one_overload_halves_once_however_many_requests_it_meets() {
        let mut concurrency = Concurrency::new(8, None);
        let started: Vec<Started> = (0..8).map(|_| concurrency.start()).collect();
        for started in started {
            concurrency.answered(started, Load::TooMuch);
        }
        assert_eq!(concurrency.limit(), 4);
        let later = concurrency.start();
        concurrency.answered(later, Load::TooMuch);
        assert_eq!(concurrency.slowed_to(), Some(2));
    }

    #[test]
    fn recovers_one_by_one_up_to_the_most() {
        let mut concurrency = Concurrency::new(4, Some(2));
        let mut limits = Vec::new();
        for _ in 0..8 {
            let started = concurrency.start();
            concurrency.answered(started, Load::Bearable);
            limits.push(concurrency.limit());
        }
        assert_eq!(limits, [2, 3, 3, 3, 4, 4, 4, 4]);
        assert_eq!(concurrency.slowed_to(), None);
    }

    proptest! {
        #[test]
        fn stays_between_one_and_the_most(
            most in 1_usize..64,
            limit in proptest::option::of(0_u32..100),
            loads in proptest::collection::vec(0_usize..3, 0..300),
        ) {
            let mut concurrency = Concurrency::new(most, limit);
            for load in loads {
                let started = concurrency.start();
                concurrency.answered(
                    started,
                    [Load::TooMuch, Load::Bearable, Load::Unknown][load],
                );
                prop_assert!((1..=most).contains(&concurrency.limit()));
            }
        }
    }
}
