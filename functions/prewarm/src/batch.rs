//! One function call's share of the requests: as many at a time as the origin bears. It begins none
//! that it could not finish, and hands on what remains.

mod concurrency;
mod request;
mod row;

use std::collections::BTreeMap;
use std::task::Poll;
use std::time::Duration;

use futures_util::stream::FuturesUnordered;
use futures_util::{StreamExt, poll};
use jiff::Timestamp;
use tokio::task::yield_now;
use tokio::time::Instant;
use warmfront::clock::Clock;
use warmfront::message::{Condemned, Mode, Progress, Remaining, Row, Run};
use warmfront::plan::Plan;

use self::concurrency::Concurrency;
use self::request::{Asked, Reply};
use crate::config::Config;
use crate::identity::{CallIdentity, LoginError};
use crate::ports::Ports;
use crate::proof::{Continuation, Expectation, Finding, Rules};

/// What is kept of the function's time to answer in.
pub const MARGIN: Duration = Duration::from_secs(10);

/// A call begins no request later than this after its own beginning; the next call does the rest.
/// Lambda does not learn that an execution was stopped, so this is what ends its requests soon.
const CALLS_SHARE: Duration = Duration::from_mins(2);

/// Longest time that a call waits when nothing else is left to do. A longer wait is left to the state
/// machine, where it costs nothing.
const LONGEST_IDLE: Duration = Duration::from_secs(5);

/// How many requests are made before the connection's task may send them. After each, every request
/// would travel in a packet of its own; after all, answers that are there would wait for a long list.
const MADE_TOGETHER: usize = 4;

/// One function call's share of the requests.
pub struct Batch<'a, P> {
    /// The settings.
    pub config: &'a Config,
    /// The world outside.
    pub ports: &'a P,
    /// The service user, for this call.
    pub identity: &'a CallIdentity<'a, P>,
    /// What the run is for.
    pub run: &'a Run,
    /// What it requests and expects.
    pub plan: &'a Plan,
    /// When the last purge was created.
    pub purged_at: Option<Timestamp>,
    /// When the call began.
    pub begun: Instant,
    /// When Lambda ends the function.
    pub deadline: Instant,
}

/// How a call's share ended, beside the progress it made.
#[derive(Debug, Default)]
pub struct Ended {
    /// The service user's token could not be had.
    pub login_failure: Option<LoginError>,
    /// Whether anything was found out.
    pub acted: bool,
    /// When the next request is due, if that is worth waiting for outside the function.
    pub not_before: Option<Timestamp>,
}

/// Where every target of the call stands.
struct Standing {
    concurrency: Concurrency,
    /// Those whose next request waits for its turn or time, by number.
    waiting: BTreeMap<usize, Remaining>,
    /// Those whose request is on its way, by number.
    running: BTreeMap<usize, Remaining>,
    /// When the origin asked for a pause, its end in milliseconds since the run's start.
    paused_until: Option<u64>,
    rows: Vec<Row>,
    condemned: Option<Condemned>,
    ended: Ended,
}

impl<P: Ports> Batch<'_, P> {
    /// Requests what remains, until all have a verdict or the time is up.
    pub async fn run(&self, progress: &mut Progress) -> Ended {
        let mut standing = self.standing(progress);
        let mut requests = FuturesUnordered::new();
        let mut unsent = 0;
        loop {
            while let Some(number) = self.next_to_start(&standing) {
                let target = standing.waiting.remove(&number).expect("it waits");
                let purpose = target.purpose;
                standing.running.insert(number, target);
                let started = standing.concurrency.start();
                let mut request = Box::pin(self.ask(number, purpose, started));
                match poll!(&mut request) {
                    Poll::Ready(reply) => self.take(&mut standing, reply),
                    Poll::Pending => requests.push(request),
                }
                unsent += 1;
                if unsent == MADE_TOGETHER {
                    unsent = 0;
                    yield_now().await;
                }
            }
            let due = self.next_due(&standing);
            if standing.condemned.is_some()
                || requests.is_empty() && !self.waits_for(due, &mut standing)
            {
                break;
            }
            tokio::select! {
                // In order, not by chance: an answer that is there counts before the clock.
                biased;
                Some(reply) = requests.next() => self.take(&mut standing, reply),
                () = wait_until(due.map(|due| self.instant(due))) => {}
            }
        }
        drop(requests);
        hand_on(standing, progress)
    }

    fn standing(&self, progress: &mut Progress) -> Standing {
        let remaining = std::mem::take(&mut progress.remaining).into_iter();
        Standing {
            concurrency: Concurrency::new(self.config.concurrency, progress.concurrency),
            waiting: remaining.map(|target| (target.target, target)).collect(),
            running: BTreeMap::new(),
            paused_until: None,
            rows: std::mem::take(&mut progress.rows),
            condemned: None,
            ended: Ended::default(),
        }
    }

    /// The first target in order whose time has come and that can be finished.
    fn next_to_start(&self, standing: &Standing) -> Option<usize> {
        let now = self.since_start();
        if !standing.has_room() || standing.paused_until.is_some_and(|until| until > now) {
            return None;
        }
        let is_due = |target: &Remaining| target.not_before.is_none_or(|due| due <= now);
        let mut waiting = standing.waiting.iter();
        waiting
            .find(|(number, target)| is_due(target) && self.fits(**number))
            .map(|(number, _)| *number)
    }

    fn fits(&self, number: usize) -> bool {
        let now = Instant::now();
        now < self.begun + CALLS_SHARE
            && now + self.plan.targets[number].timeout + MARGIN <= self.deadline
    }

    /// When the first waiting target is due, in milliseconds since the run's start, if it is the time
    /// alone that it waits for.
    fn next_due(&self, standing: &Standing) -> Option<u64> {
        if !standing.has_room() {
            return None;
        }
        let now = self.since_start();
        let pause = standing.paused_until.filter(|until| *until > now);
        let due = standing
            .waiting
            .values()
            .map(|target| target.not_before.max(pause))
            .min()??;
        // Something is due and does not fit: waiting for the others would not help it.
        (due > now).then_some(due)
    }

    /// Whether the call itself waits until then. Otherwise it notes when, and the state machine waits.
    fn waits_for(&self, due: Option<u64>, standing: &mut Standing) -> bool {
        let Some(due) = due else { return false };
        standing.ended.acted = true;
        let at = self.instant(due);
        let is_soon = at <= Instant::now() + LONGEST_IDLE && at + MARGIN <= self.deadline;
        if !is_soon {
            standing.ended.not_before = Some(at_since(self.run.started_at, due));
        }
        is_soon
    }

    /// Takes a reply in: the target gets its verdict or waits for its next request.
    fn take(&self, standing: &mut Standing, reply: Reply) {
        let mut target = standing
            .running
            .remove(&reply.number)
            .expect("it was running");
        let finding = match reply.asked {
            Asked::OutOfTime => {
                standing.waiting.insert(reply.number, target);
                return;
            }
            Asked::NoToken(error) => {
                standing.ended.login_failure.get_or_insert(error);
                standing.waiting.insert(reply.number, target);
                return;
            }
            Asked::TimedOut => Finding::TimedOut,
            Asked::Broken(ref broken) => Finding::Broken {
                what: broken.detail.clone(),
                lost_connection: broken.lost_connection,
            },
            Asked::Answered(ref evidence, _) => self.expectation().judge(evidence),
        };
        standing.ended.acted = true;
        target.attempts += 1;
        target.millis = target.millis.max(millis(reply.took));
        standing.concurrency.answered(reply.started, reply.load());
        let pop = reply
            .evidence()
            .and_then(|evidence| evidence.pop.as_deref());
        let now = self.ports.clock().now();
        match self.rules().next(&mut target, &finding, pop, now) {
            Continuation::Verdict(verdict, reason) => {
                if let Finding::WrongTenant(named) = &finding {
                    standing.condemned = Some(self.condemn(&reply, named));
                }
                let row = self.row(&reply, &target, verdict, reason, &finding);
                standing.rows.push(row);
            }
            Continuation::Again => {
                if matches!(finding, Finding::Throttled(_)) {
                    standing.paused_until = standing.paused_until.max(target.not_before);
                }
                standing.waiting.insert(reply.number, target);
            }
            Continuation::AgainWithNewToken => {
                if let Asked::Answered(_, token) = &reply.asked {
                    self.identity.discard(token);
                }
                standing.waiting.insert(reply.number, target);
            }
        }
    }

    fn expectation(&self) -> Expectation<'_> {
        Expectation {
            contract: &self.config.contract,
            tenant: &self.run.tenant,
            version: self.plan.expected.as_ref(),
            purged_at: self.purged_at,
        }
    }

    fn rules(&self) -> Rules {
        Rules {
            error_caching_ttl: self.config.error_caching_ttl,
            started_at: self.run.started_at,
            purged_at: self.purged_at,
            version_checked: self.plan.expected.is_some(),
            may_fill: self.run.mode != Mode::Verify,
        }
    }

    /// Milliseconds since the run's start.
    fn since_start(&self) -> u64 {
        since(self.run.started_at, self.ports.clock().now())
    }

    fn instant(&self, due: u64) -> Instant {
        Instant::now() + Duration::from_millis(due.saturating_sub(self.since_start()))
    }
}

impl Standing {
    fn has_room(&self) -> bool {
        self.ended.login_failure.is_none()
            && self.condemned.is_none()
            && self.running.len() < self.concurrency.limit()
    }
}

fn hand_on(standing: Standing, progress: &mut Progress) -> Ended {
    let mut left = standing.waiting;
    left.extend(standing.running);
    progress.remaining = left.into_values().collect();
    progress.rows = standing.rows;
    progress.concurrency = standing.concurrency.slowed_to();
    progress.condemned = standing.condemned;
    if standing.ended.acted {
        progress.idle_calls = 0;
    } else if standing.ended.login_failure.is_none() {
        progress.idle_calls += 1;
    }
    standing.ended
}

fn since(start: Timestamp, time: Timestamp) -> u64 {
    let passed = Duration::try_from(time.duration_since(start)).unwrap_or_default();
    u64::try_from(passed.as_millis()).unwrap_or(u64::MAX)
}

fn at_since(start: Timestamp, millis: u64) -> Timestamp {
    start
        .saturating_add(Duration::from_millis(millis))
        .unwrap_or(Timestamp::MAX)
}

fn millis(time: Duration) -> u32 {
    u32::try_from(time.as_millis()).unwrap_or(u32::MAX)
}

/// Ends at the given time; never without one.
#[expect(
    clippy::disallowed_methods,
    reason = "waits for a cached error or an origin's pause to end while other requests run"
)]
async fn wait_until(wake: Option<Instant>) {
    match wake {
        Some(wake) => tokio::time::sleep_until(wake).await,
        None => std::future::pending().await,
    }
}
