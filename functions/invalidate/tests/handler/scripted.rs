//! A CloudFront that follows a script, and calls of the step.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use invalidate::cloudfront::{CreateInvalidation, Created, GetDistributionConfig};
use invalidate::config::Config;
use invalidate::error::InvalidateError;
use invalidate::handler::Invalidate;
use tokio::time::Instant;
use warmfront::clock::SystemClock;
use warmfront::contract::Contract;
use warmfront::message::{Execution, InvalidateRequest, Invalidation, PurgeTarget};
use warmfront::service_fault::{FaultKind, ServiceFault};
use warmfront::step::Step;
use warmfront::tenant::TenantId;

pub(crate) const ENTERED: &str = "2026-01-01T00:00:10Z";

/// A CloudFront that gives scripted answers and notes what it was asked.
pub(crate) struct Scripted {
    pub(crate) tag_header: Result<Option<String>, ServiceFault>,
    pub(crate) config_reads: AtomicU32,
    pub(crate) hangs: bool,
    pub(crate) answers: Mutex<VecDeque<Result<Created, ServiceFault>>>,
    pub(crate) asked: Mutex<Vec<(PurgeTarget, Vec<String>, String)>>,
    pub(crate) asked_at: Mutex<Vec<Instant>>,
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
        self.asked_at.lock().unwrap().push(Instant::now());
        if self.hangs {
            std::future::pending::<()>().await;
        }
        let answer = self.answers.lock().unwrap().pop_front();
        answer.expect("no further call is scripted")
    }
}

impl GetDistributionConfig for Scripted {
    async fn cache_tag_header(&self, _: &str) -> Result<Option<String>, ServiceFault> {
        self.config_reads.fetch_add(1, Ordering::Relaxed);
        self.tag_header.clone()
    }
}

pub(crate) fn step(
    answers: Vec<Result<Created, ServiceFault>>,
) -> Invalidate<Scripted, SystemClock> {
    let config = Config {
        distribution_id: "E1".into(),
        contract: Contract::parse(include_str!(
            "../../../../shared/tests/fixture/contract.json"
        ))
        .unwrap(),
    };
    let cloudfront = Scripted {
        tag_header: Ok(Some("Cache-Tag".into())),
        config_reads: AtomicU32::new(0),
        hangs: false,
        answers: Mutex::new(answers.into()),
        asked: Mutex::default(),
        asked_at: Mutex::default(),
    };
    Invalidate::new(config, cloudfront, SystemClock)
}

pub(crate) fn request() -> InvalidateRequest {
    InvalidateRequest {
        tenant: TenantId::parse("acme").unwrap(),
        scope: None,
        distribution_tenant: None,
        ordinal: 1,
        entered_at: ENTERED.parse().unwrap(),
        execution: Execution::new("arn:aws:states:eu-central-1:1:execution:refresh:acme-1", 0),
    }
}

pub(crate) fn created(create_time: &str) -> Created {
    Created {
        id: "I1".into(),
        create_time: create_time.parse().unwrap(),
        status: "InProgress".into(),
    }
}

pub(crate) fn fault(kind: FaultKind, code: &str, message: &str) -> ServiceFault {
    ServiceFault {
        kind,
        code: code.into(),
        message: message.into(),
        request_id: None,
    }
}

pub(crate) async fn run(
    step: &Invalidate<Scripted, SystemClock>,
    request: InvalidateRequest,
) -> Result<Invalidation, InvalidateError> {
    step.handle(request, Instant::now() + Duration::from_secs(30))
        .await
}

pub(crate) fn asked(
    step: &Invalidate<Scripted, SystemClock>,
) -> Vec<(PurgeTarget, Vec<String>, String)> {
    step.cloudfront.asked.lock().unwrap().clone()
}
