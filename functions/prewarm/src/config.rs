//! The settings of *prewarm*.

use std::time::Duration;

use warmfront::contract::{Contract, without_query};
use warmfront::environment::{ConfigurationError, Environment, Reader, duration, number, text};
use warmfront::path_pattern;
use warmfront::plan::BaseUrl;

/// Where requests go: scheme and host of the distribution, as browsers use them.
pub const BASE_URL: &str = "BASE_URL";
/// The distribution; a run needs its id only to wait for a purge that somebody else has made.
pub const DISTRIBUTION_ID: &str = "DISTRIBUTION_ID";
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
/// Path patterns that CloudFront answers to signed cookies only.
pub const SIGNED_PATHS: &str = "SIGNED_PATHS";
/// Most extra purges because something is stale.
pub const STALE_REPAIRS: &str = "STALE_REPAIRS";

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
    /// `DISTRIBUTION_ID`.
    pub distribution_id: String,
    /// `BASE_URL`.
    pub base_url: BaseUrl,
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
    /// `SIGNED_PATHS`.
    pub signed_paths: Vec<String>,
    /// `STALE_REPAIRS`.
    pub stale_repairs: u32,
}

impl Config {
    /// Reads the settings and reports every problem together.
    pub fn from_environment(environment: &impl Environment) -> Result<Self, ConfigurationError> {
        let mut reader = Reader::new(environment);
        let contract = reader.contract();
        let distribution_id = reader.required(DISTRIBUTION_ID, text);
        let base_url = reader.required(BASE_URL, str::parse);
        let secret_id = reader.required(SECRET_ID, text);
        let user_pool_id = reader.required(USER_POOL_ID, text);
        let client_id = reader.required(CLIENT_ID, text);
        let concurrency = reader.optional(PREWARM_CONCURRENCY, number(1..=64));
        let error_caching_ttl = reader.optional(ERROR_CACHING_TTL, duration);
        let signed_paths = reader.optional(SIGNED_PATHS, patterns);
        let stale_repairs = reader.optional(STALE_REPAIRS, number(0..=5));
        reader.finish()?;
        let read = "the reader has a problem for each value that is missing";
        Ok(Self {
            contract: contract.expect(read),
            distribution_id: distribution_id.expect(read),
            base_url: base_url.expect(read),
            secret_id: secret_id.expect(read),
            user_pool_id: user_pool_id.expect(read),
            client_id: client_id.expect(read),
            concurrency: concurrency.unwrap_or(DEFAULT_CONCURRENCY),
            error_caching_ttl: error_caching_ttl.unwrap_or(DEFAULT_ERROR_CACHING_TTL),
            signed_paths: signed_paths.unwrap_or_default(),
            stale_repairs: stale_repairs.unwrap_or(DEFAULT_STALE_REPAIRS),
        })
    }

    /// Whether CloudFront answers this path to signed cookies only.
    #[must_use]
    pub fn is_signed(&self, path: &str) -> bool {
        let path = without_query(path);
        let mut patterns = self.signed_paths.iter();
        patterns.any(|pattern| path_pattern::matches(pattern, path))
    }
}

/// Path patterns, with blanks or commas between them.
fn patterns(value: &str) -> Result<Vec<String>, String> {
    let patterns = value
        .split([' ', ','])
        .filter(|pattern| !pattern.is_empty());
    match patterns
        .clone()
        .find(|pattern| !pattern.starts_with(['/', '*']))
    {
        Some(wrong) => Err(format!("has {wrong:?}, which does not begin with /")),
        None => Ok(patterns.map(str::to_owned).collect()),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use warmfront::environment::TASK_ROOT;

    use super::*;

    /// The folder of the example contract.
    const SHARED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/tests/fixture");

    fn complete() -> HashMap<&'static str, &'static str> {
        HashMap::from([
            (TASK_ROOT, SHARED),
            (DISTRIBUTION_ID, "E1A2SI6ABUP8J5"),
            (BASE_URL, "https://d111111abcdef8.cloudfront.net"),
            (SECRET_ID, "warmfront/service-user"),
            (USER_POOL_ID, "eu-central-1_AbCdEf"),
            (CLIENT_ID, "4h57ag"),
        ])
    }

    #[test]
    fn what_is_not_set_has_its_default() {
        let config = Config::from_environment(&complete()).unwrap();
        assert_eq!(config.concurrency, 4);
        assert_eq!(config.error_caching_ttl, Duration::from_secs(10));
        assert_eq!(config.stale_repairs, 2);
    }

    #[test]
    fn signed_paths_are_told_from_others() {
        let mut environment = complete();
        environment.insert(SIGNED_PATHS, "/api/cost*,/reports/* *.csv");
        let config = Config::from_environment(&environment).unwrap();
        for (path, is_signed) in [
            ("/api/cost/trend?organization=acme", true),
            ("/reports/7", true),
            ("/a/b.csv?x=1", true),
            ("/api/overview?next=/reports/7", false),
        ] {
            assert_eq!(config.is_signed(path), is_signed, "{path}");
        }
    }

    #[test]
    fn every_problem_is_reported_together() {
        let mut environment = complete();
        environment.remove(SECRET_ID);
        for (name, value) in [
            (BASE_URL, "d111111abcdef8.cloudfront.net"),
            (USER_POOL_ID, ""),
            (PREWARM_CONCURRENCY, "0"),
            (ERROR_CACHING_TTL, "ten"),
            (SIGNED_PATHS, "/reports/*, files/*"),
            (STALE_REPAIRS, "6"),
        ] {
            environment.insert(name, value);
        }
        let error = Config::from_environment(&environment).unwrap_err();
        assert_eq!(error.problems.len(), 7, "{error}");
    }
}
