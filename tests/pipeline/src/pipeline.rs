//! A pipeline of a trial's own: a clone of the deployed functions and state machine, changed.

use std::collections::HashMap;
use std::path::PathBuf;

use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{
    Environment, FunctionCode, LastUpdateStatus, Runtime, State as FunctionState,
};
use serde_json::Value;

use crate::Trial;
use crate::invocation::Answered;
use crate::trial::{fresh_name, until};
use crate::undo::Undo;
use crate::zipped::zipped;

/// A state of the machine that calls a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of the states")]
pub enum Step {
    Preflight,
    Invalidate,
    InvalidateAgain,
    AwaitInvalidation,
    Prewarm,
    VerifyOrWarm,
}

impl Step {
    /// All of them, in the order of a run.
    pub const ALL: [Self; 6] = [
        Self::Preflight,
        Self::Invalidate,
        Self::InvalidateAgain,
        Self::AwaitInvalidation,
        Self::Prewarm,
        Self::VerifyOrWarm,
    ];

    /// The name of the state.
    #[must_use]
    pub fn state(self) -> &'static str {
        match self {
            Self::Preflight => "Preflight",
            Self::Invalidate => "Invalidate",
            Self::InvalidateAgain => "InvalidateAgain",
            Self::AwaitInvalidation => "AwaitInvalidation",
            Self::Prewarm => "Prewarm",
            Self::VerifyOrWarm => "VerifyOrWarm",
        }
    }

    fn binary(self) -> &'static str {
        match self {
            Self::Preflight | Self::Prewarm | Self::VerifyOrWarm => "prewarm",
            Self::Invalidate | Self::InvalidateAgain => "invalidate",
            Self::AwaitInvalidation => "poll",
        }
    }
}

/// What starts the binary of a function.
#[derive(Clone, Debug, Default)]
pub enum Bootstrap {
    /// Nothing but the binary.
    #[default]
    Plain,
    /// Ends the first invocations with these errors, one each. `marks` is a folder.
    Stumbling {
        /// The errors' names.
        errors: Vec<String>,
        /// Where it is noted which of them came.
        marks: PathBuf,
    },
    /// As a later version of the functions might be: each message that it answers with has one field
    /// more, in every object that has fields.
    OneFieldMore,
}

/// A function of a trial's own, made when the pipeline is deployed.
#[derive(Debug)]
pub struct Function {
    steps: Vec<Step>,
    environment: HashMap<String, Option<String>>,
    timeout: Option<i32>,
    contract: Value,
    contract_text: Option<String>,
    bootstrap: Bootstrap,
}

impl Function {
    /// The function of these steps (which share a binary), as it was deployed.
    #[must_use]
    pub fn of(steps: &[Step]) -> Self {
        Self {
            steps: steps.to_vec(),
            environment: HashMap::new(),
            timeout: None,
            contract: shipped_contract(),
            contract_text: None,
            bootstrap: Bootstrap::default(),
        }
    }

    /// The function *prewarm*, in all of its states.
    #[must_use]
    pub fn prewarm() -> Self {
        Self::of(&[Step::Preflight, Step::Prewarm, Step::VerifyOrWarm])
    }

    /// With this variable.
    #[must_use]
    pub fn set(mut self, name: &str, value: &str) -> Self {
        self.environment
            .insert(name.to_owned(), Some(value.to_owned()));
        self
    }

    /// Without this variable.
    #[must_use]
    pub fn unset(mut self, name: &str) -> Self {
        self.environment.insert(name.to_owned(), None);
        self
    }

    /// With this many seconds for an invocation.
    #[must_use]
    pub fn timeout(mut self, seconds: i32) -> Self {
        self.timeout = Some(seconds);
        self
    }

    /// With a changed contract.
    #[must_use]
    pub fn contract(mut self, change: impl FnOnce(&mut Value)) -> Self {
        change(&mut self.contract);
        self
    }

    /// With this text for a contract.
    #[must_use]
    pub fn contract_text(mut self, text: &str) -> Self {
        self.contract_text = Some(text.to_owned());
        self
    }

    /// Started by this.
    #[must_use]
    pub fn bootstrap(mut self, bootstrap: Bootstrap) -> Self {
        self.bootstrap = bootstrap;
        self
    }

    /// Every endpoint of the contract gets this timeout.
    #[must_use]
    pub fn endpoint_timeout(self, timeout: &str) -> Self {
        self.contract(|contract| {
            for endpoint in contract["endpoints"]
                .as_array_mut()
                .expect("the contract has endpoints")
            {
                endpoint["timeout"] = timeout.into();
            }
            contract["probe"]["timeout"] = timeout.into();
        })
    }
}

/// A state machine with functions of a trial's own.
#[derive(Debug)]
pub struct Pipeline {
    /// The state machine's ARN.
    pub state_machine: String,
    /// Name of the function of each step.
    functions: Vec<(Step, String)>,
}

impl Pipeline {
    /// The pipeline as it was deployed.
    #[must_use]
    pub fn deployed(trial: &Trial) -> Self {
        let names = &trial.stack.state.pipeline;
        Self {
            state_machine: names.state_machine_arn.clone(),
            functions: Step::ALL
                .map(|step| {
                    let name = match step.binary() {
                        "invalidate" => &names.invalidate_function,
                        "poll" => &names.poll_function,
                        _ => &names.prewarm_function,
                    };
                    (step, name.clone())
                })
                .to_vec(),
        }
    }

    /// Makes these functions, and a state machine that calls them and otherwise the deployed ones.
    pub async fn with(trial: &Trial, functions: Vec<Function>) -> Self {
        Self::changed(trial, functions, |_| {}).await
    }

    /// The same, with a changed definition of the state machine.
    pub async fn changed(
        trial: &Trial,
        functions: Vec<Function>,
        change: impl FnOnce(&mut Value),
    ) -> Self {
        let mut made = Self::deployed(trial);
        let describe = trial.stack.step_functions.describe_state_machine();
        let deployed = describe.state_machine_arn(&made.state_machine).send().await;
        let deployed = deployed.expect("Step Functions describes the deployed machine");
        let mut definition: Value =
            serde_json::from_str(&deployed.definition).expect("a definition is JSON");
        for function in functions {
            let (name, arn) = made.make(trial, &function).await;
            for &step in &function.steps {
                definition["States"][step.state()]["Parameters"]["FunctionName"] =
                    arn.as_str().into();
                made.functions.retain(|(of, _)| *of != step);
                made.functions.push((step, name.clone()));
            }
        }
        change(&mut definition);
        let create = trial
            .stack
            .step_functions
            .create_state_machine()
            .name(fresh_name("refresh-"));
        let create = create
            .definition(definition.to_string())
            .role_arn(deployed.role_arn);
        let created = create
            .send()
            .await
            .expect("Step Functions takes the changed machine");
        trial.undo(Undo::StateMachine(created.state_machine_arn.clone()));
        made.state_machine = created.state_machine_arn;
        made
    }

    /// The name of a step's function.
    #[must_use]
    pub fn function(&self, step: Step) -> &str {
        let found = self.functions.iter().find(|(of, _)| *of == step);
        &found.expect("every step has a function").1
    }

    /// Calls a step's function as the state machine does.
    pub async fn call(&self, trial: &Trial, step: Step, payload: &Value) -> Answered {
        Answered::to(&trial.stack, self.function(step), payload).await
    }

    /// Puts another version of a step's function in the place of the one that is there.
    pub async fn replace(&self, trial: &Trial, step: Step, bootstrap: &Bootstrap) {
        let name = self.function(step);
        let contract = shipped_contract().to_string();
        let zip = zipped(&deployed_binary(trial, step), bootstrap, &contract);
        let lambda = &trial.stack.lambda;
        let update = lambda.update_function_code().function_name(name);
        let update = update.zip_file(Blob::new(zip)).send().await;
        update.expect("Lambda takes the code");
        until("the function is replaced", async || {
            let get = lambda.get_function_configuration().function_name(name);
            let status = get.send().await.ok()?.last_update_status?;
            (status == LastUpdateStatus::Successful).then_some(())
        })
        .await;
    }

    async fn make(&self, trial: &Trial, function: &Function) -> (String, String) {
        let step = function.steps[0];
        let lambda = &trial.stack.lambda;
        let get = lambda
            .get_function_configuration()
            .function_name(self.function(step));
        let deployed = get
            .send()
            .await
            .expect("Lambda describes the deployed function");
        let mut variables = deployed
            .environment
            .and_then(|held| held.variables)
            .unwrap_or_default();
        for (name, value) in &function.environment {
            match value {
                Some(value) => variables.insert(name.clone(), value.clone()),
                None => variables.remove(name),
            };
        }
        let contract = function.contract_text.clone();
        let contract = contract.unwrap_or_else(|| function.contract.to_string());
        let zip = zipped(
            &deployed_binary(trial, step),
            &function.bootstrap,
            &contract,
        );
        let name = fresh_name(&format!("{}-", step.binary()));
        let created = lambda
            .create_function()
            .function_name(&name)
            .runtime(Runtime::Providedal2023)
            .handler("bootstrap")
            .role(deployed.role.unwrap_or_default())
            .timeout(function.timeout.or(deployed.timeout).unwrap_or(60))
            .memory_size(deployed.memory_size.unwrap_or(128))
            .set_architectures(deployed.architectures)
            .environment(
                Environment::builder()
                    .set_variables(Some(variables))
                    .build(),
            )
            .code(FunctionCode::builder().zip_file(Blob::new(zip)).build())
            .send()
            .await
            .expect("Lambda takes the function");
        trial.undo(Undo::Function(name.clone()));
        until("the function is active", async || {
            let get = lambda.get_function_configuration().function_name(&name);
            let state = get.send().await.ok()?.state?;
            assert_ne!(state, FunctionState::Failed, "{name} cannot start");
            (state == FunctionState::Active).then_some(())
        })
        .await;
        (name, created.function_arn.expect("a function has an ARN"))
    }
}

/// The binary that was deployed for a step.
fn deployed_binary(trial: &Trial, step: Step) -> PathBuf {
    let logs = &trial.stack.state.logs;
    let root = logs.parent().expect("the logs lie in the stack's folder");
    root.join("cdk/binaries")
        .join(step.binary())
        .join("bootstrap")
}

/// Few and short pauses between tries, so that a failure to the end is seen soon. What errors are
/// repeated stays as it is.
pub fn hurry(definition: &mut Value) {
    for state in definition["States"]
        .as_object_mut()
        .expect("a machine has states")
        .values_mut()
    {
        let retriers = state.get_mut("Retry").and_then(Value::as_array_mut);
        for retrier in retriers.into_iter().flatten() {
            retrier["IntervalSeconds"] = 1.into();
            retrier["MaxDelaySeconds"] = 2.into();
            retrier["MaxAttempts"] = 1.into();
        }
    }
}

/// The contract that ships.
#[must_use]
pub fn shipped_contract() -> Value {
    serde_json::from_str(include_str!("../../../shared/contract.json")).expect("it is JSON")
}
