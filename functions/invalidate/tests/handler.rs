//! What *invalidate* asks of CloudFront, and what it makes of each answer.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::Duration;

use invalidate::cloudfront::{CreateInvalidation, Created, GetDistributionConfig};
use invalidate::config::Config;
use invalidate::error::InvalidateError;
use invalidate::handler::Invalidate;
use jiff::Timestamp;
use tokio::time::Instant;
use warmfront::contract::Contract;
use warmfront::failure::{ErrorName, Failure};
use warmfront::message::{Execution, InvalidateRequest, Invalidation, PurgeTarget};
use warmfront::service_fault::{FaultKind, ServiceFault};
use warmfront::step::Step;
use warmfront::tenant::TenantId;

const ENTERED: &str = "2026-01-01T00:00:10Z";

/// A CloudFront that gives scripted answers and notes what it was asked.
struct Scripted {
    tag_header: Result<Option<String>, ServiceFault>,
    answers: Mutex<VecDeque<Result<Created, ServiceFault>>>,
    asked: Mutex<Vec<(PurgeTarget, Vec<String>, String)>>,
}

impl CreateInvalidation for Scripted {
    async fn create_invalidation(
        &self,
        target: &PurgeTarget,
        items: &[String],
        caller_reference: &str,
    ) -> Result<Created, ServiceFault> {
        let call = (target.clone(), items.to_vec(), caller_reference.to_owned());
        self.asked.lock().unwrap().push(call);
        let answer = self.answers.lock().unwrap().pop_front();
        answer.expect("no further call is scripted")
    }
}

impl GetDistributionConfig for Scripted {
    async fn cache_tag_header(&self, _: &str) -> Result<Option<String>, ServiceFault> {
        self.tag_header.clone()
    }
}

fn step(answers: Vec<Result<Created, ServiceFault>>) -> Invalidate<Scripted> {
    Invalidate {
        config: Config {
            distribution_id: "E1".into(),
            contract: Contract::parse(include_str!("../../../shared/contract.json")).unwrap(),
        },
        cloudfront: Scripted {
            tag_header: Ok(Some("Cache-Tag".into())),
            answers: Mutex::new(answers.into()),
            asked: Mutex::default(),
        },
    }
}

fn request() -> InvalidateRequest {
    InvalidateRequest {
        tenant: TenantId::parse("acme").unwrap(),
        scope: None,
        distribution_tenant: None,
        ordinal: 1,
        entered_at: ENTERED.parse().unwrap(),
        execution: Execution {
            id: "arn:aws:states:eu-central-1:1:execution:refresh:acme-1".into(),
            redrive_count: 0,
        },
    }
}

fn created(create_time: &str) -> Created {
    Created {
        id: "I1".into(),
        create_time: create_time.parse().unwrap(),
        status: "InProgress".into(),
    }
}

fn fault(kind: FaultKind, code: &str, message: &str) -> ServiceFault {
    ServiceFault {
        kind,
        code: code.into(),
        message: message.into(),
        request_id: None,
    }
}

async fn run(
    step: &Invalidate<Scripted>,
    request: InvalidateRequest,
) -> Result<Invalidation, InvalidateError> {
    step.handle(request, Instant::now() + Duration::from_secs(30))
        .await
}

fn asked(step: &Invalidate<Scripted>) -> Vec<(PurgeTarget, Vec<String>, String)> {
    step.cloudfront.asked.lock().unwrap().clone()
}

#[tokio::test]
async fn asks_once_for_the_tag_of_the_tenant() {
    let step = step(vec![Ok(created("2026-01-01T00:00:11Z"))]);
    let invalidation = run(&step, request()).await.unwrap();
    assert_eq!(invalidation.items, ["#tenant:acme"]);
    assert!(!invalidation.settled);
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
    let error = run(
        &step,
        InvalidateRequest {
            scope: Some("billing".into()),
            ..request()
        },
    )
    .await
    .unwrap_err();
    assert_eq!(error.name(), ErrorName::InvalidInput);
    assert!(
        error.to_string().contains("cost, inventory, security"),
        "{error}"
    );
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

#[tokio::test]
async fn distribution_tenant_is_purged_instead_of_the_distribution() {
    let step = step(vec![Ok(created(ENTERED))]);
    let tenant = InvalidateRequest {
        distribution_tenant: Some("dt_abc123".into()),
        ..request()
    };
    let invalidation = run(&step, tenant).await.unwrap();
    assert_eq!(
        invalidation.target,
        PurgeTarget::DistributionTenant("dt_abc123".into())
    );
    let malformed = InvalidateRequest {
        distribution_tenant: Some("dt_../x".into()),
        ..request()
    };
    assert_eq!(
        run(&step, malformed).await.unwrap_err().name(),
        ErrorName::InvalidInput
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
