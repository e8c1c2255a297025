//! Which request of a target comes next, until there is a verdict.
//!
//! 1. *Fill*: a request that has the response stored. If the cache already answers it with what is
//!    fresh, that is the verdict.
//! 2. *Confirm*: the same request again, to see that the cache answers it. If it does not, this
//!    request may have been the one that filled the cache, so there is one more.
//! 3. A failure, a lost connection, a refused token: each is followed by one retry.
//!
//! A run of mode `verify` begins with a *look* in place of the fill: a `HEAD` request, which has
//! nothing stored. It confirms only what the cache answered.

use std::time::Duration;

use jiff::Timestamp;
use warmfront::message::{Purpose, Reason, Remaining, Verdict};

use super::finding::{Age, Finding, Good};

/// How many 429s a target may get before it is given up.
const MOST_THROTTLES: u32 = 10;
/// Pause after the first 429 that has no `Retry-After`. It doubles with each.
const THROTTLE_PAUSE: Duration = Duration::from_secs(1);
/// Longest pause after a 429 that has no `Retry-After`.
const LONGEST_THROTTLE_PAUSE: Duration = Duration::from_secs(30);
/// Longest `Retry-After` that is waited for; after a longer one the target is given up.
const LONGEST_RETRY_AFTER: Duration = Duration::from_mins(15);
/// How often the confirming request may be answered by another edge location than the one before.
const MOST_MOVES: u32 = 2;
/// How often a confirming request may turn out to be the one that filled the cache.
const MOST_REFILLS: u32 = 1;
/// How many answers from the cache without an age are followed by another request.
const MOST_AGELESS: u32 = 2;
/// What a retry waits beyond the time to live of the cached error, which is not exact to the second.
const AFTER_ERROR: Duration = Duration::from_secs(1);

/// What follows from an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Continuation {
    /// Another request, now or at `not_before`.
    Again,
    /// Another request, with a new token.
    AgainWithNewToken,
    /// The verdict, and what speaks against the target.
    Verdict(Verdict, Option<Reason>),
}

/// What the next request depends on, beside the answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// How long CloudFront caches an error.
    pub error_caching_ttl: Duration,
    /// When the run was started: times in the state count from here.
    pub started_at: Timestamp,
    /// When the purge was created.
    pub purged_at: Option<Timestamp>,
    /// Whether a version proves that an answer is new.
    pub version_checked: bool,
    /// Whether the run may have something stored.
    pub may_fill: bool,
}

impl Rules {
    /// Goes on after an answer (`pop` is the edge location that gave it).
    pub fn next(
        &self,
        target: &mut Remaining,
        finding: &Finding,
        pop: Option<&str>,
        now: Timestamp,
    ) -> Continuation {
        target.not_before = None;
        match finding {
            Finding::TokenRefused if target.token_renewed => {
                verdict(Verdict::AuthFailed, Reason::Status)
            }
            Finding::TokenRefused => {
                target.token_renewed = true;
                Continuation::AgainWithNewToken
            }
            Finding::AuthFailed => verdict(Verdict::AuthFailed, Reason::Status),
            Finding::EdgeFailed => {
                self.retry(target, (Verdict::AuthFailed, Reason::Status), None, now)
            }
            Finding::Throttled(wait) => self.throttled(target, *wait, now),
            Finding::Failed(wait) => {
                self.retry(target, (Verdict::OriginError, Reason::Status), *wait, now)
            }
            Finding::Broken {
                lost_connection: true,
                ..
            } if !target.reconnected => {
                target.reconnected = true;
                Continuation::Again
            }
            Finding::Broken { .. } => {
                self.retry(target, (Verdict::OriginError, Reason::Broken), None, now)
            }
            Finding::TimedOut => Continuation::Verdict(Verdict::TimedOut, None),
            Finding::Unusable(reason) => verdict(Verdict::OriginError, *reason),
            Finding::WrongTenant(_) => verdict(Verdict::WrongTenant, Reason::OtherTenant),
            Finding::Stale(reason) => verdict(Verdict::Stale, *reason),
            Finding::NotCached => verdict(Verdict::Missing, Reason::NotCached),
            Finding::Good(good) if good.cached => self.cached(target, *good, now),
            Finding::Good(_) if !self.may_fill => verdict(Verdict::Missing, Reason::NotCached),
            Finding::Good(good) => not_cached(target, *good, pop),
        }
    }

    fn cached(&self, target: &mut Remaining, good: Good, now: Timestamp) -> Continuation {
        match good.age {
            Age::New if target.purpose == Purpose::Look => {
                target.purpose = Purpose::Confirm;
                Continuation::Again
            }
            Age::New => Continuation::Verdict(Verdict::Fresh, None),
            // Whoever waited for another's fetch is answered without an age. If that fetch left a
            // copy, a later answer comes from it and has one.
            Age::Unknown if target.ageless < MOST_AGELESS => {
                target.ageless += 1;
                target.not_before = self.next_whole_second(now);
                Continuation::Again
            }
            Age::Unknown if self.version_checked => verdict(Verdict::Uncacheable, Reason::NoAge),
            Age::Unknown => verdict(Verdict::Stale, Reason::NoAge),
            // A later answer can tell: an age is a whole number of seconds.
            Age::AroundPurge if !target.aligned => {
                target.aligned = true;
                target.not_before = self.next_whole_second(now);
                Continuation::Again
            }
            Age::AroundPurge => verdict(Verdict::Stale, Reason::AroundPurge),
        }
    }

    fn retry(
        &self,
        target: &mut Remaining,
        otherwise: (Verdict, Reason),
        wait: Option<Duration>,
        now: Timestamp,
    ) -> Continuation {
        if target.retried || wait.is_some_and(|wait| wait > LONGEST_RETRY_AFTER) {
            return verdict(otherwise.0, otherwise.1);
        }
        target.retried = true;
        let pause = (self.error_caching_ttl + AFTER_ERROR).max(wait.unwrap_or_default());
        target.not_before = Some(self.since_start(now, pause));
        Continuation::Again
    }

    fn throttled(
        &self,
        target: &mut Remaining,
        wait: Option<Duration>,
        now: Timestamp,
    ) -> Continuation {
        target.throttles += 1;
        let own = THROTTLE_PAUSE.saturating_mul(1 << (target.throttles - 1).min(10));
        let pause = wait.unwrap_or(own.min(LONGEST_THROTTLE_PAUSE));
        if target.throttles > MOST_THROTTLES || pause > LONGEST_RETRY_AFTER {
            return verdict(Verdict::Throttled, Reason::Status);
        }
        target.not_before = Some(self.since_start(now, pause));
        Continuation::Again
    }

    /// The next time that is a whole number of seconds after the purge. There, whatever was stored
    /// after the purge has an age, rounded down, that says so.
    fn next_whole_second(&self, now: Timestamp) -> Option<u64> {
        let since = Duration::try_from(now.duration_since(self.purged_at?)).unwrap_or_default();
        let whole = since.as_secs() + u64::from(since.subsec_nanos() > 0);
        let pause = Duration::from_secs(whole).saturating_sub(since);
        Some(self.since_start(now, pause))
    }

    /// Milliseconds from the run's start to `pause` after `now`, rounded up.
    fn since_start(&self, now: Timestamp, pause: Duration) -> u64 {
        let passed = Duration::try_from(now.duration_since(self.started_at)).unwrap_or_default();
        let nanos = passed.saturating_add(pause).as_nanos();
        u64::try_from(nanos.div_ceil(1_000_000)).unwrap_or(u64::MAX)
    }
}

fn not_cached(target: &mut Remaining, good: Good, pop: Option<&str>) -> Continuation {
    let moved = target.pop.is_some() && pop.is_some() && target.pop.as_deref() != pop;
    match target.purpose {
        Purpose::Fill | Purpose::Look => target.purpose = Purpose::Confirm,
        Purpose::Confirm if !good.storable => {
            return verdict(Verdict::Uncacheable, Reason::Forbidden);
        }
        Purpose::Confirm if moved && target.moves < MOST_MOVES => target.moves += 1,
        // The first answer was not kept at this location: a purge overtook its fetch, or a cache
        // behind the location gave it. Then this request was the fill, and the next one confirms.
        Purpose::Confirm if !moved && target.refills < MOST_REFILLS => target.refills += 1,
        Purpose::Confirm => return verdict(Verdict::Uncacheable, Reason::NotKept),
    }
    target.pop = pop.map(str::to_owned);
    Continuation::Again
}

fn verdict(verdict: Verdict, reason: Reason) -> Continuation {
    Continuation::Verdict(verdict, Some(reason))
}
