//! One purge: what to purge, under which reference, and what the answer means.

use std::future::Future;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use tokio::time::Instant;
use warmfront::clock::Clock;
use warmfront::message::{InvalidateRequest, Invalidation, InvalidationStatus, PurgeTarget};
use warmfront::service_fault::{FaultKind, ServiceFault};
use warmfront::step::{Step, log_invalidation};

use crate::caller_reference::caller_reference;
use crate::cloudfront::{CreateInvalidation, Created, GetDistributionConfig};
use crate::config::Config;
use crate::error::{InvalidateError, is_reused_reference};
use crate::spacing::Spacing;

/// How much earlier than the step its invalidation may seem to be created: the times come from the
/// clocks of two AWS services, and may be cut to whole seconds.
const CLOCK_TOLERANCE: Duration = Duration::from_secs(2);

/// How long a process remembers that the distribution's tag header was right. Reading it spends a call
/// of the account's rate, and brings the whole configuration into memory, secrets included.
pub const TAG_HEADER_HOLDS: Duration = Duration::from_mins(10);
/// What is kept of the function's time to answer in.
const MARGIN: Duration = Duration::from_secs(1);

/// The step *invalidate*.
pub struct Invalidate<C, K> {
    /// Its settings.
    pub config: Config,
    /// CloudFront's control plane.
    pub cloudfront: C,
    /// The time of day, from which the wait for the purge is counted.
    pub clock: K,
    memory: Mutex<Memory>,
}

/// What a process keeps from one call to the next.
#[derive(Clone, Copy, Debug, Default)]
struct Memory {
    spacing: Spacing,
    /// When the distribution was last seen to read tags from the contract's header.
    tag_header_seen: Option<Instant>,
}

impl<C: CreateInvalidation + GetDistributionConfig, K: Clock> Step for Invalidate<C, K> {
    type Request = InvalidateRequest;
    type Response = Invalidation;
    type Error = InvalidateError;

    async fn handle(
        &self,
        request: InvalidateRequest,
        deadline: Instant,
    ) -> Result<Invalidation, InvalidateError> {
        let target = PurgeTarget::of(
            &self.config.distribution_id,
            request.distribution_tenant.as_ref(),
        );
        let contract = &self.config.contract;
        let items = contract.purge_items(&request.tenant, request.scope.as_deref())?;
        let end = deadline - MARGIN;
        // The purge of a repair follows within minutes, on the distribution that was checked.
        if request.ordinal == 1 {
            self.check_tag_header(end).await?;
        }
        let created = self.create(&request, &target, &items, end).await?;
        log_invalidation(&created.id);
        if created.create_time + CLOCK_TOLERANCE < request.entered_at {
            return Err(InvalidateError::Replayed {
                id: created.id,
                create_time: created.create_time,
                entered_at: request.entered_at,
            });
        }
        tracing::info!(
            items = items.join(" "),
            ordinal = request.ordinal,
            status = created.status,
            "invalidation created"
        );
        Ok(Invalidation {
            id: created.id,
            target,
            items,
            handed_in: false,
            ordinal: request.ordinal,
            redrive_count: request.execution.redrive_count,
            create_time: created.create_time,
            // Whatever CloudFront says of a new invalidation: being done is for *poll* to see.
            status: InvalidationStatus::InProgress,
            watched_since: Some(self.clock.now()),
            seconds: 0,
            timed_out: false,
            settled: false,
        })
    }
}

impl<C: CreateInvalidation + GetDistributionConfig, K: Clock> Invalidate<C, K> {
    /// A process that has not called yet.
    pub fn new(config: Config, cloudfront: C, clock: K) -> Self {
        Self {
            config,
            cloudfront,
            clock,
            memory: Mutex::default(),
        }
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().expect("nothing panics while holding it")
    }

    async fn check_tag_header(&self, end: Instant) -> Result<(), InvalidateError> {
        let seen = self.memory().tag_header_seen;
        if seen.is_some_and(|at| at.elapsed() < TAG_HEADER_HOLDS) {
            return Ok(());
        }
        let distribution = &self.config.distribution_id;
        let expected = &self.config.contract.tag_header;
        let found = answered_by(end, self.cloudfront.cache_tag_header(distribution))
            .await
            .map_err(|source| InvalidateError::ReadDistribution {
                distribution: distribution.clone(),
                source,
            })?;
        match found {
            Some(found) if found.eq_ignore_ascii_case(expected) => {
                self.memory().tag_header_seen = Some(Instant::now());
                Ok(())
            }
            Some(found) => Err(InvalidateError::OtherTagHeader {
                distribution: distribution.clone(),
                found,
                expected: expected.clone(),
            }),
            None => Err(InvalidateError::TagsIgnored {
                distribution: distribution.clone(),
                expected: expected.clone(),
            }),
        }
    }

    async fn create(
        &self,
        request: &InvalidateRequest,
        target: &PurgeTarget,
        items: &[String],
        end: Instant,
    ) -> Result<Created, InvalidateError> {
        let create = async |take| {
            let execution = &request.execution;
            let reference = caller_reference(execution, request.ordinal, target, items, take);
            self.call(target, items, &reference, end).await
        };
        match create(0).await {
            // An earlier try of this step was accepted and its answer lost, and this CloudFront
            // refuses the repetition instead of answering with it. Without its id there is nothing
            // to wait for, so the purge is asked for once more under a second reference.
            Err(fault) if is_reused_reference(&fault) => {
                tracing::warn!("caller reference is used up, trying a second one");
                create(1).await
            }
            answer => answer,
        }
        .map_err(|source| InvalidateError::Create {
            target: target.clone(),
            items: items.join(" "),
            source,
        })
    }

    /// One call, when it is its turn and within the function's time.
    #[expect(
        clippy::disallowed_methods,
        reason = "two seconds at most, and only while CloudFront throttles"
    )]
    async fn call(
        &self,
        target: &PurgeTarget,
        items: &[String],
        reference: &str,
        end: Instant,
    ) -> Result<Created, ServiceFault> {
        let turn = self.memory().spacing.turn(Instant::now());
        tokio::time::sleep_until(turn.min(end)).await;
        let at = Instant::now();
        let call = self
            .cloudfront
            .create_invalidation(target, items, reference);
        let answer = answered_by(end, call).await;
        let throttled = matches!(&answer, Err(fault) if fault.kind == FaultKind::Throttled);
        self.memory().spacing.called(at, throttled);
        answer
    }
}

/// The answer, or a fault when it does not come before the function's own end: a call that Lambda
/// cuts off would have no name of ours.
async fn answered_by<T>(
    end: Instant,
    call: impl Future<Output = Result<T, ServiceFault>>,
) -> Result<T, ServiceFault> {
    let late = |_| Err(ServiceFault::late());
    tokio::time::timeout_at(end, call)
        .await
        .unwrap_or_else(late)
}
