//! The gate: proves that the cache can be refilled, before anything is purged.

use std::time::Duration;

use http::header::COOKIE;
use tokio::time::{Instant, timeout};
use url::Url;
use warmfront::clock::Clock;
use warmfront::contract::{Probe, TENANT_PLACEHOLDER, VersionStamp};
use warmfront::environment::ConfigurationError;
use warmfront::message::{
    ExecutionInput, InvalidExecutionInput, Next, PreflightRequest, PrewarmResponse, Progress,
    RemainingTarget, Run,
};
use warmfront::version::Version;

use crate::error::PrewarmError;
use crate::evidence::{Evidence, shown};
use crate::fetch::{BodyWatch, Fetch, Get, NamedTenant};
use crate::handler::{MARGIN, Prewarm};
use crate::identity::CallIdentity;
use crate::plan::{Plan, default_headers};
use crate::ports::Ports;

/// What a run may need before its first request can start: a login with a rotated secret, slow.
const START_ALLOWANCE: Duration = Duration::from_secs(2);
/// Most that the state and its report may take, of the 262,144 bytes that Step Functions carries
/// from state to state.
const MOST_STATE_BYTES: usize = 250_000;
/// What a report's row takes beside its path and variant.
const ROW_BYTES: usize = 215;

/// A run that the contract and the settings allow.
pub(crate) struct Checked {
    pub(crate) plan: Plan,
    pub(crate) expected: Option<Version>,
    pub(crate) base: Url,
}

impl<P: Ports> Prewarm<P> {
    pub(crate) async fn preflight(
        &self,
        request: PreflightRequest,
        deadline: Instant,
    ) -> Result<PrewarmResponse, PrewarmError> {
        let run = self.run(ExecutionInput::parse(&request.input)?);
        let Checked {
            plan,
            expected,
            base,
        } = self.check(&run)?;
        check_timeouts(&plan, deadline)?;
        let end = deadline.checked_sub(MARGIN).unwrap_or(deadline);
        let identity = self.identity.for_call(end);
        self.prove(&run, &base, expected.as_ref(), &identity)
            .await?;
        tracing::info!(targets = plan.targets.len(), "the cache can be refilled");
        Ok(PrewarmResponse {
            next: Next::Invalidate,
            progress: Progress {
                next_purge: 1,
                repairs: 0,
                remaining: all_remaining(&plan),
                rows: Vec::new(),
                invalidations: Vec::new(),
                concurrency: None,
                idle_calls: 0,
                condemned: None,
            },
            run,
            purge: None,
            report: None,
        })
    }

    /// Logs in, and asks the origin for its data version where that is cheap.
    async fn prove(
        &self,
        run: &Run,
        base: &Url,
        expected: Option<&Version>,
        identity: &CallIdentity<'_, P>,
    ) -> Result<(), PrewarmError> {
        let signs = !self.config.signed_paths.is_empty();
        identity.prove(signs).await?;
        match (&self.config.contract.probe, expected) {
            (Some(probe), Some(expected)) => self.probe(run, base, probe, expected, identity).await,
            _ => Ok(()),
        }
    }

    fn run(&self, input: ExecutionInput) -> Run {
        Run {
            tenant: input.tenant,
            scope: input.scope,
            expected_version: input.expected_version,
            endpoints: input.endpoints,
            distribution_tenant: input.distribution_tenant,
            reason: input.reason,
            started_at: self.ports.clock().now(),
        }
    }

    /// Reads the run against the contract; every problem together.
    pub(crate) fn check(&self, run: &Run) -> Result<Checked, InvalidExecutionInput> {
        let contract = &self.config.contract;
        let mut problems = Vec::new();
        let expected = match (&run.expected_version, &contract.version) {
            (None, _) => None,
            (Some(_), None) => {
                problems.push(
                    "expectedVersion is given, but the contract names no version header".to_owned(),
                );
                None
            }
            (Some(given), Some(VersionStamp { order, .. })) => Version::parse(*order, given)
                .map_err(|error| problems.push(format!("expectedVersion {error}")))
                .ok(),
        };
        let base = self.config.base_url.for_tenant(&run.tenant);
        if base.is_none() {
            problems.push(format!(
                "tenant {:?} cannot stand in the host name of BASE_URL",
                run.tenant.as_str()
            ));
        }
        let plan = Plan::of(
            contract,
            &run.tenant,
            run.scope.as_deref(),
            run.endpoints.as_deref(),
        )
        .map_err(|more| problems.extend(more))
        .ok();
        if let Some(plan) = &plan {
            let bytes = report_bytes(plan);
            if bytes > MOST_STATE_BYTES {
                problems.push(format!(
                    "the report on {} targets would take about {bytes} bytes, a run carries \
                     {MOST_STATE_BYTES}: select endpoints, or a scope",
                    plan.targets.len()
                ));
            }
        }
        match (plan, base) {
            (Some(plan), Some(base)) if problems.is_empty() => Ok(Checked {
                plan,
                expected,
                base,
            }),
            _ => Err(InvalidExecutionInput { problems }),
        }
    }

    async fn probe(
        &self,
        run: &Run,
        base: &Url,
        probe: &Probe,
        expected: &Version,
        identity: &CallIdentity<'_, P>,
    ) -> Result<(), PrewarmError> {
        let path = probe.path.replace(TENANT_PLACEHOLDER, run.tenant.as_str());
        let mut headers = default_headers(&self.config.contract, &run.tenant);
        let mut tries = 2;
        let evidence = loop {
            tries -= 1;
            let token = identity.token(probe.timeout).await?;
            if self.config.is_signed(&path)
                && let Some(cookies) = identity.cookies(&token, base)
            {
                headers.insert(COOKIE, cookies);
            }
            let get = Get {
                base,
                path: &path,
                headers: &headers,
                token: &token.bearer,
            };
            let evidence = self.ask_probe(get, probe.timeout).await?;
            if tries == 0 || !matches!(evidence.status.as_u16(), 401 | 403) {
                break evidence;
            }
            identity.discard(&token);
        };
        let status = evidence.status;
        let answered = format!("{path} answered {}", status.as_u16());
        if matches!(status.as_u16(), 401 | 403) || status.is_redirection() {
            Err(PrewarmError::ProbeRefused(answered))
        } else if !status.is_success() {
            Err(PrewarmError::OriginNotReady(answered))
        } else {
            self.probed_version(run, &path, &evidence, expected)
        }
    }

    async fn ask_probe(&self, get: Get<'_>, limit: Duration) -> Result<Evidence, PrewarmError> {
        let mut body = BodyWatch::new(None);
        let sent_at = self.ports.clock().now();
        let head = match timeout(limit, self.ports.fetch().get(get, &mut body)).await {
            Err(_) => Err("no complete answer in time".to_owned()),
            Ok(Err(broken)) => Err(broken.to_string()),
            Ok(Ok(head)) => Ok(head),
        }
        .map_err(|detail| PrewarmError::OriginNotReady(format!("{}: {detail}", get.path)))?;
        let contract = &self.config.contract;
        Ok(Evidence::of(
            &head,
            NamedTenant::NotAsked,
            contract,
            sent_at,
        ))
    }

    fn probed_version(
        &self,
        run: &Run,
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
                shown(given),
                run.expected_version.as_deref().unwrap_or_default(),
            )),
        }
    }
}

/// A fresh function call must have time for each endpoint, or the run would never end.
fn check_timeouts(plan: &Plan, deadline: Instant) -> Result<(), ConfigurationError> {
    let time = deadline.saturating_duration_since(Instant::now());
    let longest = plan.targets.iter().max_by_key(|target| target.timeout);
    match longest {
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

/// Every target of the plan, none of them requested.
pub(crate) fn all_remaining(plan: &Plan) -> Vec<RemainingTarget> {
    plan.targets
        .iter()
        .map(|target| RemainingTarget {
            path: target.path.clone(),
            variant: plan.variant_of(target).values.clone(),
            course: None,
        })
        .collect()
}

fn report_bytes(plan: &Plan) -> usize {
    plan.targets
        .iter()
        .map(|target| {
            let variant: usize = plan
                .variant_of(target)
                .values
                .iter()
                .map(|(header, value)| header.len() + value.len() + 6)
                .sum();
            target.path.len() + variant + ROW_BYTES
        })
        .sum()
}
