//! The settings of *prewarm*.

use std::time::Duration;

use reqwest::Url;
use url::Position;
use warmfront::contract::{Contract, TENANT_PLACEHOLDER};
use warmfront::environment::{ConfigurationError, Environment, Reader, duration, number, text};

/// Where requests go: scheme and host of the distribution.
pub const BASE_URL: &str = "BASE_URL";
/// The secret with the service user's credentials, by name or ARN.
pub const SECRET_ID: &str = "SECRET_ID";
/// The user pool of the service user.
pub const USER_POOL_ID: &str = "USER_POOL_ID";
/// The app client that the service user logs in through.
pub const CLIENT_ID: &str = "CLIENT_ID";
/// Most requests at a time.
pub const PREWARM_CONCURRENCY: &str = "PREWARM_CONCURRENCY";
/// How long CloudFront caches an error.
pub const ERROR_CACHING_TTL: &str = "ERROR_CACHING_TTL";
/// Most extra purges because something is stale.
pub const STALE_REPAIRS: &str = "STALE_REPAIRS";
/// Time after a purge at which each target is looked at once more.
pub const RECHECK_AFTER: &str = "RECHECK_AFTER";

/// Slow origins aggregate: a few at a time is what a dashboard asks of them, too.
pub const DEFAULT_CONCURRENCY: usize = 4;
/// CloudFront's default (Developer Guide, "How CloudFront processes HTTP 4xx and 5xx").
pub const DEFAULT_ERROR_CACHING_TTL: Duration = Duration::from_secs(10);
/// One for a response that was computed before the purge and stored after it, one in reserve.
pub const DEFAULT_STALE_REPAIRS: u32 = 2;

/// All settings, read once at start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The contract.
    pub contract: Contract,
    /// `BASE_URL`.
    pub base_url: Url,
    /// `SECRET_ID`.
    pub secret_id: String,
    /// `USER_POOL_ID`.
    pub user_pool_id: String,
    /// `CLIENT_ID`.
    pub client_id: String,
    /// `PREWARM_CONCURRENCY`.
    pub concurrency: usize,
    /// `ERROR_CACHING_TTL`.
    pub error_caching_ttl: Duration,
    /// `STALE_REPAIRS`.
    pub stale_repairs: u32,
    /// `RECHECK_AFTER`.
    pub recheck_after: Option<Duration>,
}

impl Config {
    /// Reads the settings and reports every problem together.
    pub fn from_environment(environment: &impl Environment) -> Result<Self, ConfigurationError> {
        let mut reader = Reader::new(environment);
        let contract = reader.contract();
        let base_url = reader.required(BASE_URL, base_url);
        let secret_id = reader.required(SECRET_ID, text);
        let user_pool_id = reader.required(USER_POOL_ID, text);
        let client_id = reader.required(CLIENT_ID, text);
        let concurrency = reader.optional(PREWARM_CONCURRENCY, number(1..=256));
        let error_caching_ttl = reader.optional(ERROR_CACHING_TTL, duration);
        let stale_repairs = reader.optional(STALE_REPAIRS, number(0..=10));
        let recheck_after = reader.optional(RECHECK_AFTER, duration);
        if let (Some(contract), Some(base_url)) = (&contract, &base_url) {
            for path in rewritten_paths(contract, base_url) {
                reader.problem(format!(
                    "{path:?} in the contract would be requested as other bytes: \
                     percent-encode it as browsers do"
                ));
            }
        }
        reader.finish()?;
        let read = "the reader has a problem for each value that is missing";
        Ok(Self {
            contract: contract.expect(read),
            base_url: base_url.expect(read),
            secret_id: secret_id.expect(read),
            user_pool_id: user_pool_id.expect(read),
            client_id: client_id.expect(read),
            concurrency: concurrency.unwrap_or(DEFAULT_CONCURRENCY),
            error_caching_ttl: error_caching_ttl.unwrap_or(DEFAULT_ERROR_CACHING_TTL),
            stale_repairs: stale_repairs.unwrap_or(DEFAULT_STALE_REPAIRS),
            recheck_after,
        })
    }
}

fn base_url(given: &str) -> Result<Url, String> {
    let wrong = || {
        format!(
            "{given:?} is not the scheme and host of a distribution, as in https://d111111abcdef8.cloudfront.net"
        )
    };
    let url = Url::parse(given).map_err(|_| wrong())?;
    let plain = matches!(url.scheme(), "https" | "http")
        && url.has_host()
        && url.username().is_empty()
        && url.password().is_none()
        && &url[Position::BeforePath..] == "/";
    if plain { Ok(url) } else { Err(wrong()) }
}

/// Paths that URL parsing changes: they would have a cache key that the contract does not say.
fn rewritten_paths<'c>(contract: &'c Contract, base: &Url) -> Vec<&'c str> {
    let endpoints = contract.endpoints.iter().map(|endpoint| &endpoint.path);
    let probe = contract.probe.iter().map(|probe| &probe.path);
    endpoints
        .chain(probe)
        .filter(|path| {
            let filled = path.replace(TENANT_PLACEHOLDER, "a");
            base.join(&filled)
                .map_or(true, |url| url[Position::BeforePath..] != filled)
        })
        .map(String::as_str)
        .collect()
}
