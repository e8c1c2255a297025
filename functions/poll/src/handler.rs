//! One window of looking at an invalidation.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;
use warmfront::clock::Clock;
use warmfront::message::{Invalidation, InvalidationStatus, PollRequest};
use warmfront::service_fault::{FaultKind, ServiceFault};
use warmfront::step::Step;

use crate::cloudfront::GetInvalidation;
use crate::config::Config;
use crate::error::PollError;

/// Shortest pause between two looks.
const SHORTEST_PAUSE: Duration = Duration::from_secs(1);
/// How much longer a pause may be. Runs that started together drift apart.
const JITTER: Duration = Duration::from_millis(400);
/// How long a new invalidation may be unknown to the API that reports on it.
const UNKNOWN_AFTER_CREATION: Duration = Duration::from_secs(10);
/// What is kept of the function's time to answer in.
const MARGIN: Duration = Duration::from_secs(3);

/// The step *poll*.
pub struct Poll<C, K> {
    /// Its settings.
    pub config: Config,
    /// CloudFront's control plane.
    pub cloudfront: C,
    /// The time of day, to compare with CloudFront's creation times.
    pub clock: K,
}

impl<C: GetInvalidation, K: Clock> Step for Poll<C, K> {
    type Request = PollRequest;
    type Response = Invalidation;
    type Error = PollError;

    #[expect(
        clippy::disallowed_methods,
        reason = "the one long poll; docs/semantics.md says why"
    )]
    async fn handle(
        &self,
        request: PollRequest,
        deadline: Instant,
    ) -> Result<Invalidation, PollError> {
        let mut invalidation = request.invalidation;
        let window_end = (Instant::now() + self.config.window).min(deadline - MARGIN);
        let mut looks = 0_u32;
        loop {
            looks += 1;
            let look = tokio::time::timeout_at(deadline - MARGIN, self.look(&invalidation))
                .await
                .unwrap_or_else(|_| Err(unanswered()));
            let age = self.age(&invalidation);
            invalidation.seconds = u32::try_from(age.as_secs()).unwrap_or(u32::MAX);
            let failure = match look {
                Ok(InvalidationStatus::Completed) => {
                    invalidation.status = InvalidationStatus::Completed;
                    invalidation.settled = true;
                    tracing::info!(
                        looks,
                        seconds = invalidation.seconds,
                        "invalidation completed"
                    );
                    return Ok(invalidation);
                }
                Ok(InvalidationStatus::InProgress) => None,
                Err(fault) if Self::may_pass(&fault, age) => Some(fault),
                Err(source) => return Err(Self::error(&invalidation, source)),
            };
            if age >= self.config.budget {
                tracing::warn!(
                    looks,
                    seconds = invalidation.seconds,
                    "invalidation not seen to complete, going on without"
                );
                invalidation.timed_out = true;
                invalidation.settled = true;
                return Ok(invalidation);
            }
            let pause = pause(&invalidation.id, looks);
            // The budget may end before the window: the last look is at its end.
            let next = Instant::now() + pause.min(self.config.budget.saturating_sub(age));
            if next > window_end {
                return match failure {
                    Some(source) => Err(Self::error(&invalidation, source)),
                    None => Ok(invalidation),
                };
            }
            tokio::time::sleep_until(next).await;
        }
    }
}

impl<C: GetInvalidation, K: Clock> Poll<C, K> {
    async fn look(&self, invalidation: &Invalidation) -> Result<InvalidationStatus, ServiceFault> {
        let status = self
            .cloudfront
            .invalidation_status(&invalidation.target, &invalidation.id)
            .await?;
        Ok(match status.as_str() {
            "Completed" => InvalidationStatus::Completed,
            "InProgress" => InvalidationStatus::InProgress,
            other => {
                tracing::warn!(status = other, "unknown invalidation status, waiting on");
                InvalidationStatus::InProgress
            }
        })
    }

    fn age(&self, invalidation: &Invalidation) -> Duration {
        age_at(self.clock.now(), invalidation)
    }

    /// Whether a later look may well succeed.
    fn may_pass(fault: &ServiceFault, age: Duration) -> bool {
        match fault.kind {
            FaultKind::Throttled | FaultKind::Unavailable => true,
            FaultKind::Rejected => {
                fault.code == "NoSuchInvalidation" && age < UNKNOWN_AFTER_CREATION
            }
            FaultKind::AccessDenied => false,
        }
    }

    fn error(invalidation: &Invalidation, source: ServiceFault) -> PollError {
        PollError {
            invalidation: invalidation.id.clone(),
            source,
        }
    }
}

/// A look that the function's own deadline cut short.
fn unanswered() -> ServiceFault {
    ServiceFault {
        kind: FaultKind::Unavailable,
        code: String::new(),
        message: "no answer before the function's deadline".into(),
        request_id: None,
    }
}

/// Time since creation; zero while the clocks disagree about the order.
fn age_at(now: Timestamp, invalidation: &Invalidation) -> Duration {
    Duration::try_from(now.duration_since(invalidation.create_time)).unwrap_or_default()
}

/// A pause that differs from run to run without a source of randomness.
fn pause(invalidation_id: &str, looks: u32) -> Duration {
    let mut hasher = DefaultHasher::new();
    (invalidation_id, looks).hash(&mut hasher);
    let jitter = u64::try_from(JITTER.as_millis()).expect("a short time");
    SHORTEST_PAUSE + Duration::from_millis(hasher.finish() % (jitter + 1))
}
