//! Variants of the deployed pipeline: its own functions with something changed, and a state machine that calls them.
//!
//! A fault test gets warm processes, a login and settings of its own this way and disturbs nobody.

mod archive;

use std::collections::{BTreeMap, HashMap};

use aws_sdk_lambda::{
    primitives::Blob,
    types::{Environment, FunctionCode, FunctionConfiguration},
};
use serde_json::Value;

use crate::{error::StackError, http_client, stack::Stack};

/// The pipeline's functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "they are named after their crates")]
pub enum Function {
    Invalidate,
    Poll,
    Prewarm,
}

impl Function {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Invalidate, Self::Poll, Self::Prewarm];

    fn name(self) -> &'static str {
        match self {
            Self::Invalidate => "invalidate",
            Self::Poll => "poll",
            Self::Prewarm => "prewarm",
        }
    }
}

/// What a variant changes. Without changes, it has its own login and nothing else.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    environment: BTreeMap<(Function, String), String>,
    timeouts: BTreeMap<Function, i32>,
    contract: Option<Value>,
    secret: Option<Value>,
    own: Vec<Function>,
    steps: Vec<(String, String)>,
}

impl Changes {
    /// Sets a variable of a function.
    #[must_use]
    pub fn environment(mut self, function: Function, name: &str, value: &str) -> Self {
        self.environment
            .insert((function, name.to_owned()), value.to_owned());
        self
    }

    /// Sets the timeout of a function.
    #[must_use]
    pub fn timeout(mut self, function: Function, seconds: i32) -> Self {
        self.timeouts.insert(function, seconds);
        self
    }

    /// Puts another contract into every function's archive.
    #[must_use]
    pub fn contract(mut self, contract: Value) -> Self {
        self.contract = Some(contract);
        self
    }

    /// Puts this into the variant's secret, in the place of its service user's login.
    #[must_use]
    pub fn secret(mut self, secret: Value) -> Self {
        self.secret = Some(secret);
        self
    }

    /// Gives the variant processes of its own of a function that is not changed otherwise.
    #[must_use]
    pub fn own(mut self, function: Function) -> Self {
        self.own.push(function);
        self
    }

    /// Replaces text in the state machine's definition, such as the seconds of a retry.
    #[must_use]
    pub fn definition(mut self, from: &str, to: &str) -> Self {
        self.steps.push((from.to_owned(), to.to_owned()));
        self
    }

    fn is_own(&self, function: Function) -> bool {
        // The prewarm function holds the login.
        function == Function::Prewarm
            || self.contract.is_some()
            || self.own.contains(&function)
            || self.timeouts.contains_key(&function)
            || self
                .environment
                .keys()
                .any(|(changed, _)| *changed == function)
    }
}

/// A deployed variant.
#[derive(Clone, Debug)]
pub struct Variant {
    /// Its state machine.
    pub state_machine_arn: String,
    /// The name of its secret; the gate sees it in `GetSecretValue`.
    pub secret: String,
    /// Its service user; the gate sees it in `AdminInitiateAuth` and counts its password attempts.
    pub service_user: String,
    /// The names of its own functions.
    pub functions: HashMap<Function, String>,
}

impl Stack {
    /// Deploys a variant. The name must be new on this stack.
    pub async fn pipeline_variant(
        &self,
        name: &str,
        changes: &Changes,
    ) -> Result<Variant, StackError> {
        let service_user = format!("prewarmer-{name}");
        let secret = format!("warmfront/{name}");
        let secret_arn = self
            .create_login(&service_user, &secret, changes.secret.as_ref())
            .await?;
        let mut definition = self.deployed_definition().await?;
        let mut functions = HashMap::new();
        for function in Function::ALL {
            if !changes.is_own(function) {
                continue;
            }
            let original = self.deployed(function);
            let copy = format!("{name}-{}", function.name());
            self.copy_function(original, &copy, function, changes, &secret_arn)
                .await?;
            definition.text = definition
                .text
                .replace(&format!("function:{original}"), &format!("function:{copy}"));
            functions.insert(function, copy);
        }
        for (from, to) in &changes.steps {
            if !definition.text.contains(from) {
                let what = format!("change the definition of variant {name}");
                return Err(StackError::unusable(
                    what,
                    format!("it does not contain {from:?}"),
                ));
            }
            definition.text = definition.text.replace(from, to);
        }
        let machine = self
            .step_functions
            .create_state_machine()
            .name(name)
            .definition(definition.text)
            .role_arn(definition.role)
            .send()
            .await
            .map_err(StackError::aws(format!(
                "create the state machine of variant {name}"
            )))?;
        Ok(Variant {
            state_machine_arn: machine.state_machine_arn,
            secret,
            service_user,
            functions,
        })
    }

    /// The name of a deployed function.
    #[must_use]
    pub fn deployed(&self, function: Function) -> &str {
        let pipeline = &self.state.pipeline;
        match function {
            Function::Invalidate => &pipeline.invalidate_function,
            Function::Poll => &pipeline.poll_function,
            Function::Prewarm => &pipeline.prewarm_function,
        }
    }

    async fn create_login(
        &self,
        user: &str,
        secret: &str,
        value: Option<&Value>,
    ) -> Result<String, StackError> {
        let what = format!("create the secret {secret}");
        let login = self.deployed_login().await?;
        let password = format!("Local-1-{user}");
        self.users
            .create_superadmin(&self.state.user_pool, user, &password)
            .await?;
        let own = serde_json::json!({
            "username": user,
            "password": password,
            "clientSecret": login["clientSecret"],
        });
        let answer = self
            .secrets_manager
            .create_secret()
            .name(secret)
            .secret_string(value.unwrap_or(&own).to_string())
            .send()
            .await
            .map_err(StackError::aws(what.clone()))?;
        answer
            .arn
            .ok_or_else(|| StackError::unusable(what, "the answer has no ARN"))
    }

    async fn deployed_login(&self) -> Result<Value, StackError> {
        let what = "read the service user's secret";
        let secret = self
            .secrets_manager
            .get_secret_value()
            .secret_id(&self.state.pipeline.secret_arn)
            .send()
            .await
            .map_err(StackError::aws(what))?;
        let text = secret.secret_string.unwrap_or_default();
        serde_json::from_str(&text).map_err(|_| StackError::unusable(what, "it is not JSON"))
    }

    async fn deployed_definition(&self) -> Result<Definition, StackError> {
        let machine = self
            .step_functions
            .describe_state_machine()
            .state_machine_arn(&self.state.pipeline.state_machine_arn)
            .send()
            .await
            .map_err(StackError::aws("read the deployed state machine"))?;
        Ok(Definition {
            text: machine.definition,
            role: machine.role_arn,
        })
    }

    async fn copy_function(
        &self,
        original: &str,
        copy: &str,
        function: Function,
        changes: &Changes,
        secret_arn: &str,
    ) -> Result<(), StackError> {
        let read = format!("read the function {original}");
        let found = self
            .lambda
            .get_function()
            .function_name(original)
            .send()
            .await;
        let found = found.map_err(StackError::aws(read.clone()))?;
        let missing =
            |what: &str| StackError::unusable(read.clone(), format!("the answer has no {what}"));
        let configuration = found
            .configuration
            .ok_or_else(|| missing("configuration"))?;
        let location = found
            .code
            .and_then(|code| code.location)
            .ok_or_else(|| missing("code location"))?;
        let mut code = download(&location).await?;
        if let Some(contract) = &changes.contract {
            code = archive::replace(&code, "contract.json", contract.to_string().as_bytes())?;
        }
        let mut variables = variables(&configuration);
        if function == Function::Prewarm {
            variables.insert("SECRET_ID".to_owned(), secret_arn.to_owned());
        }
        let settings = changes
            .environment
            .iter()
            .filter(|((changed, _), _)| *changed == function);
        variables.extend(settings.map(|((_, name), value)| (name.clone(), value.clone())));

        let create = format!("create the function {copy}");
        self.lambda
            .create_function()
            .function_name(copy)
            .set_runtime(configuration.runtime)
            .set_role(configuration.role)
            .set_handler(configuration.handler)
            .set_architectures(configuration.architectures)
            .set_memory_size(configuration.memory_size)
            .set_timeout(
                changes
                    .timeouts
                    .get(&function)
                    .copied()
                    .or(configuration.timeout),
            )
            .environment(
                Environment::builder()
                    .set_variables(Some(variables))
                    .build(),
            )
            .code(FunctionCode::builder().zip_file(Blob::new(code)).build())
            .send()
            .await
            .map_err(StackError::aws(create.clone()))?;
        self.until_active(copy, &create).await
    }

    async fn until_active(&self, function: &str, what: &str) -> Result<(), StackError> {
        for _ in 0..ACTIVE_LOOKS {
            let answer = self
                .lambda
                .get_function_configuration()
                .function_name(function)
                .send()
                .await;
            let state = answer.map_err(StackError::aws(what))?.state;
            match state.as_ref().map(aws_sdk_lambda::types::State::as_str) {
                Some("Active") => return Ok(()),
                Some("Failed") => {
                    return Err(StackError::unusable(what, "LocalStack cannot run it"));
                }
                _ => tokio::time::sleep(ACTIVE_PAUSE).await,
            }
        }
        Err(StackError::unusable(what, "it did not become active"))
    }
}

const ACTIVE_PAUSE: std::time::Duration = std::time::Duration::from_millis(50);
const ACTIVE_LOOKS: u32 = 600;

struct Definition {
    text: String,
    role: String,
}

fn variables(configuration: &FunctionConfiguration) -> HashMap<String, String> {
    let environment = configuration.environment.as_ref();
    environment
        .and_then(|environment| environment.variables.clone())
        .unwrap_or_default()
}

async fn download(location: &str) -> Result<Vec<u8>, StackError> {
    let failed = || StackError::http("download a function's code");
    let answer = http_client::client()
        .get(location)
        .send()
        .await
        .map_err(failed())?;
    let answer = answer.error_for_status().map_err(failed())?;
    Ok(answer.bytes().await.map_err(failed())?.into())
}
