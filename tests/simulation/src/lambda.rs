//! Lambda: containers that run the handlers, keep what is in their memory, and sometimes die.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use invalidate::handler::Invalidate;
use poll::handler::Poll;
use prewarm::config::Config;
use prewarm::handler::Prewarm;
use prewarm::ports::Adapters;
use serde_json::Value;
use tokio::time::{Instant, timeout_at};
use warmfront::failure::{ErrorName, diagnostic};
use warmfront::step::Step;

use crate::clock::VirtualClock;
use crate::history::{Call, RunId};
use crate::machine::{TaskError, wait};
use crate::port::Port;
use crate::sabotage::Sabotage;
use crate::world::{DISTRIBUTION, World};

/// The functions' timeouts in the CDK app; the prewarm function's is drawn.
const SHORT_TIMEOUT: Duration = Duration::from_secs(30);
/// How Lambda names the end of a process.
const DEATHS: [&str; 3] = ["Lambda.Unknown", "Sandbox.Timedout", "Runtime.ExitError"];
/// How Step Functions names an answer that it did not get.
const LOSSES: [&str; 3] = [
    "Lambda.SdkClientException",
    "Lambda.ClientExecutionTimeoutException",
    "Lambda.ServiceException",
];

type PrewarmStep = Prewarm<Adapters<Port, Port, Port, VirtualClock>>;

/// All functions with their containers.
#[derive(Debug)]
pub struct Lambda {
    world: Arc<World>,
    sabotage: Sabotage,
    /// Containers of the prewarm function that wait for a call; they keep a token.
    idle: Mutex<Vec<Container>>,
}

struct Container {
    port: Port,
    step: PrewarmStep,
}

impl std::fmt::Debug for Container {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Container")
    }
}

impl Lambda {
    /// No container yet.
    #[must_use]
    pub fn new(world: Arc<World>, sabotage: Sabotage) -> Self {
        Self {
            world,
            sabotage,
            idle: Mutex::default(),
        }
    }

    /// What is broken.
    #[must_use]
    pub fn sabotage(&self) -> Sabotage {
        self.sabotage
    }

    /// Calls a function for an execution.
    pub async fn invoke(
        &self,
        run: RunId,
        function: &str,
        payload: Value,
    ) -> Result<Value, TaskError> {
        let trouble = &self.world.scenario.trouble;
        if self.world.chance(trouble.lambda_throttle) {
            wait(self.world.span(5, 50)).await;
            return Err(TaskError::new("Lambda.TooManyRequestsException", ""));
        }
        wait(self.world.span(5, 300)).await;
        let name = match (function, payload["action"].as_str()) {
            ("${InvalidateFunctionArn}", _) => "invalidate",
            ("${PollFunctionArn}", _) => "poll",
            ("${PrewarmFunctionArn}", Some("preflight")) => "preflight",
            ("${PrewarmFunctionArn}", _) => "prewarm",
            (other, _) => panic!("the state machine calls {other:?}, which is no function"),
        };
        let call = self.begin(run, name);
        match name {
            "invalidate" => {
                let config = invalidate::config::Config {
                    distribution_id: DISTRIBUTION.to_owned(),
                    contract: self.world.scenario.contract.clone(),
                };
                let step = Invalidate::new(config, self.port(call), self.world.clock);
                self.call(call, &step, payload, SHORT_TIMEOUT).await.0
            }
            "poll" => {
                let step = Poll {
                    config: poll::config::Config {
                        budget: poll::config::DEFAULT_BUDGET,
                        window: poll::config::DEFAULT_WINDOW,
                    },
                    cloudfront: self.port(call),
                    clock: self.world.clock,
                };
                self.call(call, &step, payload, SHORT_TIMEOUT).await.0
            }
            _ => self.prewarm(call, payload).await,
        }
    }

    fn begin(&self, run: RunId, function: &'static str) -> usize {
        let calls = &mut self.world.state().history;
        let life = calls.redrives[run];
        calls.calls.push(Call {
            run,
            life,
            function,
            answered: false,
            lost: false,
            overran: false,
        });
        calls.calls.len() - 1
    }

    async fn prewarm(&self, call: usize, payload: Value) -> Result<Value, TaskError> {
        let cold = self.world.chance(self.world.scenario.trouble.cold_start);
        let idle = if cold { None } else { self.idle().pop() };
        let container = idle.unwrap_or_else(|| self.start_container());
        container.port.serve(call);
        let limit = self.world.scenario.function_timeout;
        let (answer, survived) = self.call(call, &container.step, payload, limit).await;
        if survived {
            self.idle().push(container);
        }
        answer
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Container>> {
        self.idle.lock().expect("nothing panics while holding it")
    }

    fn port(&self, call: usize) -> Port {
        let port = Port::new(Arc::clone(&self.world), self.sabotage);
        port.serve(call);
        port
    }

    fn start_container(&self) -> Container {
        let world = &self.world;
        let port = Port::new(Arc::clone(world), self.sabotage);
        let scenario = &world.scenario;
        let config = Config {
            contract: scenario.contract.clone(),
            distribution_id: DISTRIBUTION.to_owned(),
            base_url: "https://d1simulated.cloudfront.net".parse().expect("a URL"),
            secret_id: "warmer".to_owned(),
            user_pool_id: "pool".to_owned(),
            client_id: "client".to_owned(),
            concurrency: scenario.concurrency,
            error_caching_ttl: prewarm::config::DEFAULT_ERROR_CACHING_TTL,
            signed_paths: Vec::new(),
            stale_repairs: scenario.stale_repairs,
        };
        let ports = Adapters {
            fetch: port.clone(),
            secrets: port.clone(),
            login: port.clone(),
            clock: world.clock,
        };
        let step = Prewarm::new(config, ports);
        Container { port, step }
    }

    /// Runs a handler as Lambda does; says also whether its process lives on.
    async fn call<S: Step>(
        &self,
        call: usize,
        step: &S,
        payload: Value,
        limit: Duration,
    ) -> (Result<Value, TaskError>, bool) {
        let deadline = Instant::now() + limit;
        let dies_at = self.death();
        let request = match serde_json::from_value::<S::Request>(payload) {
            Ok(request) => request,
            Err(error) => return (Err(TaskError::new("InvalidInput", error.to_string())), true),
        };
        let end = dies_at.map_or(deadline, |at| at.min(deadline));
        let answer = timeout_at(end, Box::pin(step.handle(request, deadline))).await;
        let note = |change: &dyn Fn(&mut Call)| {
            change(&mut self.world.state().history.calls[call]);
        };
        match answer {
            Err(_) => {
                let overran = dies_at.is_none_or(|at| at >= deadline);
                note(&|call| (call.lost, call.overran) = (true, overran));
                (Err(self.one_of(&DEATHS)), false)
            }
            Ok(Err(error)) => {
                let diagnostic = diagnostic(&error);
                let mut name = diagnostic.error_type;
                if name == ErrorName::LoginRefused.as_str() {
                    self.world.state().history.refusals.push(call);
                    if self.sabotage.repeats_refused_logins {
                        ErrorName::LoginUnavailable.as_str().clone_into(&mut name);
                    }
                }
                (Err(TaskError::new(&name, diagnostic.error_message)), true)
            }
            Ok(Ok(_)) if self.world.chance(self.world.scenario.trouble.lose_answer) => {
                note(&|call| call.lost = true);
                (Err(self.one_of(&LOSSES)), true)
            }
            Ok(Ok(response)) => {
                note(&|call| call.answered = true);
                let response = serde_json::to_value(response).expect("messages are JSON");
                (Ok(response), true)
            }
        }
    }

    /// When the process dies of itself, if it does: soon or late, and often with work half done.
    fn death(&self) -> Option<Instant> {
        if !self.world.chance(self.world.scenario.trouble.kill) {
            return None;
        }
        let scale = [100, 1_000, 10_000, 60_000][self.world.state().rng.usize(..4)];
        Some(Instant::now() + self.world.span(0, scale))
    }

    fn one_of(&self, names: &[&str]) -> TaskError {
        let index = self.world.state().rng.usize(..names.len());
        TaskError::new(names[index], "")
    }
}
