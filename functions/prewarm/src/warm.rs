//! One function call's share of the requests: as many at a time as the pace allows, none that the
//! function could not finish.

mod reply;

use std::collections::BTreeMap;
use std::task::Poll;
use std::time::Duration;

use futures_util::stream::FuturesUnordered;
use futures_util::{StreamExt, poll};
use http::header::COOKIE;
use jiff::Timestamp;
use tokio::task::yield_now;
use tokio::time::{Instant, timeout};
use url::Url;
use warmfront::clock::Clock;
use warmfront::message::{Condemned, Course, EndpointReport, Progress, RemainingTarget, Run};
use warmfront::version::Version;

use self::reply::{Asked, Reply};
use crate::evidence::Evidence;
use crate::fetch::{BodyWatch, Fetch, Get};
use crate::handler::{MARGIN, Prewarm};
use crate::identity::{CallIdentity, LoginError};
use crate::pace::{Pace, Started};
use crate::plan::Plan;
use crate::ports::Ports;

/// Requests that are handed to the connection before it has its turn to send them. With all of
/// them, the origin would wait while many answers that came together are looked at; with each, a
/// connection that they share would send them in as many packets.
const SENT_TOGETHER: usize = 4;

/// One function call's share of the requests.
pub struct Batch<'a, P> {
    /// Settings and ports.
    pub step: &'a Prewarm<P>,
    /// What the run is for.
    pub run: &'a Run,
    /// Everything that it requests.
    pub plan: &'a Plan,
    /// Where it goes.
    pub base: &'a Url,
    /// The data version that is expected.
    pub expected: Option<&'a Version>,
    /// When the last purge was created.
    pub purged_at: Timestamp,
    /// The service user, for this call.
    pub identity: &'a CallIdentity<'a, P>,
    /// When Lambda ends the function.
    pub deadline: Instant,
}

/// The service user's token could not be had.
#[derive(Debug)]
pub struct Interrupted {
    /// Why.
    pub cause: LoginError,
    /// Whether something was found out before.
    pub after_progress: bool,
}

/// Where every target of the call stands.
struct Standing {
    pace: Pace,
    /// Those whose next request waits for its turn or time.
    waiting: BTreeMap<usize, Course>,
    /// Those whose request is on its way.
    running: BTreeMap<usize, Course>,
    /// When the origin asked for a pause, its end.
    paused_until: Option<Timestamp>,
    rows: Vec<EndpointReport>,
    condemned: Option<Condemned>,
    login_failure: Option<LoginError>,
    acted: bool,
}

impl<P: Ports> Batch<'_, P> {
    /// Requests what remains, until all have a verdict or the time is up.
    pub async fn run(&self, progress: &mut Progress) -> Result<(), Interrupted> {
        let mut standing = self.standing(progress);
        let mut requests = FuturesUnordered::new();
        let mut unsent = 0;
        loop {
            while let Some(place) = self.next_to_start(&standing) {
                let course = standing.waiting.remove(&place).expect("it waits");
                standing.running.insert(place, course);
                let mut request = Box::pin(self.ask(place, standing.pace.start()));
                match poll!(&mut request) {
                    Poll::Ready(reply) => self.take(&mut standing, reply),
                    Poll::Pending => requests.push(request),
                }
                unsent += 1;
                if unsent == SENT_TOGETHER {
                    unsent = 0;
                    yield_now().await;
                }
            }
            let wake = self.wake(&standing);
            if standing.condemned.is_some() || requests.is_empty() && wake.is_none() {
                break;
            }
            tokio::select! {
                // In order, not by chance: an answer that is there counts before the clock.
                biased;
                Some(reply) = requests.next() => self.take(&mut standing, reply),
                () = wait_until(wake) => standing.acted = true,
            }
        }
        drop(requests);
        self.hand_on(standing, progress)
    }

    fn standing(&self, progress: &mut Progress) -> Standing {
        let mut waiting = BTreeMap::new();
        for remaining in std::mem::take(&mut progress.remaining) {
            if let Some(place) = self.plan.place_of(&remaining.path, &remaining.variant) {
                waiting.insert(place, remaining.course.unwrap_or_default());
            } else {
                tracing::warn!(path = remaining.path, "no longer in the contract");
            }
        }
        Standing {
            pace: Pace::new(self.step.config.concurrency, progress.concurrency),
            waiting,
            running: BTreeMap::new(),
            paused_until: None,
            rows: std::mem::take(&mut progress.rows),
            condemned: None,
            login_failure: None,
            acted: false,
        }
    }

    /// The first target in order whose time has come and can be finished.
    fn next_to_start(&self, standing: &Standing) -> Option<usize> {
        let now = self.step.ports.clock().now();
        if standing.login_failure.is_some()
            || standing.condemned.is_some()
            || standing.running.len() >= standing.pace.limit()
            || standing.paused_until.is_some_and(|until| until > now)
        {
            return None;
        }
        standing
            .waiting
            .iter()
            .find(|(place, course)| is_due(course, now) && self.fits(**place))
            .map(|(place, _)| *place)
    }

    fn fits(&self, place: usize) -> bool {
        Instant::now() + self.plan.targets[place].timeout + MARGIN <= self.deadline
    }

    /// When to look again although no request has ended: when the first target is due that there
    /// is room for, or at the end of the call. `None` when only a fresh call can go on.
    fn wake(&self, standing: &Standing) -> Option<Instant> {
        let now = self.step.ports.clock().now();
        let end = self.deadline.checked_sub(MARGIN)?;
        if standing.login_failure.is_some()
            || standing.running.len() >= standing.pace.limit()
            || Instant::now() >= end
        {
            return None;
        }
        let pause = standing.paused_until.filter(|until| *until > now);
        let due = standing
            .waiting
            .values()
            .map(|course| course.not_before.into_iter().chain(pause).max())
            .min()??;
        // Something is due and does not fit: waiting for the others would not help it.
        if due <= now {
            return None;
        }
        let wait = Duration::try_from(due.duration_since(now)).unwrap_or_default();
        Some((Instant::now() + wait).min(end))
    }

    async fn ask(&self, place: usize, started: Started) -> Reply {
        let target = &self.plan.targets[place];
        let mut reply = Reply {
            place,
            started,
            sent_at: self.step.ports.clock().now(),
            took: Duration::ZERO,
            bytes: 0,
            asked: Asked::OutOfTime,
        };
        let token = match self.identity.token(target.timeout).await {
            Ok(token) => token,
            Err(error) => {
                reply.asked = Asked::NoToken(error);
                return reply;
            }
        };
        if !self.fits(place) {
            return reply;
        }
        let mut body = BodyWatch::new(target.tenant_pointer.as_deref());
        let mut headers = self.plan.variant_of(target).headers.clone();
        if self.step.config.is_signed(&target.path)
            && let Some(cookies) = self.identity.cookies(&token, self.base)
        {
            headers.insert(COOKIE, cookies);
        }
        let get = Get {
            base: self.base,
            path: &target.path,
            headers: &headers,
            token: &token.bearer,
        };
        reply.sent_at = self.step.ports.clock().now();
        let sent = Instant::now();
        let ended = timeout(target.timeout, self.step.ports.fetch().get(get, &mut body)).await;
        reply.took = sent.elapsed();
        reply.bytes = body.bytes();
        reply.asked = match ended {
            Err(_) => Asked::TimedOut,
            Ok(Err(broken)) => Asked::Broken(broken.to_string()),
            Ok(Ok(head)) => {
                let contract = &self.step.config.contract;
                let evidence = Evidence::of(&head, body.finish(), contract, reply.sent_at);
                Asked::Answered(evidence, token)
            }
        };
        reply
    }

    fn hand_on(&self, standing: Standing, progress: &mut Progress) -> Result<(), Interrupted> {
        let mut left = standing.waiting;
        left.extend(standing.running);
        progress.remaining = left
            .into_iter()
            .map(|(place, course)| {
                let target = &self.plan.targets[place];
                RemainingTarget {
                    path: target.path.clone(),
                    variant: self.plan.variant_of(target).values.clone(),
                    course: (course != Course::default()).then_some(course),
                }
            })
            .collect();
        progress.rows = standing.rows;
        progress.concurrency = standing.pace.slowed_to();
        progress.condemned = standing.condemned;
        if standing.acted {
            progress.idle_calls = 0;
        } else if standing.login_failure.is_none() {
            progress.idle_calls += 1;
        }
        match standing.login_failure {
            None => Ok(()),
            Some(cause) => Err(Interrupted {
                cause,
                after_progress: standing.acted,
            }),
        }
    }
}

fn is_due(course: &Course, now: Timestamp) -> bool {
    course.not_before.is_none_or(|not_before| not_before <= now)
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
