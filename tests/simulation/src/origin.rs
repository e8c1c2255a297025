//! The origin: data whose version moves, replicas that lag, aggregation that takes its time, and trouble.

use std::time::Duration;

use fastrand::Rng;

use crate::scenario::{ORIGIN_TIMEOUT, Scenario};

/// Replicas that answer in turn.
const REPLICAS: usize = 3;

/// The origin's data and moods.
#[derive(Clone, Debug)]
pub struct Origin {
    /// When each version appears, replica by replica; version 1 is there from the start.
    visible: Vec<Vec<Duration>>,
    usual: Vec<Duration>,
    throttle: f64,
    error: f64,
    hang: f64,
    mixes_tenants: f64,
}

/// What the origin makes of a request.
#[derive(Clone, Copy, Debug)]
pub struct Answering {
    /// How long it takes.
    pub takes: Duration,
    /// Its status.
    pub status: u16,
    /// The version of the data that it read when the request came.
    pub version: u64,
    /// It is another tenant's data.
    pub foreign: bool,
    /// `Retry-After`, in seconds.
    pub retry_after: Option<u64>,
}

impl Origin {
    /// The origin of a world.
    #[must_use]
    pub fn new(scenario: &Scenario, rng: &mut Rng) -> Self {
        let lag = u64::try_from(scenario.lag.as_millis()).expect("a short time");
        let visible = scenario
            .refreshes
            .iter()
            .map(|refresh| {
                (0..REPLICAS)
                    .map(|_| refresh.published + Duration::from_millis(rng.u64(0..=lag)))
                    .collect()
            })
            .collect();
        Self {
            visible,
            usual: scenario.origin_time.clone(),
            throttle: scenario.trouble.origin_throttle,
            error: scenario.trouble.origin_error,
            hang: scenario.trouble.origin_hang,
            mixes_tenants: scenario.mixes_tenants,
        }
    }

    /// The version that some replica has at this time, from the world's start.
    fn version(&self, now: Duration, rng: &mut Rng) -> u64 {
        let replica = rng.usize(..REPLICAS);
        let seen = self
            .visible
            .iter()
            .rposition(|at| at[replica] <= now)
            .map_or(0, |index| index + 1);
        1 + u64::try_from(seen).expect("few versions")
    }

    /// Begins to answer a request for an endpoint. What it answers is read now, however long it takes.
    pub fn begin(&self, endpoint: usize, now: Duration, rng: &mut Rng) -> Answering {
        let answering = Answering {
            takes: self.usual[endpoint].mul_f64(0.5 + rng.f64()),
            status: 200,
            version: self.version(now, rng),
            foreign: false,
            retry_after: None,
        };
        let mut happens = |chance: f64| chance > 0.0 && rng.f64() < chance;
        if happens(self.throttle) {
            let retry_after = rng.bool().then(|| rng.u64(1..20));
            return Answering {
                takes: Duration::from_millis(20),
                status: 429,
                retry_after,
                ..answering
            };
        }
        if happens(self.error) {
            let status = if rng.bool() { 500 } else { 503 };
            return Answering {
                takes: answering.takes / 2,
                status,
                ..answering
            };
        }
        if happens(self.hang) {
            return Answering {
                takes: 2 * ORIGIN_TIMEOUT,
                ..answering
            };
        }
        Answering {
            foreign: happens(self.mixes_tenants),
            ..answering
        }
    }

    /// Answers the probe.
    pub fn probe(&self, now: Duration, rng: &mut Rng) -> Answering {
        Answering {
            takes: Duration::from_millis(rng.u64(10..200)),
            status: 200,
            version: self.version(now, rng),
            foreign: false,
            retry_after: None,
        }
    }
}
