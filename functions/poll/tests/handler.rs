//! How *poll* waits, in virtual time.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::Duration;

use jiff::Timestamp;
use poll::cloudfront::{Found, GetInvalidation};
use poll::config::Config;
use poll::error::PollError;
use poll::handler::Poll;
use tokio::time::Instant;
use warmfront::clock::Clock;
use warmfront::failure::{ErrorName, Failure};
use warmfront::message::{Execution, Invalidation, InvalidationStatus, PollRequest, PurgeTarget};
use warmfront::service_fault::{FaultKind, ServiceFault};
use warmfront::step::Step;
use warmfront::tenant::TenantId;

/// Wall-clock time that follows tokio's paused clock.
struct Virtual {
    started: Instant,
}

const EPOCH: &str = "2026-01-01T00:00:00Z";

impl Clock for Virtual {
    fn now(&self) -> Timestamp {
        EPOCH.parse::<Timestamp>().unwrap() + self.started.elapsed()
    }
}

/// A CloudFront with scripted answers; the last one repeats.
struct Scripted {
    answers: Mutex<VecDeque<Result<&'static str, ServiceFault>>>,
    items: Vec<String>,
    looks: Mutex<Vec<Instant>>,
    hangs: bool,
}

impl GetInvalidation for Scripted {
    async fn invalidation(&self, _: &PurgeTarget, _: &str) -> Result<Found, ServiceFault> {
        self.looks.lock().unwrap().push(Instant::now());
        if self.hangs {
            std::future::pending::<()>().await;
        }
        let mut answers = self.answers.lock().unwrap();
        let answer = if answers.len() > 1 {
            answers.pop_front().unwrap()
        } else {
            answers[0].clone()
        };
        answer.map(|status| Found {
            status: status.to_owned(),
            items: self.items.clone(),
        })
    }
}

fn step(answers: Vec<Result<&'static str, ServiceFault>>) -> Poll<Scripted, Virtual> {
    Poll {
        config: Config {
            budget: Duration::from_mins(1),
            window: Duration::from_secs(20),
        },
        cloudfront: Scripted {
            answers: Mutex::new(answers.into()),
            items: vec!["#tenant:acme".into()],
            looks: Mutex::default(),
            hangs: false,
        },
        clock: Virtual {
            started: Instant::now(),
        },
    }
}

fn fault(kind: FaultKind, code: &str) -> ServiceFault {
    ServiceFault {
        kind,
        code: code.into(),
        message: String::new(),
        request_id: None,
    }
}

fn request() -> PollRequest {
    PollRequest {
        tenant: TenantId::parse("acme").unwrap(),
        invalidation: Invalidation {
            id: "I1".into(),
            target: PurgeTarget::Distribution("E1".into()),
            items: vec!["#tenant:acme".into()],
            handed_in: false,
            ordinal: 1,
            redrive_count: 0,
            create_time: EPOCH.parse().unwrap(),
            status: InvalidationStatus::InProgress,
            watched_since: Some(EPOCH.parse().unwrap()),
            seconds: 0,
            timed_out: false,
            settled: false,
        },
        execution: Execution::new("x", 0),
    }
}

async fn ask(
    step: &Poll<Scripted, Virtual>,
    request: PollRequest,
) -> Result<Invalidation, PollError> {
    step.handle(request, Instant::now() + Duration::from_secs(30))
        .await
}

async fn run(step: &Poll<Scripted, Virtual>) -> Result<Invalidation, PollError> {
    ask(step, request()).await
}

/// Calls the step as the state machine does, until there is nothing to wait for.
async fn run_on(step: &Poll<Scripted, Virtual>, mut request: PollRequest) -> Invalidation {
    for _ in 0..10 {
        request.invalidation = ask(step, request.clone()).await.unwrap();
        if request.invalidation.settled {
            return request.invalidation;
        }
    }
    panic!("the budget does not end the wait");
}

fn looks(step: &Poll<Scripted, Virtual>) -> usize {
    step.cloudfront.looks.lock().unwrap().len()
}

#[tokio::test(start_paused = true)]
async fn notices_completion_within_a_second_and_a_half() {
    let step = step(vec![
        Ok("InProgress"),
        Ok("InProgress"),
        Ok("InProgress"),
        Ok("Completed"),
    ]);
    let invalidation = run(&step).await.unwrap();
    assert_eq!(invalidation.status, InvalidationStatus::Completed);
    assert!(invalidation.settled && !invalidation.timed_out);
    let looks = step.cloudfront.looks.lock().unwrap().clone();
    for pair in looks.windows(2) {
        let pause = pair[1] - pair[0];
        assert!(
            pause >= Duration::from_secs(1) && pause <= Duration::from_millis(1_500),
            "{pause:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn window_ends_in_progress() {
    let step = step(vec![Ok("InProgress")]);
    let started = Instant::now();
    let invalidation = run(&step).await.unwrap();
    assert!(!invalidation.settled);
    assert_eq!(invalidation.status, InvalidationStatus::InProgress);
    let took = started.elapsed();
    assert!(
        took > Duration::from_secs(18) && took <= Duration::from_secs(20),
        "{took:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn budget_ends_the_wait_flagged_and_never_completed() {
    let settled = run_on(&step(vec![Ok("InProgress")]), request()).await;
    assert!(settled.timed_out);
    assert_eq!(settled.status, InvalidationStatus::InProgress);
    assert_eq!(settled.seconds, 60);
}

/// With CloudFront's clock ahead, a wait counted from its times alone would not begin for minutes;
/// with it behind, it would be over at once.
#[tokio::test(start_paused = true)]
async fn wait_is_bounded_by_its_own_clock_whatever_cloudfronts_says() {
    for create_time in ["2026-01-01T00:05:00Z", "2025-12-31T23:55:00Z"] {
        let step = step(vec![Ok("InProgress")]);
        let mut request = request();
        request.invalidation.create_time = create_time.parse().unwrap();
        let started = Instant::now();
        let settled = run_on(&step, request).await;
        assert!(settled.timed_out);
        assert_eq!(started.elapsed().as_secs(), 60, "created {create_time}");
    }
}

/// A step that failed tells nothing, and is repeated with what it was told before.
#[tokio::test(start_paused = true)]
async fn failed_calls_count_towards_the_wait() {
    let step = step(vec![Err(fault(FaultKind::Throttled, "Throttling"))]);
    let mut failures = 0;
    let settled = loop {
        match run(&step).await {
            Ok(invalidation) => break invalidation,
            Err(_) => failures += 1,
        }
        assert!(failures < 8, "the state machine has given up");
    };
    assert!(settled.timed_out && settled.settled);
}

#[tokio::test(start_paused = true)]
async fn wait_for_an_invalidation_of_somebody_else_begins_at_the_first_look() {
    let step = step(vec![Ok("InProgress")]);
    let mut request = request();
    request.invalidation.watched_since = None;
    let settled = run_on(&step, request).await;
    assert_eq!(settled.watched_since, Some(EPOCH.parse().unwrap()));
    assert_eq!(settled.seconds, 60);
}

#[tokio::test(start_paused = true)]
async fn invalidation_of_somebody_else_has_to_cover_the_tenant() {
    for (items, is_covered) in [
        (vec!["#tenant:beta", "#tenant:acme"], true),
        (vec!["/*"], true),
        (vec!["#tenant:acme-2", "/api/*"], false),
        (vec![], false),
    ] {
        let mut step = step(vec![Ok("InProgress"), Ok("Completed")]);
        step.cloudfront.items = items.iter().map(|item| (*item).to_owned()).collect();
        let mut covering = request();
        covering.invalidation.handed_in = true;
        match ask(&step, covering).await {
            Ok(invalidation) => assert!(is_covered && invalidation.settled, "{items:?}"),
            Err(error) => {
                assert!(!is_covered, "{items:?}");
                assert_eq!(error.name(), ErrorName::InvalidationDoesNotCover);
                assert!(error.to_string().contains("#tenant:acme "), "{error}");
                assert_eq!(looks(&step), 1, "no wait for what does not help");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn unknown_status_is_not_done() {
    let step = step(vec![Ok("Finished"), Ok("completed"), Ok("Completed")]);
    assert!(run(&step).await.unwrap().settled);
    assert_eq!(looks(&step), 3);
}

#[tokio::test(start_paused = true)]
async fn new_invalidation_may_be_unknown_for_a_while() {
    let unknown = || Err(fault(FaultKind::Rejected, "NoSuchInvalidation"));
    let late = step(vec![unknown(), unknown(), Ok("Completed")]);
    assert!(run(&late).await.unwrap().settled);

    let lost = step(vec![unknown()]);
    let error = run(&lost).await.unwrap_err();
    assert_eq!(error.name(), ErrorName::NoSuchInvalidation);
    assert!(error.to_string().contains("I1"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn throttled_look_is_looked_again_and_reported_only_at_the_end() {
    let throttled = || Err(fault(FaultKind::Throttled, "Throttling"));
    let passes = step(vec![throttled(), throttled(), Ok("Completed")]);
    assert!(run(&passes).await.unwrap().settled);

    let stays = step(vec![throttled()]);
    assert_eq!(
        run(&stays).await.unwrap_err().name(),
        ErrorName::CloudFrontThrottled
    );
}

#[tokio::test(start_paused = true)]
async fn refusal_ends_the_step_at_once() {
    for (kind, code, name) in [
        (
            FaultKind::AccessDenied,
            "AccessDenied",
            ErrorName::CloudFrontAccessDenied,
        ),
        (
            FaultKind::Rejected,
            "NoSuchDistribution",
            ErrorName::NoSuchDistribution,
        ),
        (
            FaultKind::Rejected,
            "EntityNotFound",
            ErrorName::NoSuchDistributionTenant,
        ),
    ] {
        let step = step(vec![Err(fault(kind, code))]);
        assert_eq!(run(&step).await.unwrap_err().name(), name);
        assert_eq!(looks(&step), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn hanging_look_ends_before_the_function_does() {
    let mut step = step(vec![Ok("InProgress")]);
    step.cloudfront.hangs = true;
    let started = Instant::now();
    assert_eq!(
        run(&step).await.unwrap_err().name(),
        ErrorName::CloudFrontUnavailable
    );
    assert!(started.elapsed() < Duration::from_secs(30));
}
