//! One refresh, driven as the state machine drives it: every message goes through JSON.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use prewarm::config::Config;
use prewarm::error::PrewarmError;
use prewarm::handler::Prewarm;
use prewarm::identity::Identity;
use prewarm::ports::Adapters;
use serde_json::{Value, json};
use tokio::time::{Instant, timeout_at};
use warmfront::clock::Clock;
use warmfront::contract::Contract;
use warmfront::failure::{ErrorName, Failure};
use warmfront::message::{Next, PrewarmRequest, PrewarmResponse, Progress, Purge, Report};
use warmfront::step::Step;

use crate::cognito::Cognito;
use crate::edge::{Edge, pause};

pub(crate) const CONTRACT: &str = include_str!("../../../../shared/tests/fixture/contract.json");
/// Time from the purge to the first request, as CloudFront takes it.
pub(crate) const PROPAGATION: Duration = Duration::from_secs(5);

/// The wall clock of virtual time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct VirtualClock(Instant);

impl VirtualClock {
    pub(crate) fn new() -> Self {
        Self(Instant::now())
    }

    pub(crate) fn now_text(&self) -> String {
        self.now().to_string()
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> Timestamp {
        "2026-11-21T10:00:00.25Z".parse::<Timestamp>().unwrap() + self.0.elapsed()
    }
}

/// Called with the ordinal of the purge.
type AtPurge = Box<dyn FnMut(&Edge, u32)>;

type TestPorts = Adapters<Edge, Cognito, Cognito, VirtualClock>;

pub(crate) struct World {
    pub(crate) step: Prewarm<TestPorts>,
    pub(crate) edge: Edge,
    pub(crate) cognito: Cognito,
    pub(crate) clock: VirtualClock,
    /// Longest time of one function call.
    pub(crate) function_timeout: Duration,
    pub(crate) redrives: u32,
    pub(crate) purges: Vec<u32>,
    /// Seconds that the state machine waited for the origin.
    pub(crate) waits: Vec<i64>,
    /// The answers of the step, in order.
    pub(crate) answers: Vec<PrewarmResponse>,
    /// What happens at each purge, after the cache is empty.
    pub(crate) at_purge: Option<AtPurge>,
    /// Time from the purge to the first request.
    pub(crate) propagation: Duration,
}

pub(crate) fn config() -> Config {
    Config {
        contract: Contract::parse(CONTRACT).unwrap(),
        distribution_id: "E1".into(),
        base_url: "https://d111111abcdef8.cloudfront.net".parse().unwrap(),
        secret_id: "warmfront/service-user".into(),
        user_pool_id: "eu-central-1_AbCdEf".into(),
        client_id: "client".into(),
        concurrency: 4,
        error_caching_ttl: Duration::from_secs(10),
        signed_paths: Vec::new(),
        stale_repairs: 2,
    }
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(config())
    }

    pub(crate) fn with(config: Config) -> Self {
        crate::log::keep();
        let clock = VirtualClock::new();
        let edge = Edge::new(clock);
        let cognito = Cognito::new();
        let ports = Adapters {
            fetch: edge.clone(),
            secrets: cognito.clone(),
            login: cognito.clone(),
            clock,
        };
        Self {
            step: Prewarm::new(config, ports),
            edge,
            cognito,
            clock,
            function_timeout: Duration::from_mins(15),
            redrives: 0,
            purges: Vec::new(),
            waits: Vec::new(),
            answers: Vec::new(),
            at_purge: None,
            propagation: PROPAGATION,
        }
    }

    /// The same service user, cache and clock, and a new process of the function.
    pub(crate) fn restart_process(&mut self) {
        self.step.identity = Identity::new(Arc::clone(&self.step.ports));
    }

    pub(crate) async fn call(&self, request: Value) -> Result<PrewarmResponse, PrewarmError> {
        let request: PrewarmRequest = serde_json::from_value(request).unwrap();
        let deadline = Instant::now() + self.function_timeout;
        let handled = timeout_at(deadline, self.step.handle(request, deadline)).await;
        handled.expect("Lambda would have ended the function")
    }

    pub(crate) async fn preflight(&self, input: Value) -> Result<PrewarmResponse, PrewarmError> {
        let execution = self.execution(&input);
        self.call(json!({"action": "preflight", "execution": execution}))
            .await
    }

    fn execution(&self, input: &Value) -> Value {
        json!({
            "Id": "arn:aws:states:eu-central-1:123456789012:execution:refresh:acme-7",
            "RedriveCount": self.redrives,
            "Input": input,
        })
    }

    /// What *invalidate* and *poll* do.
    pub(crate) async fn purge(&mut self, answer: &PrewarmResponse) -> Value {
        let Some(Purge::Due { ordinal }) = answer.purge else {
            panic!("no purge is due: {:?}", answer.purge);
        };
        let created = self.clock.now();
        self.purges.push(ordinal);
        self.edge.purge();
        if let Some(at_purge) = &mut self.at_purge {
            at_purge(&self.edge, ordinal);
        }
        pause(self.propagation).await;
        json!({
            "id": format!("I{ordinal}R{}", self.redrives),
            "target": {"distribution": "E1"},
            "items": ["#tenant:acme"],
            "ordinal": ordinal,
            "redriveCount": self.redrives,
            "createTime": created.to_string(),
            "status": "Completed",
            "seconds": self.propagation.as_secs(),
            "timedOut": false,
            "settled": true,
        })
    }

    pub(crate) async fn warm(
        &self,
        answer: &PrewarmResponse,
        invalidation: &Value,
    ) -> Result<PrewarmResponse, PrewarmError> {
        let state = serde_json::to_value(answer).unwrap();
        self.call(json!({
            "action": "prewarm",
            "run": state["run"],
            "progress": state["progress"],
            "invalidation": invalidation,
            "execution": self.execution(&json!({"tenant": "acme"})),
        }))
        .await
    }

    /// The state machine from its start.
    pub(crate) async fn refresh(&mut self, input: Value) -> Result<Report, PrewarmError> {
        let answer = self.preflight(input).await?;
        self.answers.push(answer.clone());
        self.go_on(answer, Value::Null).await
    }

    /// The state machine from an answer of the step.
    pub(crate) async fn go_on(
        &mut self,
        mut answer: PrewarmResponse,
        mut invalidation: Value,
    ) -> Result<Report, PrewarmError> {
        for _ in 0..10_000 {
            let state = serde_json::to_value(&answer).unwrap();
            assert!(state.to_string().len() <= 262_144, "Step Functions' limit");
            match answer.next {
                Next::Finished => return Ok(answer.report.unwrap()),
                Next::Invalidate | Next::InvalidateAgain => {
                    invalidation = self.purge(&answer).await;
                }
                Next::Await => invalidation = self.wait_for_purge(&state),
                Next::Wait => self.wait_until(answer.not_before.unwrap()).await,
                Next::Prewarm if invalidation.is_null() => {
                    invalidation = state["purge"]["invalidation"].clone();
                }
                Next::Prewarm => assert_eq!(state["purge"]["invalidation"], invalidation),
            }
            answer = self.warm(&answer, &invalidation).await?;
            self.answers.push(answer.clone());
        }
        panic!("the run does not end");
    }

    /// What *poll* does with a purge that somebody else has made.
    fn wait_for_purge(&self, state: &Value) -> Value {
        let mut invalidation = state["purge"]["invalidation"].clone();
        invalidation["status"] = "Completed".into();
        invalidation["settled"] = true.into();
        self.edge.purge();
        invalidation
    }

    async fn wait_until(&mut self, time: Timestamp) {
        let pause_until_then = time.duration_since(self.clock.now());
        self.waits.push(pause_until_then.as_secs());
        pause(Duration::try_from(pause_until_then).unwrap_or_default()).await;
    }

    pub(crate) async fn fails(&mut self, input: Value) -> (ErrorName, String) {
        let error = self.refresh(input).await.unwrap_err();
        (error.name(), warmfront::failure::chain(&error))
    }
}

/// A refresh of two endpoints in two variants, with an expected version.
pub(crate) fn small() -> Value {
    json!({
        "tenant": "acme",
        "expectedVersion": "7",
        "endpoints": ["/api/overview", "/api/cost/trend"],
    })
}

/// How far a run is that is not finished.
pub(crate) fn progress(answer: &PrewarmResponse) -> &Progress {
    answer.progress.as_ref().unwrap()
}

/// The report in the cause of a failure, which a sentence for a person stands before.
pub(crate) fn report_in(cause: &str) -> Report {
    let (sentence, report) = cause.split_once('\n').unwrap();
    assert!(
        sentence.ends_with('.') && sentence.contains("acme"),
        "{sentence}"
    );
    serde_json::from_str(report).unwrap()
}
