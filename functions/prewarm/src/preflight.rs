//! Preflight: proves that the cache can be refilled, before anything is purged.

use std::time::Duration;

use http::Method;
use jiff::Timestamp;
use tokio::time::{Instant, timeout};
use warmfront::clock::Clock;
use warmfront::contract::{Probe, TENANT_PLACEHOLDER, VersionStamp};
use warmfront::environment::ConfigurationError;
use warmfront::message::{
    Execution, ExecutionInput, HandedPurge, Invalidation, InvalidationStatus, Mode, Next,
    PrewarmResponse, Progress, Purge, PurgeTarget, Remaining, Run,
};
use warmfront::plan::{Plan, default_headers};
use warmfront::version::Version;

use crate::batch::MARGIN;
use crate::config::Config;
use crate::error::PrewarmError;
use crate::fetch::{BodyWatch, Fetch, Get, NamedTenant};
use crate::identity::CallIdentity;
use crate::ports::Ports;
use crate::proof::{Evidence, shown};

/// Time that a run may need before its first request: a slow login, with a rotated secret.
const START_ALLOWANCE: Duration = Duration::from_secs(2);
/// Longest version in an error's text.
const LONGEST_VERSION: usize = 64;

/// What the check of a new run works with.
pub(crate) struct Preflight<'a, P> {
    pub(crate) config: &'a Config,
    pub(crate) ports: &'a P,
    pub(crate) identity: &'a CallIdentity<'a, P>,
}

impl<P: Ports> Preflight<'_, P> {
    /// Checks a new run, and says where it goes.
    pub(crate) async fn run(
        &self,
        execution: &Execution,
        deadline: Instant,
    ) -> Result<PrewarmResponse, PrewarmError> {
        let started_at = self.ports.clock().now();
        let input = ExecutionInput::parse(&execution.input)?;
        let (plan, selected) = Plan::begin(&self.config.contract, &self.config.base_url, &input)?;
        check_timeouts(&plan, &selected, deadline)?;
        let signs = !self.config.signed_paths.is_empty();
        self.identity.prove(signs).await?;
        if let (Some(probe), Some(expected)) = (&self.config.contract.probe, &plan.expected)
            && input.mode != Mode::Verify
        {
            self.probe(&input, &plan, probe, expected).await?;
        }
        tracing::info!(targets = selected.len(), "the cache can be refilled");
        let (next, purge) = first_step(self.config, &input, execution.redrive_count, started_at);
        Ok(PrewarmResponse {
            next,
            progress: Some(Progress {
                redrive_count: execution.redrive_count,
                remaining: remaining(&selected, input.mode),
                ..Progress::default()
            }),
            run: Some(Run {
                tenant: input.tenant,
                mode: input.mode,
                scope: input.scope,
                expected_version: input.expected_version,
                distribution_tenant: input.distribution_tenant,
                contract: self.config.contract.digest(),
                started_at,
            }),
            purge,
            not_before: None,
            report: None,
        })
    }

    /// Asks the origin for its data version.
    async fn probe(
        &self,
        input: &ExecutionInput,
        plan: &Plan,
        probe: &Probe,
        expected: &Version,
    ) -> Result<(), PrewarmError> {
        let path = probe
            .path
            .replace(TENANT_PLACEHOLDER, input.tenant.as_str());
        let usual = default_headers(&self.config.contract, &input.tenant);
        let mut tries = 2;
        let evidence = loop {
            tries -= 1;
            let token = self.identity.token(probe.timeout).await?;
            let mut headers = usual.clone();
            if self.config.is_signed(&path) {
                self.identity.add_cookies(&mut headers, &token, &plan.base);
            }
            let get = Get {
                method: Method::GET,
                base: &plan.base,
                path: &path,
                headers: &headers,
                token: &token.bearer,
            };
            let evidence = self.ask_probe(get, probe.timeout).await?;
            if tries == 0 || !matches!(evidence.status.as_u16(), 401 | 403) {
                break evidence;
            }
            self.identity.discard(&token);
        };
        let status = evidence.status;
        let answered = format!("{path} answered {}", status.as_u16());
        if matches!(status.as_u16(), 401 | 403) || status.is_redirection() {
            Err(PrewarmError::ProbeRefused(answered))
        } else if !status.is_success() {
            Err(PrewarmError::OriginNotReady(answered))
        } else {
            self.check_probed(input, &path, &evidence, expected)
        }
    }

    async fn ask_probe(&self, get: Get<'_>, limit: Duration) -> Result<Evidence, PrewarmError> {
        let mut body = BodyWatch::new(None);
        let sent_at = self.ports.clock().now();
        let path = get.path;
        let head = match timeout(limit, self.ports.fetch().get(get, &mut body)).await {
            Err(_) => Err("no complete answer in time".to_owned()),
            Ok(Err(broken)) => Err(broken.to_string()),
            Ok(Ok(head)) => Ok(head),
        }
        .map_err(|detail| PrewarmError::OriginNotReady(format!("{path}: {detail}")))?;
        let contract = &self.config.contract;
        Ok(Evidence::of(
            &head,
            NamedTenant::NotAsked,
            contract,
            sent_at,
        ))
    }

    fn check_probed(
        &self,
        input: &ExecutionInput,
        path: &str,
        evidence: &Evidence,
        expected: &Version,
    ) -> Result<(), PrewarmError> {
        let not_ready = |detail: String| Err(PrewarmError::OriginNotReady(detail));
        let Some(VersionStamp { header, order, .. }) = &self.config.contract.version else {
            return Ok(());
        };
        let Some(given) = &evidence.version else {
            return not_ready(format!("{path} answered without {header}"));
        };
        match Version::parse(*order, given) {
            Err(error) => not_ready(format!("{path} answered {header} {error}")),
            Ok(version) if version.reaches(expected) => Ok(()),
            Ok(_) => not_ready(format!(
                "{path} answered {header} {:?}, {:?} or later is expected",
                shown(given, LONGEST_VERSION),
                input.expected_version.as_deref().unwrap_or_default(),
            )),
        }
    }
}

fn remaining(selected: &[usize], mode: Mode) -> Vec<Remaining> {
    let purpose = mode.first_purpose();
    selected
        .iter()
        .map(|target| Remaining {
            target: *target,
            purpose,
            ..Remaining::default()
        })
        .collect()
}

/// Where a run goes from here: to its purge, to somebody else's, or past it.
fn first_step(
    config: &Config,
    input: &ExecutionInput,
    redrive_count: u32,
    started_at: Timestamp,
) -> (Next, Option<Purge>) {
    match (input.mode, &input.purge) {
        (Mode::Warm | Mode::Verify, _) => (Next::Prewarm, None),
        (Mode::Refresh, None) => (Next::Invalidate, Some(Purge::Due { ordinal: 1 })),
        (Mode::Refresh, Some(purge)) => {
            let invalidation = handed_in(config, input, purge, redrive_count, started_at);
            let next = if invalidation.settled {
                Next::Prewarm
            } else {
                Next::Await
            };
            (next, Some(Purge::Made { invalidation }))
        }
    }
}

/// Somebody else's invalidation. Its items are those that it has to cover.
fn handed_in(
    config: &Config,
    input: &ExecutionInput,
    purge: &HandedPurge,
    redrive_count: u32,
    seen_at: Timestamp,
) -> Invalidation {
    let waited = purge.completed_at.map(|completed| {
        let waited = Duration::try_from(completed.duration_since(purge.create_time));
        u32::try_from(waited.unwrap_or_default().as_secs()).unwrap_or(u32::MAX)
    });
    let tag = config.contract.tag(&input.tenant, input.scope.as_deref());
    Invalidation {
        id: purge.id.clone(),
        target: PurgeTarget::of(&config.distribution_id, input.distribution_tenant.as_ref()),
        items: vec![tag.invalidation_item()],
        handed_in: true,
        ordinal: 0,
        redrive_count,
        create_time: purge.create_time,
        watched_since: Some(seen_at),
        status: match waited {
            Some(_) => InvalidationStatus::Completed,
            None => InvalidationStatus::InProgress,
        },
        seconds: waited.unwrap_or_default(),
        timed_out: false,
        settled: waited.is_some(),
    }
}

/// A fresh function call must have time for each endpoint, or the run would never end.
fn check_timeouts(
    plan: &Plan,
    selected: &[usize],
    deadline: Instant,
) -> Result<(), ConfigurationError> {
    let time = deadline.saturating_duration_since(Instant::now());
    let targets = selected.iter().map(|number| &plan.targets[*number]);
    match targets.max_by_key(|target| target.timeout) {
        Some(longest) if longest.timeout + MARGIN + START_ALLOWANCE > time => {
            Err(ConfigurationError {
                problems: vec![format!(
                    "the function has {} s, its longest endpoint ({}, timeout {} s) needs {} s: \
                     raise the function's timeout or lower the endpoint's",
                    time.as_secs(),
                    longest.path,
                    longest.timeout.as_secs(),
                    (longest.timeout + MARGIN + START_ALLOWANCE).as_secs(),
                )],
                contract_problems: Vec::new(),
            })
        }
        _ => Ok(()),
    }
}
