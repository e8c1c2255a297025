//! How honest, slow and nasty the stand-in is: every knob with its off value.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A named set of knobs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ProfileName {
    /// Fast, and nothing happens by chance.
    #[default]
    Calm,
    /// The documented delays, some throttling.
    Real,
    /// The tails of all distributions, often.
    Rough,
}

impl std::str::FromStr for ProfileName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "calm" => Ok(Self::Calm),
            "real" => Ok(Self::Real),
            "rough" => Ok(Self::Rough),
            other => Err(format!("{other:?} is no profile: calm, real or rough")),
        }
    }
}

/// The knobs. Durations are milliseconds in JSON, chances lie between 0 (off) and 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Profile {
    /// Shortest time until a purge has reached every place. Off: 0.
    #[serde(rename = "propagationMs", with = "millis")]
    pub propagation: Duration,
    /// Random time added to it, place by place. Off: 0.
    #[serde(rename = "propagationSpreadMs", with = "millis")]
    pub propagation_spread: Duration,
    /// Shortest time from there until the status is `Completed`. Off: 0.
    #[serde(rename = "completionMs", with = "millis")]
    pub completion: Duration,
    /// Random time added to it. Off: 0.
    #[serde(rename = "completionSpreadMs", with = "millis")]
    pub completion_spread: Duration,
    /// Chance that a fill which began before a purge of it is stored after it. Off: 0.
    pub late_fill: f64,
    /// Chance that a request is collapsed onto such a fetch though it came after the purge. Off: 0.
    pub late_collapse: f64,
    /// A 304 of the origin replaces the tags as it replaces headers. Nobody says whether it does.
    pub retag_on_304: bool,
    /// Chance that a control plane call is throttled. Off: 0.
    pub throttle: f64,
    /// Chance that a control plane call is answered 503. Off: 0.
    pub unavailable: f64,
    /// `CreateInvalidation` calls a second and account. Off: 0.
    pub create_rate: f64,
    /// Calls that may be made at once before the rate binds.
    pub create_burst: u32,
    /// How a caller reference used for another batch is reported.
    pub replay_form: super::ReplayForm,
    /// Whether an item that begins neither with `/` nor `#` is a 400 (documented) or a silent success (reported).
    pub refuse_bare_items: bool,
    /// Non-wildcard items in progress per distribution.
    pub max_items_in_progress: usize,
    /// Wildcard items in progress per distribution.
    pub max_wildcards_in_progress: usize,
}

impl ProfileName {
    /// The knobs of this profile.
    #[must_use]
    pub fn profile(self) -> Profile {
        let calm = Profile {
            propagation: Duration::from_millis(50),
            propagation_spread: Duration::ZERO,
            completion: Duration::from_millis(200),
            completion_spread: Duration::ZERO,
            late_fill: 0.0,
            late_collapse: 0.0,
            retag_on_304: true,
            throttle: 0.0,
            unavailable: 0.0,
            create_rate: 0.0,
            create_burst: 10,
            replay_form: super::ReplayForm::AlreadyExists,
            refuse_bare_items: true,
            // https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/InvalidationLimits.html
            max_items_in_progress: 3000,
            max_wildcards_in_progress: 15,
        };
        match self {
            Self::Calm => calm,
            // AWS: effective within 5 s and reported complete within 25 s, both at P95. The call rate is the 0.5/s
            // that a maintainer of the AWS SDKs quoted.
            Self::Real => Profile {
                propagation: Duration::from_secs(1),
                propagation_spread: Duration::from_secs(4),
                completion: Duration::from_secs(4),
                completion_spread: Duration::from_secs(16),
                late_fill: 0.5,
                late_collapse: 0.5,
                throttle: 0.02,
                unavailable: 0.01,
                create_rate: 0.5,
                ..calm
            },
            Self::Rough => Profile {
                propagation: Duration::from_secs(1),
                propagation_spread: Duration::from_secs(14),
                completion: Duration::from_secs(1),
                completion_spread: Duration::from_mins(1),
                late_fill: 1.0,
                late_collapse: 1.0,
                retag_on_304: false,
                throttle: 0.2,
                unavailable: 0.1,
                create_rate: 0.5,
                create_burst: 6,
                replay_form: super::ReplayForm::InvalidArgument,
                refuse_bare_items: false,
                ..calm
            },
        }
    }
}

mod millis {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(span: &Duration, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_u64(u64::try_from(span.as_millis()).unwrap_or(u64::MAX))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(input: D) -> Result<Duration, D::Error> {
        u64::deserialize(input).map(Duration::from_millis)
    }
}
