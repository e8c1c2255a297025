//! One window of looking at an invalidation.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use tokio::time::Instant;
use warmfront::clock::Clock;
use warmfront::message::{Invalidation, InvalidationStatus, PollRequest};
use warmfront::service_fault::{FaultKind, ServiceFault};
use warmfront::step::Step;

use crate::cloudfront::{Found, GetInvalidation};
use crate::config::Config;
use crate::error::PollError;

/// Shortest pause between two looks.
const SHORTEST_PAUSE: Duration = Duration::from_secs(1);
/// How much longer a pause may be. Runs that started together drift apart.
const JITTER: Duration = Duration::from_millis(400);
/// How long a new invalidation may be unknown to the API that reports on it.
const UNKNOWN_AT_FIRST: Duration = Duration::from_secs(10);
/// The path that covers every object, tagged or not.
const EVERYTHING: &str = "/*";
/// What is kept of the function's time to answer in.
const MARGIN: Duration = Duration::from_secs(3);

/// The step *poll*.
pub struct Poll<C, K> {
    /// Its settings.
    pub config: Config,
    /// CloudFront's control plane.
    pub cloudfront: C,
    /// The time of day, by which a wait is measured: CloudFront's own times may be off.
    pub clock: K,
}

impl<C: GetInvalidation, K: Clock> Step for Poll<C, K> {
    type Request = PollRequest;
    type Response = Invalidation;
    type Error = PollError;

    #[expect(
        clippy::disallowed_methods,
        reason = "the one long poll; ARCHITECTURE.md says why"
    )]
    async fn handle(
        &self,
        request: PollRequest,
        deadline: Instant,
    ) -> Result<Invalidation, PollError> {
        let mut invalidation = request.invalidation;
        let since = *invalidation
            .watched_since
            .get_or_insert_with(|| self.clock.now());
        let window_end = (Instant::now() + self.config.window).min(deadline - MARGIN);
        let mut looks = 0_u32;
        loop {
            looks += 1;
            let look = tokio::time::timeout_at(deadline - MARGIN, self.look(&invalidation))
                .await
                .unwrap_or_else(|_| Err(ServiceFault::late()));
            let waited = Duration::try_from(self.clock.now().duration_since(since));
            let waited = waited.unwrap_or_default();
            invalidation.seconds = u32::try_from(waited.as_secs()).unwrap_or(u32::MAX);
            let failure = match look {
                Ok(found) => {
                    check_covers(&invalidation, found.items)?;
                    if status_of(&found.status) == InvalidationStatus::Completed {
                        invalidation.status = InvalidationStatus::Completed;
                        invalidation.settled = true;
                        let seconds = invalidation.seconds;
                        tracing::info!(looks, seconds, "invalidation completed");
                        return Ok(invalidation);
                    }
                    None
                }
                Err(fault) if may_pass(&fault, waited) => Some(fault),
                Err(source) => return Err(unread(&invalidation, source)),
            };
            if waited >= self.config.budget {
                let seconds = invalidation.seconds;
                tracing::warn!(
                    looks,
                    seconds,
                    "invalidation not seen to complete, going on"
                );
                invalidation.timed_out = true;
                invalidation.settled = true;
                return Ok(invalidation);
            }
            let pause = pause(&invalidation.id, looks);
            // The budget may end before the window: the last look is at its end.
            let next = Instant::now() + pause.min(self.config.budget.saturating_sub(waited));
            if next > window_end {
                return match failure {
                    Some(source) => Err(unread(&invalidation, source)),
                    None => Ok(invalidation),
                };
            }
            tokio::time::sleep_until(next).await;
        }
    }
}

impl<C: GetInvalidation, K: Clock> Poll<C, K> {
    async fn look(&self, invalidation: &Invalidation) -> Result<Found, ServiceFault> {
        self.cloudfront
            .invalidation(&invalidation.target, &invalidation.id)
            .await
    }
}

/// Nothing but `Completed` is done.
fn status_of(told: &str) -> InvalidationStatus {
    match told {
        "Completed" => InvalidationStatus::Completed,
        "InProgress" => InvalidationStatus::InProgress,
        other => {
            tracing::warn!(status = other, "unknown invalidation status, waiting on");
            InvalidationStatus::InProgress
        }
    }
}

/// Refuses somebody else's invalidation that does not purge what this run needs: neither by the item
/// itself nor with everything.
fn check_covers(invalidation: &Invalidation, items: Vec<String>) -> Result<(), PollError> {
    if !invalidation.handed_in || items.iter().any(|item| item == EVERYTHING) {
        return Ok(());
    }
    let missing = invalidation.items.iter().find(|item| !items.contains(item));
    match missing {
        None => Ok(()),
        Some(covers) => Err(PollError::DoesNotCover {
            invalidation: invalidation.id.clone(),
            covers: covers.clone(),
            items,
        }),
    }
}

/// Whether a later look may well succeed.
fn may_pass(fault: &ServiceFault, waited: Duration) -> bool {
    match fault.kind {
        FaultKind::Throttled | FaultKind::Unavailable => true,
        FaultKind::Rejected => fault.code == "NoSuchInvalidation" && waited < UNKNOWN_AT_FIRST,
        FaultKind::AccessDenied => false,
    }
}

fn unread(invalidation: &Invalidation, source: ServiceFault) -> PollError {
    PollError::Unread {
        invalidation: invalidation.id.clone(),
        source,
    }
}

/// A pause that differs from run to run without a source of randomness.
fn pause(invalidation_id: &str, looks: u32) -> Duration {
    let mut hasher = DefaultHasher::new();
    (invalidation_id, looks).hash(&mut hasher);
    let jitter = u64::try_from(JITTER.as_millis()).expect("a short time");
    SHORTEST_PAUSE + Duration::from_millis(hasher.finish() % (jitter + 1))
}
