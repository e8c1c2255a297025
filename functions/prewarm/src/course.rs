//! The course of one target: which request comes next, until there is a verdict.
//!
//! A request to have it stored, one to see that it is, and once more where that was the one that
//! had it stored; a single one where the first is already answered from the cache with what is
//! fresh. Refusals and failures have one retry each.

use std::time::Duration;

use jiff::Timestamp;
use warmfront::message::{Course, Phase, Verdict};

use crate::verdict::{Finding, Good, Stored};

/// Answers that ask for fewer requests, before a target is given up.
const MOST_THROTTLES: u32 = 10;
/// Pause after the first of them, where the origin names none; doubles with each.
const THROTTLE_PAUSE: Duration = Duration::from_secs(1);
/// Longest pause where the origin names none.
const LONGEST_THROTTLE_PAUSE: Duration = Duration::from_secs(30);
/// Longest pause that an origin is granted: the longest life of a Lambda function.
const LONGEST_RETRY_AFTER: Duration = Duration::from_mins(15);
/// How often a target may be found at yet another edge location.
const MOST_MOVES: u32 = 2;
/// How often a confirming request may turn out to be the one that filled the cache.
const MOST_REFILLS: u32 = 1;
/// The cached error ends some time within a second of its time to live.
const AFTER_ERROR: Duration = Duration::from_secs(1);

/// What follows from an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Move {
    /// Another request, now or at `not_before`.
    Again,
    /// Another request, with a new token.
    AgainWithNewToken,
    /// The verdict, and what speaks against the target.
    Verdict(Verdict, Option<String>),
}

/// The settings that a course depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// How long CloudFront caches an error.
    pub error_caching_ttl: Duration,
    /// When the purge was created.
    pub purged_at: Timestamp,
    /// When each target is looked at once more, if at all.
    pub recheck_at: Option<Timestamp>,
    /// Whether a version proves that an answer is new.
    pub version_checked: bool,
}

impl Rules {
    /// Goes on after an answer (`pop` is the edge location that gave it).
    pub fn advance(
        &self,
        course: &mut Course,
        finding: Finding,
        pop: Option<&str>,
        now: Timestamp,
    ) -> Move {
        course.not_before = None;
        match finding {
            Finding::TokenRefused(detail) if course.token_renewed => {
                verdict(Verdict::AuthFailed, detail)
            }
            Finding::TokenRefused(_) => {
                course.token_renewed = true;
                Move::AgainWithNewToken
            }
            Finding::AuthFailed(detail) => verdict(Verdict::AuthFailed, detail),
            Finding::EdgeFailed(detail) => {
                self.retry(course, Verdict::AuthFailed, detail, None, now)
            }
            Finding::Throttled(wait) => throttled(course, wait, now),
            Finding::Failed(detail, wait) => {
                self.retry(course, Verdict::OriginError, detail, wait, now)
            }
            Finding::Unusable(detail) => verdict(Verdict::OriginError, detail),
            Finding::WrongTenant(named) => {
                verdict(Verdict::WrongTenant, format!("it names {named:?}"))
            }
            Finding::Stale(detail) => verdict(Verdict::Stale, detail),
            Finding::Good(good) if good.cached => self.cached(course, good, now),
            Finding::Good(good) => not_cached(course, good, pop),
        }
    }

    fn retry(
        &self,
        course: &mut Course,
        otherwise: Verdict,
        detail: String,
        wait: Option<Duration>,
        now: Timestamp,
    ) -> Move {
        if course.retried || wait.is_some_and(|wait| wait > LONGEST_RETRY_AFTER) {
            return verdict(otherwise, detail);
        }
        course.retried = true;
        let pause = (self.error_caching_ttl + AFTER_ERROR).max(wait.unwrap_or_default());
        course.not_before = Some(later(now, pause));
        Move::Again
    }

    fn cached(&self, course: &mut Course, good: Good, now: Timestamp) -> Move {
        match good.stored {
            // Our own request filled the cache after the purge.
            Stored::Unknown if course.phase != Phase::Fill => self.confirmed(course, good, now),
            // The next answer may tell: an age is a whole number of seconds, and an answer that
            // waited for another's fetch has none, where the copy that it left has one.
            Stored::AroundPurge | Stored::Unknown if !course.aligned => {
                course.aligned = true;
                course.not_before = Some(self.whole_second_after_purge(now));
                Move::Again
            }
            Stored::AroundPurge => verdict(
                Verdict::Stale,
                "stored so near to the purge that its age cannot tell".to_owned(),
            ),
            Stored::Unknown => verdict(
                Verdict::Stale,
                "from the cache without an age: it may be older than the purge".to_owned(),
            ),
            Stored::AfterPurge => self.confirmed(course, good, now),
        }
    }

    fn confirmed(&self, course: &mut Course, good: Good, now: Timestamp) -> Move {
        if course.phase == Phase::Recheck {
            let replaced =
                course
                    .stored_at
                    .zip(good.stored_by)
                    .is_some_and(|(confirmed, found)| {
                        // An age may be counted a second late, and the two answers took their time.
                        found > later(confirmed, 2 * AFTER_ERROR)
                    });
            return if replaced && !self.version_checked {
                verdict(
                    Verdict::Stale,
                    "something took its place after it was confirmed".to_owned(),
                )
            } else {
                Move::Verdict(Verdict::Fresh, None)
            };
        }
        match self.recheck_at {
            Some(at) if now < at => {
                course.phase = Phase::Recheck;
                course.stored_at = good.stored_by;
                course.not_before = Some(at);
                Move::Again
            }
            _ => Move::Verdict(Verdict::Fresh, None),
        }
    }

    /// The next time that is a whole number of seconds after the purge. There, whatever was stored
    /// after the purge has an age, rounded down, that says so.
    fn whole_second_after_purge(&self, now: Timestamp) -> Timestamp {
        let since = Duration::try_from(now.duration_since(self.purged_at)).unwrap_or_default();
        let whole = since.as_secs() + u64::from(since.subsec_nanos() > 0);
        later(self.purged_at, Duration::from_secs(whole))
    }
}

fn not_cached(course: &mut Course, good: Good, pop: Option<&str>) -> Move {
    let moved = course.pop.is_some() && pop.is_some() && course.pop.as_deref() != pop;
    match course.phase {
        Phase::Fill => course.phase = Phase::Confirm,
        Phase::Confirm if !good.storable => {
            return verdict(
                Verdict::Uncacheable,
                "its cache-control forbids storing it".to_owned(),
            );
        }
        Phase::Confirm if moved && course.moves < MOST_MOVES => course.moves += 1,
        // The first answer may have come from a fetch that a purge overtook, of which nothing is
        // kept; or an upper tier had it. Then this request was the fill.
        Phase::Confirm if !moved && course.refills < MOST_REFILLS => course.refills += 1,
        Phase::Confirm => {
            return verdict(
                Verdict::Uncacheable,
                "the confirming requests were not answered from the cache".to_owned(),
            );
        }
        // Evicted meanwhile, and filled again by this request: nothing older can follow.
        Phase::Recheck => return Move::Verdict(Verdict::Fresh, None),
    }
    course.pop = pop.map(str::to_owned);
    Move::Again
}

fn throttled(course: &mut Course, wait: Option<Duration>, now: Timestamp) -> Move {
    course.throttles += 1;
    let own = THROTTLE_PAUSE.saturating_mul(1 << (course.throttles - 1).min(10));
    let pause = wait.unwrap_or(own.min(LONGEST_THROTTLE_PAUSE));
    if course.throttles > MOST_THROTTLES || pause > LONGEST_RETRY_AFTER {
        return verdict(
            Verdict::Throttled,
            format!("429 to {} requests", course.throttles),
        );
    }
    course.not_before = Some(later(now, pause));
    Move::Again
}

fn verdict(verdict: Verdict, detail: String) -> Move {
    Move::Verdict(verdict, Some(detail))
}

fn later(time: Timestamp, pause: Duration) -> Timestamp {
    time.saturating_add(pause).unwrap_or(Timestamp::MAX)
}
