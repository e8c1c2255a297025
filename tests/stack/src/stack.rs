//! A running stack as tests and tools use it: SDK clients, tenants, and the control ports of its parts.

use std::path::Path;

use aws_sdk_lambda::Client as Lambda;
use aws_sdk_secretsmanager::Client as SecretsManager;
use aws_sdk_sfn::Client as StepFunctions;

use crate::{
    aws,
    browser::Browser,
    cloudfront::CloudFrontControl,
    cognito::Users,
    error::StackError,
    folders::{Folders, USUAL},
    gate::GateControl,
    options::Options,
    origin::OriginControl,
    state::State,
    supervisor::Supervisor,
};

/// Names the state file of the stack that tests use; `warmfront-stack exec` sets it.
pub const STATE_VARIABLE: &str = "WARMFRONT_STACK";

/// A running stack.
#[derive(Clone, Debug)]
pub struct Stack {
    /// Endpoints and names.
    pub state: State,
    /// Step Functions.
    pub step_functions: StepFunctions,
    /// Lambda.
    pub lambda: Lambda,
    /// Secrets Manager itself; the functions go through the gate.
    pub secrets_manager: SecretsManager,
    /// Cognito itself; the functions go through the gate.
    pub users: Users,
    /// The fault gate.
    pub gate: GateControl,
    /// The example origin.
    pub origin: OriginControl,
    /// cloudfront-local.
    pub cloudfront: CloudFrontControl,
}

/// A tenant with one user.
#[derive(Clone, Debug)]
pub struct Tenant {
    /// Canonical id.
    pub id: String,
    /// The user's name.
    pub user: String,
}

impl Tenant {
    fn user_of(id: &str) -> String {
        format!("user-of-{id}")
    }
}

impl Stack {
    /// Brings a stack up in this process; it lives as long as the supervisor.
    pub async fn start(options: &Options) -> Result<(Supervisor, Self), StackError> {
        let supervisor = Supervisor::start(options, |what| tracing::info!("{what}")).await?;
        let stack = Self::of(supervisor.state().clone());
        Ok((supervisor, stack))
    }

    /// The running stack with this state file, whatever it runs.
    pub fn attach(file: &Path) -> Result<Self, StackError> {
        let state = State::read(file)?;
        let folders = Folders::around(file);
        if !folders.in_use() {
            return Err(StackError::Killed {
                name: state.name,
                pid: state.pid,
                mend: folders.make("stack-up"),
            });
        }
        Ok(Self::of(state))
    }

    /// The running stack of this name, if it runs what the sources say.
    pub fn attach_current(name: &str) -> Result<Self, StackError> {
        let folders = Folders::of(name)?;
        let stack = Self::attach(&folders.state())?;
        stack.state.running.check(&folders)?;
        Ok(stack)
    }

    /// The running stack that `WARMFRONT_STACK` names, or the one called `local`.
    ///
    /// The former was brought up for the command that is running, from what was there then; the latter may be stale.
    pub fn attach_from_environment() -> Result<Self, StackError> {
        match std::env::var_os(STATE_VARIABLE) {
            Some(file) => Self::attach(Path::new(&file)),
            None => Self::attach_current(USUAL),
        }
    }

    /// Clients for a stack in this state.
    #[must_use]
    pub fn of(state: State) -> Self {
        let endpoints = &state.endpoints;
        let localstack = aws::config(&endpoints.localstack);
        Self {
            step_functions: StepFunctions::new(&localstack),
            lambda: Lambda::new(&localstack),
            secrets_manager: SecretsManager::new(&localstack),
            users: Users::at(&endpoints.cognito),
            gate: GateControl::at(&endpoints.gate_control),
            origin: OriginControl::at(&endpoints.origin_control),
            // Another CloudFront has no such port; whoever asks for it is told where it was looked for.
            cloudfront: CloudFrontControl::at(
                endpoints
                    .cloudfront_control
                    .as_ref()
                    .unwrap_or(&endpoints.cloudfront),
            ),
            state,
        }
    }

    /// A tenant with a user. Tests that run side by side take an id each.
    pub async fn create_tenant(&self, id: &str) -> Result<Tenant, StackError> {
        let tenant = Tenant {
            id: id.to_owned(),
            user: Tenant::user_of(id),
        };
        self.users
            .create_member(&self.state.user_pool, &tenant.user, id)
            .await?;
        Ok(tenant)
    }

    /// A token of the tenant's user, who is made when there is none.
    pub async fn token(&self, tenant: &str) -> Result<String, StackError> {
        let (pool, user) = (&self.state.user_pool, Tenant::user_of(tenant));
        if let Ok(token) = self.users.id_token(pool, &user).await {
            return Ok(token);
        }
        self.create_tenant(tenant).await?;
        self.users.id_token(pool, &user).await
    }

    /// The browser of the tenant's user, logged in.
    pub async fn browser(&self, tenant: &Tenant) -> Result<Browser, StackError> {
        let token = self
            .users
            .id_token(&self.state.user_pool, &tenant.user)
            .await?;
        let contract = self.state.contract.clone();
        Ok(Browser::new(
            &self.state.base_url,
            &tenant.id,
            token,
            contract,
        ))
    }
}
