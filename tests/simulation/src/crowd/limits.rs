//! What the executions of an account share, at its documented or reported size.

use serde_json::Value;

use super::Millis;

/// Rates, quotas and times of the services around a crowd.
#[derive(Clone, Debug)]
pub struct Limits {
    /// `CreateInvalidation` calls a second and account: not documented, as a maintainer of the AWS SDKs quoted them
    /// (aws-sdk-js#3983).
    pub purge_rate: f64,
    /// Calls at once before that rate binds.
    pub purge_burst: u32,
    /// Tags and paths in progress (CloudFront Developer Guide, "Invalidation limits").
    pub items_in_progress: usize,
    /// Concurrent executions of an account (Lambda Developer Guide, "Lambda quotas").
    pub concurrency: u32,
    /// How much of it is kept for *invalidate*, which then has no more; nothing for no reservation.
    pub reserved: Option<u32>,
    /// Logins of one user a second (Cognito Developer Guide, "Quotas": ten requests).
    pub login_rate: f64,
    /// How long a token serves: Cognito's default hour, less the minute that is kept.
    pub token_life: Millis,
    /// From the start of a process to its first work.
    pub cold_start: (Millis, Millis),
    /// A call of an AWS service.
    pub service_call: (Millis, Millis),
    /// From a purge to its completion: AWS says 25 s for 95 of 100.
    pub completion: (Millis, Millis),
    /// Requesting the endpoints of a tenant.
    pub prewarm: (Millis, Millis),
    /// How many prewarms in a thousand find something stale, which is purged again.
    pub stale_in_thousand: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            purge_rate: 0.5,
            purge_burst: 10,
            items_in_progress: 3_000,
            concurrency: 1_000,
            reserved: shipped_reservation(),
            login_rate: 10.0,
            token_life: 59 * 60_000,
            cold_start: (20, 300),
            service_call: (50, 400),
            completion: (5_000, 25_000),
            prewarm: (20_000, 180_000),
            stale_in_thousand: 20,
        }
    }
}

impl Limits {
    /// The shortest time in which so many purges get through.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a positive number of milliseconds"
    )]
    pub fn bound(&self, purges: u32) -> Millis {
        (f64::from(purges.saturating_sub(self.purge_burst)) / self.purge_rate * 1_000.0) as Millis
    }
}

/// The reserved concurrency of *invalidate* that the CDK app deploys.
///
/// # Panics
/// If the settings' schema has no default for it.
#[must_use]
pub fn shipped_reservation() -> Option<u32> {
    let schema = include_str!("../../../../cdk/settings.schema.json");
    let schema: Value = serde_json::from_str(schema).expect("the schema is JSON");
    let setting = &schema["properties"]["pipeline"]["properties"]["concurrentPurges"]["default"];
    let reserved = setting.as_u64().expect("concurrentPurges has a default");
    u32::try_from(reserved)
        .ok()
        .filter(|reserved| *reserved > 0)
}
