//! What *invalidate* asks of CloudFront, and what it makes of each answer.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::atomic::Ordering;
use std::time::Duration;

use invalidate::cloudfront::Created;
use invalidate::handler::Invalidate;
use jiff::Timestamp;
use tokio::time::Instant;
use warmfront::clock::SystemClock;
use warmfront::failure::{ErrorName, Failure};
use warmfront::message::{DistributionTenantId, InvalidateRequest, PurgeTarget};
use warmfront::service_fault::{FaultKind, ServiceFault};

mod scripted;

use scripted::{ENTERED, Scripted, asked, created, fault, request, run, step};

#[tokio::test]
async fn asks_once_for_the_tag_of_the_tenant() {
    let step = step(vec![Ok(created("2026-01-01T00:00:11Z"))]);
    let invalidation = run(&step, request()).await.unwrap();
    assert_eq!(invalidation.items, ["#tenant:acme"]);
    assert!(!invalidation.settled);
    assert!(invalidation.watched_since.is_some(), "the wait begins here");
    let asked = asked(&step);
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].0, PurgeTarget::Distribution("E1".into()));
    assert_eq!(asked[0].1, ["#tenant:acme"]);
}

#[tokio::test]
async fn scoped_purge_names_the_scoped_tag_alone() {
    let step = step(vec![Ok(created(ENTERED))]);
    let scoped = InvalidateRequest {
        scope: Some("cost".into()),
        ..request()
    };
    assert_eq!(
        run(&step, scoped).await.unwrap().items,
        ["#tenant:acme:cost"]
    );
}

#[tokio::test]
async fn unknown_scope_purges_nothing() {
    let step = step(vec![]);
    let unknown = InvalidateRequest {
        scope: Some("billing".into()),
        ..request()
    };
    let error = run(&step, unknown).await.unwrap_err();
    assert_eq!(error.name(), ErrorName::InvalidInput);
    assert!(
        error.to_string().contains("cost, inventory, security"),
        "{error}"
    );
    assert_eq!(asked(&step), []);
}

#[tokio::test]
async fn paths_of_a_migration_are_purged_with_the_tag() {
    let mut step = step(vec![Ok(created(ENTERED)), Ok(created(ENTERED))]);
    step.config.contract.migration_paths = vec![
        "/api/cost?organization={tenant}*".into(),
        "/api/inventory?organization={tenant}*".into(),
    ];
    let all = run(&step, request()).await.unwrap();
    assert_eq!(
        all.items,
        [
            "#tenant:acme",
            "/api/cost?organization=acme*",
            "/api/inventory?organization=acme*"
        ]
    );
    let scoped = InvalidateRequest {
        scope: Some("cost".into()),
        ..request()
    };
    assert_eq!(
        run(&step, scoped).await.unwrap().items,
        ["#tenant:acme:cost", "/api/cost?organization=acme*"]
    );
}

fn distribution_tenant() -> DistributionTenantId {
    "dt_abc123".to_owned().try_into().unwrap()
}

#[tokio::test]
async fn distribution_tenant_is_purged_instead_of_the_distribution() {
    let step = step(vec![Ok(created(ENTERED))]);
    let tenant = InvalidateRequest {
        distribution_tenant: Some(distribution_tenant()),
        ..request()
    };
    let invalidation = run(&step, tenant).await.unwrap();
    assert_eq!(
        invalidation.target,
        PurgeTarget::DistributionTenant(distribution_tenant())
    );
}

#[tokio::test]
async fn nothing_is_purged_while_tags_are_not_read_from_the_contracts_header() {
    for (header, part) in [
        (None, "reads no cache tags"),
        (
            Some("x-amz-meta-cache-tag".to_owned()),
            "x-amz-meta-cache-tag",
        ),
    ] {
        let mut step = step(vec![]);
        step.cloudfront.tag_header = Ok(header);
        let error = run(&step, request()).await.unwrap_err();
        assert_eq!(error.name(), ErrorName::CacheTagConfigMismatch);
        assert!(error.to_string().contains(part), "{error}");
        assert_eq!(asked(&step), []);
    }
}

fn config_reads(step: &Invalidate<Scripted, SystemClock>) -> u32 {
    step.cloudfront.config_reads.load(Ordering::Relaxed)
}

/// Lets time pass.
async fn pass(time: Duration) {
    tokio::time::advance(time).await;
}

#[tokio::test(start_paused = true)]
async fn distribution_is_read_once_in_ten_minutes() {
    let step = step((0..3).map(|_| Ok(created(ENTERED))).collect());
    run(&step, request()).await.unwrap();
    pass(Duration::from_secs(599)).await;
    run(&step, request()).await.unwrap();
    assert_eq!(config_reads(&step), 1);
    pass(Duration::from_secs(2)).await;
    run(&step, request()).await.unwrap();
    assert_eq!(config_reads(&step), 2);
}

#[tokio::test(start_paused = true)]
async fn wrong_tag_header_is_looked_at_again_each_time() {
    let mut step = step(vec![Ok(created(ENTERED))]);
    step.cloudfront.tag_header = Ok(None);
    run(&step, request()).await.unwrap_err();
    step.cloudfront.tag_header = Ok(Some("cache-tag".into()));
    run(&step, request()).await.unwrap();
    assert_eq!(config_reads(&step), 2);
}

fn throttled() -> Result<Created, ServiceFault> {
    Err(fault(FaultKind::Throttled, "Throttling", "Rate exceeded"))
}

#[tokio::test(start_paused = true)]
async fn throttled_process_keeps_its_calls_two_seconds_apart_for_a_minute() {
    let answers = [throttled()].into_iter();
    let step = step(
        answers
            .chain((0..34).map(|_| Ok(created(ENTERED))))
            .collect(),
    );
    run(&step, request()).await.unwrap_err();
    for _ in 0..34 {
        run(&step, request()).await.unwrap();
    }
    let asked = step.cloudfront.asked_at.lock().unwrap().clone();
    let seconds: Vec<_> = asked.iter().map(|at| (*at - asked[0]).as_secs()).collect();
    assert_eq!(seconds[..4], [0, 2, 4, 6]);
    // The minute is over: nothing says that CloudFront is still busy.
    assert_eq!(seconds[29..], [58, 60, 60, 60, 60, 60]);
}

#[tokio::test(start_paused = true)]
async fn calls_that_nobody_throttled_wait_for_nothing() {
    let step = step(vec![Ok(created(ENTERED)), Ok(created(ENTERED))]);
    let started = Instant::now();
    run(&step, request()).await.unwrap();
    run(&step, request()).await.unwrap();
    assert_eq!(started.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn hanging_call_ends_before_the_function_does() {
    let mut step = step(vec![]);
    step.cloudfront.hangs = true;
    let started = Instant::now();
    let error = run(&step, request()).await.unwrap_err();
    assert_eq!(error.name(), ErrorName::CloudFrontUnavailable);
    assert!(started.elapsed() < Duration::from_secs(30));
}

#[tokio::test]
async fn repeated_step_repeats_its_reference_and_a_redrive_does_not() {
    let step = step(vec![
        Ok(created(ENTERED)),
        Ok(created(ENTERED)),
        Ok(created(ENTERED)),
    ]);
    run(&step, request()).await.unwrap();
    run(&step, request()).await.unwrap();
    let mut redriven = request();
    redriven.execution.redrive_count = 1;
    run(&step, redriven).await.unwrap();
    let asked = asked(&step);
    assert_eq!(asked[0].2, asked[1].2);
    assert_ne!(asked[0].2, asked[2].2);
}

#[tokio::test]
async fn older_invalidation_in_answer_is_an_error() {
    let step = step(vec![Ok(created("2026-01-01T00:00:07Z"))]);
    let error = run(&step, request()).await.unwrap_err();
    assert_eq!(error.name(), ErrorName::InvalidationReplayed);
    assert!(error.to_string().contains("I1"), "{error}");
}

#[tokio::test]
async fn creation_time_cut_to_seconds_is_no_replay() {
    let step = step(vec![Ok(created("2026-01-01T00:00:10Z"))]);
    let late = InvalidateRequest {
        entered_at: "2026-01-01T00:00:10.9Z".parse::<Timestamp>().unwrap(),
        ..request()
    };
    assert!(run(&step, late).await.is_ok());
}

#[tokio::test]
async fn used_up_reference_is_replaced_once() {
    let reused = || {
        Err(fault(
            FaultKind::Rejected,
            "InvalidArgument",
            "Your request contains a caller reference that was used for a previous invalidation \
             batch for the same distribution.",
        ))
    };
    let recovers = step(vec![reused(), Ok(created(ENTERED))]);
    assert_eq!(run(&recovers, request()).await.unwrap().id, "I1");
    let calls = asked(&recovers);
    assert_eq!(calls.len(), 2);
    assert_ne!(calls[0].2, calls[1].2);

    let gives_up = step(vec![reused(), reused()]);
    assert_eq!(
        run(&gives_up, request()).await.unwrap_err().name(),
        ErrorName::CallerReferenceReused
    );
}

#[tokio::test]
async fn each_refusal_has_its_name() {
    for (kind, code, message, name) in [
        (
            FaultKind::Rejected,
            "InvalidationBatchAlreadyExists",
            "",
            ErrorName::CallerReferenceConflict,
        ),
        (
            FaultKind::Rejected,
            "InvalidArgument",
            "Your request contains one or more invalid invalidation paths.",
            ErrorName::InvalidationRejected,
        ),
        (
            FaultKind::Rejected,
            "BatchTooLarge",
            "",
            ErrorName::InvalidationRejected,
        ),
        (
            FaultKind::Rejected,
            "NoSuchDistribution",
            "",
            ErrorName::NoSuchDistribution,
        ),
        (
            FaultKind::Rejected,
            "EntityNotFound",
            "",
            ErrorName::NoSuchDistributionTenant,
        ),
        (
            FaultKind::Rejected,
            "TooManyInvalidationsInProgress",
            "",
            ErrorName::TooManyInvalidationsInProgress,
        ),
        (
            FaultKind::Throttled,
            "Throttling",
            "Rate exceeded",
            ErrorName::CloudFrontThrottled,
        ),
        (
            FaultKind::Unavailable,
            "ServiceUnavailable",
            "",
            ErrorName::CloudFrontUnavailable,
        ),
        (
            FaultKind::AccessDenied,
            "AccessDenied",
            "",
            ErrorName::CloudFrontAccessDenied,
        ),
    ] {
        let step = step(vec![Err(fault(kind, code, message))]);
        let error = run(&step, request()).await.unwrap_err();
        assert_eq!(error.name(), name, "{code}");
        assert!(error.to_string().contains("#tenant:acme"), "{error}");
    }
}
