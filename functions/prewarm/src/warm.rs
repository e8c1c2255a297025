//! One function call's share of the requests: as many at a time as the pace allows, none that the
//! function could not finish.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use http::StatusCode;
use jiff::Timestamp;
use tokio::time::{Instant, timeout};
use url::Url;
use warmfront::clock::Clock;
use warmfront::message::{
    Condemned, Course, EndpointReport, Progress, RemainingTarget, Run, Verdict,
};

use crate::course::{Move, Rules};
use crate::evidence::{Evidence, Source, shown};
use crate::fetch::{BodyWatch, Fetch, Get};
use crate::handler::{MARGIN, Prewarm};
use crate::login::{AdminInitiateAuth, LoginError};
use crate::pace::{Pace, Sign, Started};
use crate::plan::{Plan, Target};
use crate::secret::GetSecretValue;
use crate::session::{PasswordBudget, Token};
use crate::verdict::{Expectation, Finding};
use crate::version::Version;

/// One function call's share of the requests.
pub struct Batch<'a, F, S, L, K> {
    /// Settings and ports.
    pub step: &'a Prewarm<F, S, L, K>,
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
    /// Refused passwords of the run.
    pub budget: &'a PasswordBudget,
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

/// How one request ended.
enum Asked {
    Answered(Evidence, Arc<Token>),
    Broken(String),
    TimedOut,
    /// Logging in took the time that the request needs.
    OutOfTime,
    NoToken(LoginError),
}

/// One request that ended.
struct Reply {
    place: usize,
    started: Started,
    sent_at: Timestamp,
    took: Duration,
    bytes: u64,
    asked: Asked,
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

impl<F: Fetch, S: GetSecretValue, L: AdminInitiateAuth, K: Clock> Batch<'_, F, S, L, K> {
    /// Requests what remains, until all have a verdict or the time is up.
    pub async fn run(&self, progress: &mut Progress) -> Result<(), Interrupted> {
        let mut standing = self.standing(progress);
        let mut requests = FuturesUnordered::new();
        while standing.condemned.is_none() {
            while let Some(place) = self.next_to_start(&standing) {
                let course = standing.waiting.remove(&place).expect("it waits");
                standing.running.insert(place, course);
                requests.push(self.ask(place, standing.pace.start()));
            }
            let wake = self.wake(&standing);
            if requests.is_empty() && wake.is_none() {
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
        let now = self.step.clock.now();
        if standing.login_failure.is_some()
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
        let now = self.step.clock.now();
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
            sent_at: self.step.clock.now(),
            took: Duration::ZERO,
            bytes: 0,
            asked: Asked::OutOfTime,
        };
        let token = match self.step.session.token(target.timeout, self.budget).await {
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
        let get = Get {
            base: self.base,
            path: &target.path,
            headers: &self.plan.variant_of(target).headers,
            token: &token.bearer,
        };
        reply.sent_at = self.step.clock.now();
        let sent = Instant::now();
        let ended = timeout(target.timeout, self.step.fetch.get(get, &mut body)).await;
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

    /// Takes a reply in: the target gets its verdict or waits for its next request.
    fn take(&self, standing: &mut Standing, reply: Reply) {
        let mut course = standing
            .running
            .remove(&reply.place)
            .expect("it was running");
        let (finding, evidence) = match reply.asked {
            Asked::OutOfTime => {
                standing.waiting.insert(reply.place, course);
                return;
            }
            Asked::NoToken(error) => {
                standing.login_failure.get_or_insert(error);
                standing.waiting.insert(reply.place, course);
                return;
            }
            Asked::TimedOut => (None, None),
            Asked::Broken(ref detail) => (Some(Finding::Failed(detail.clone(), None)), None),
            Asked::Answered(ref evidence, _) => {
                (Some(self.expectation().judge(evidence)), Some(evidence))
            }
        };
        let target = &self.plan.targets[reply.place];
        standing.acted = true;
        course.attempts += 1;
        course.millis = course.millis.max(millis(reply.took));
        standing
            .pace
            .answered(reply.started, sign(evidence, target, reply.took));
        let is_throttled = matches!(finding, Some(Finding::Throttled(_)));
        let named = match &finding {
            Some(Finding::WrongTenant(named)) => Some(named.clone()),
            _ => None,
        };
        let pop = evidence.and_then(|evidence| evidence.pop.as_deref());
        let next = match finding {
            None => Move::Verdict(
                Verdict::TimedOut,
                Some(format!(
                    "no complete answer within {} s",
                    target.timeout.as_secs()
                )),
            ),
            Some(finding) => self
                .rules()
                .advance(&mut course, finding, pop, self.step.clock.now()),
        };
        match next {
            Move::Verdict(verdict, detail) => {
                let row = self.row(&reply, &course, verdict, detail);
                if let Some(named) = named {
                    standing.condemned = Some(condemn(&row, named));
                }
                standing.rows.push(row);
            }
            Move::Again => {
                if is_throttled {
                    standing.paused_until = standing.paused_until.max(course.not_before);
                }
                standing.waiting.insert(reply.place, course);
            }
            Move::AgainWithNewToken => {
                if let Asked::Answered(_, token) = &reply.asked {
                    self.step.session.discard(token);
                }
                standing.waiting.insert(reply.place, course);
            }
        }
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
        progress.idle_calls = if standing.acted {
            0
        } else {
            progress.idle_calls + 1
        };
        match standing.login_failure {
            None => Ok(()),
            Some(cause) => Err(Interrupted {
                cause,
                after_progress: standing.acted,
            }),
        }
    }

    fn expectation(&self) -> Expectation<'_> {
        Expectation {
            contract: &self.step.config.contract,
            tenant: &self.run.tenant,
            version: self.expected,
            purged_at: self.purged_at,
        }
    }

    fn rules(&self) -> Rules {
        let config = &self.step.config;
        Rules {
            error_caching_ttl: config.error_caching_ttl,
            purged_at: self.purged_at,
            recheck_at: config.recheck_after.map(|after| {
                self.purged_at
                    .saturating_add(after)
                    .unwrap_or(Timestamp::MAX)
            }),
            version_checked: self.expected.is_some(),
        }
    }

    fn row(
        &self,
        reply: &Reply,
        course: &Course,
        verdict: Verdict,
        detail: Option<String>,
    ) -> EndpointReport {
        let target = &self.plan.targets[reply.place];
        let evidence = match &reply.asked {
            Asked::Answered(evidence, _) => Some(evidence),
            _ => None,
        };
        let header = |value: fn(&Evidence) -> Option<&String>| {
            evidence.and_then(value).map(|value| shown(value))
        };
        let row = EndpointReport {
            path: target.path.clone(),
            variant: self.plan.variant_of(target).values.clone(),
            required: target.required,
            verdict,
            status: evidence.map(|evidence| evidence.status.as_u16()),
            x_cache: header(|evidence| evidence.x_cache.as_ref()),
            age: evidence.and_then(|evidence| evidence.age),
            pop: header(|evidence| evidence.pop.as_ref()),
            version: header(|evidence| evidence.version.as_ref()),
            bytes: reply.bytes,
            millis: course.millis,
            attempts: course.attempts,
            asked_at: to_millis(reply.sent_at),
            detail,
        };
        log(&row);
        row
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

fn sign<'t>(evidence: Option<&Evidence>, target: &'t Target, took: Duration) -> Sign<'t> {
    match evidence {
        Some(evidence)
            if matches!(
                evidence.status,
                StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE
            ) && evidence.source != Source::EdgeFunction =>
        {
            Sign::Overload
        }
        Some(evidence) if evidence.status.is_success() && evidence.source == Source::Origin => {
            Sign::Filled(&target.path, took)
        }
        _ => Sign::None,
    }
}

fn condemn(row: &EndpointReport, named: String) -> Condemned {
    tracing::error!(
        path = row.path,
        named,
        "a response for this tenant names another tenant"
    );
    Condemned {
        path: row.path.clone(),
        variant: row.variant.clone(),
        named,
    }
}

fn log(row: &EndpointReport) {
    let verdict = format!("{:?}", row.verdict);
    let variant = row
        .variant
        .iter()
        .map(|(header, value)| format!("{header}={value}"))
        .collect::<Vec<_>>()
        .join(" ");
    tracing::info!(
        path = row.path,
        variant,
        verdict,
        status = row.status,
        xCache = row.x_cache,
        age = row.age,
        version = row.version,
        millis = row.millis,
        attempts = row.attempts,
        detail = row.detail,
        "verdict"
    );
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn to_millis(time: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(time.as_millisecond()).unwrap_or(time)
}
