//! What happens in one simulated world, drawn from its seed.

mod contract;
mod trouble;

use std::time::Duration;

use cloudfront_local::model::{Pop, Profile, ProfileName, ReplayForm};
use contract::{CONTRACT, ENDPOINTS};
use fastrand::Rng;
pub use trouble::Trouble;
use warmfront::contract::Contract;

/// How long CloudFront waits for the origin: nothing is in flight for longer.
pub const ORIGIN_TIMEOUT: Duration = Duration::from_secs(100);
/// The scope that a run may be for.
pub const SCOPE: &str = "cost";
/// The distribution tenant that a run may be for.
const DISTRIBUTION_TENANT: &str = "dt_2acme";
/// The POPs where readers are. Two share a Region; one Region is a shield's.
pub const POPS: [&str; 5] = ["FRA56-P4", "FRA60-P1", "LHR61-P3", "IAD89-P1", "NRT57-P1"];

/// How a location treats two requests for one object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Collapsing {
    /// As documented: the later one waits for the first.
    Strict,
    /// Pessimistic: each asks the origin, and the last answer to arrive stays.
    LastAnswerStays,
}

/// Which places keep an answer that is late.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LateAnswers {
    /// All on its way, or none.
    AsOne,
    /// Each decides alone.
    EachAlone,
}

/// One refresh: the data moves, and an execution is started for it.
#[derive(Clone, Debug)]
pub struct Refresh {
    /// When the data moves to the next version.
    pub published: Duration,
    /// From there to the execution's start.
    pub delay: Duration,
    /// Pauses before redrives, as long as the execution fails.
    pub redrives: Vec<Duration>,
    /// Only this scope.
    pub scope: Option<&'static str>,
}

/// What becomes of the service user's password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Password {
    /// It stays.
    Steady,
    /// It is set at this time, and the secret tells so this much later.
    Rotated(Duration, Duration),
    /// The secret holds another one, and so does its pending version.
    Wrong,
}

/// Everything that is decided beforehand about one world.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// The seed that it was drawn from.
    pub seed: u64,
    /// The contract, narrowed to the endpoints and variants in play.
    pub contract: Contract,
    /// CloudFront's delays and chances.
    pub profile: Profile,
    /// How locations treat two requests for one object.
    pub collapsing: Collapsing,
    /// Which places keep an answer that is late.
    pub late_answers: LateAnswers,
    /// Region of the Origin Shield.
    pub shield: Option<&'static str>,
    /// The POP that the prewarmer reaches.
    pub home: Pop,
    /// Chance that a request of the prewarmer reaches another one.
    pub wander: f64,
    /// Whether runs are given the version to expect.
    pub version_checked: bool,
    /// `STALE_REPAIRS`.
    pub stale_repairs: u32,
    /// `PREWARM_CONCURRENCY`.
    pub concurrency: usize,
    /// How long the prewarm function may run.
    pub function_timeout: Duration,
    /// Usual time of the origin, endpoint by endpoint.
    pub origin_time: Vec<Duration>,
    /// How long a replica may lag behind.
    pub lag: Duration,
    /// What goes wrong.
    pub trouble: Trouble,
    /// The service user's password.
    pub password: Password,
    /// Life of a token.
    pub token_life: Duration,
    /// The refreshes, in order.
    pub refreshes: Vec<Refresh>,
    /// Readers.
    pub readers: usize,
    /// Longest pause between two reads of a reader.
    pub reader_pause: Duration,
    /// Whether the context object tells a redrive count of 0.
    pub tells_redrive_count: bool,
    /// The distribution tenant that holds all this; nothing where the distribution itself does.
    pub distribution_tenant: Option<&'static str>,
    /// Chance that the origin answers with another tenant's data.
    pub mixes_tenants: f64,
    /// Whether a promise is taken from a run although the last answer to arrive stays; drawn as no.
    pub promises_whatever_stays: bool,
}

impl Scenario {
    /// Draws a world.
    #[must_use]
    pub fn draw(seed: u64) -> Self {
        // The model and the course of events draw from other streams.
        let rng = &mut Rng::with_seed(seed ^ 0x5ce0_a210);
        let collapsing = if rng.u8(..4) == 0 {
            Collapsing::LastAnswerStays
        } else {
            Collapsing::Strict
        };
        let profile = profile(rng);
        let lag = if rng.u8(..4) == 0 {
            millis(rng, 1_000, 90_000)
        } else {
            Duration::ZERO
        };
        let mut contract = CONTRACT.clone();
        contract.endpoints.truncate(rng.usize(1..=ENDPOINTS));
        contract.variants[0].values.truncate(rng.usize(1..=2));
        if rng.bool() {
            contract.probe = None;
        }
        let origin_time = (0..ENDPOINTS)
            .map(|_| match rng.u8(..3) {
                0 => millis(rng, 20, 500),
                1 => millis(rng, 500, 10_000),
                _ => millis(rng, 10_000, 60_000),
            })
            .collect();
        let refreshes = refreshes(rng);
        let mut scenario = Self {
            seed,
            contract,
            collapsing,
            late_answers: if rng.bool() {
                LateAnswers::AsOne
            } else {
                LateAnswers::EachAlone
            },
            shield: *rng
                .choice(&[None, Some("eu-central-1"), Some("us-east-2")])
                .expect("there are three"),
            home: pop(rng),
            wander: if rng.u8(..4) == 0 { 0.2 } else { 0.0 },
            version_checked: rng.u8(..5) > 0,
            stale_repairs: 2,
            concurrency: rng.usize(1..=4),
            function_timeout: *rng
                .choice(&[235, 300, 900].map(Duration::from_secs))
                .expect("there are three"),
            origin_time,
            lag,
            trouble: Trouble::draw(rng, collapsing),
            password: match rng.u8(..12) {
                0 => Password::Rotated(millis(rng, 0, 120_000), millis(rng, 100, 60_000)),
                1 => Password::Wrong,
                _ => Password::Steady,
            },
            token_life: Duration::from_mins(rng.u64(5..=60)),
            refreshes,
            readers: rng.usize(1..=3),
            reader_pause: millis(rng, 2_000, 40_000),
            tells_redrive_count: rng.bool(),
            distribution_tenant: None,
            mixes_tenants: 0.0,
            promises_whatever_stays: false,
            profile,
        };
        scenario.draw_bounds(rng);
        scenario
    }

    /// Draws what is within a run's reach, and who crosses the line.
    fn draw_bounds(&mut self, rng: &mut Rng) {
        let has_scope = self.contract.endpoints.len() > 1;
        for refresh in &mut self.refreshes {
            refresh.scope = (has_scope && rng.u8(..4) == 0).then_some(SCOPE);
        }
        self.distribution_tenant = (rng.u8(..4) == 0).then_some(DISTRIBUTION_TENANT);
        if rng.u8(..8) == 0 {
            self.mixes_tenants = 0.02 + 0.2 * rng.f64();
        }
    }

    /// Whether nothing but CloudFront's own timing stands in the way: then every run has to end fresh.
    #[must_use]
    pub fn is_benign(&self) -> bool {
        self.collapsing == Collapsing::Strict
            && self.lag.is_zero()
            && self.version_checked
            && self.refreshes.len() == 1
            && self.password == Password::Steady
            && longest_propagation(&self.profile) < Duration::from_secs(55)
            && self.wander == 0.0
            && self.mixes_tenants == 0.0
            && self.trouble.is_none()
    }

    /// Whether nothing keeps a run from what it decides to do.
    #[must_use]
    pub fn is_undisturbed(&self) -> bool {
        self.password == Password::Steady && self.profile.throttle == 0.0 && self.trouble.is_none()
    }
}

/// When a purge has reached every place, at the latest.
#[must_use]
pub fn longest_propagation(profile: &Profile) -> Duration {
    profile.propagation + profile.propagation_spread
}

fn profile(rng: &mut Rng) -> Profile {
    let (shortest, spread) = match rng.u8(..8) {
        0 => (10_000, 80_000),
        1..3 => (1_000, 14_000),
        _ => (200, 2_000),
    };
    let chance = |rng: &mut Rng| *rng.choice(&[0.0, 0.5, 1.0]).expect("there are three");
    let busy = rng.u8(..4) == 0;
    Profile {
        propagation: millis(rng, 100, shortest),
        propagation_spread: millis(rng, 0, spread),
        completion: millis(rng, 0, 2_000),
        completion_spread: millis(rng, 0, 8_000),
        late_fill: chance(rng),
        late_collapse: chance(rng),
        throttle: if busy { 0.1 } else { 0.0 },
        unavailable: if busy { 0.05 } else { 0.0 },
        replay_form: if rng.bool() {
            ReplayForm::AlreadyExists
        } else {
            ReplayForm::InvalidArgument
        },
        ..ProfileName::Calm.profile()
    }
}

fn refreshes(rng: &mut Rng) -> Vec<Refresh> {
    let count = if rng.u8(..4) == 0 { 2 } else { 1 };
    let mut published = millis(rng, 5_000, 70_000);
    (0..count)
        .map(|_| {
            let refresh = Refresh {
                published,
                delay: millis(rng, 0, 3_000),
                redrives: (0..rng.usize(..3))
                    .map(|_| match rng.u8(..4) {
                        0 => millis(rng, 600_000, 7_200_000),
                        _ => millis(rng, 1_000, 120_000),
                    })
                    .collect(),
                scope: None,
            };
            published += millis(rng, 0, 120_000);
            refresh
        })
        .collect()
}

fn pop(rng: &mut Rng) -> Pop {
    let name = rng.choice(POPS).expect("there are POPs");
    Pop::named(name).expect("the model has it")
}

fn millis(rng: &mut Rng, least: u64, most: u64) -> Duration {
    Duration::from_millis(rng.u64(least..=most))
}
