//! Brings the parts up in order, keeps them, and takes them down in the reverse order.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use aws_sdk_secretsmanager::{
    Client as SecretsManager, operation::create_secret::CreateSecretError,
};
use axum::{Router, routing::post};
use tokio::sync::Notify;

use crate::{
    aws,
    cdk::Cdk,
    cloudfront::{self, CloudFront},
    cognito::{ServiceLogin, Users},
    connection::Server,
    contract::Contract,
    control::Control,
    error::StackError,
    gate::Gate,
    options::Options,
    origin::{Origin, OriginControl},
    platform::Platform,
    running::{self, Running},
    settings::{Settings, Surroundings},
    state::{Endpoints, State},
};

/// A running stack and everything that it consists of.
#[derive(Debug)]
pub struct Supervisor {
    state: State,
    platform: Platform,
    _servers: (Gate, Origin, Server),
    stop: Arc<Notify>,
}

impl Supervisor {
    /// Brings a stack up; `say` is told what takes time.
    ///
    /// When it fails or is dropped before it is done, what was started is ended.
    pub async fn start(options: &Options, say: impl Fn(&str)) -> Result<Self, StackError> {
        let built = options.binaries();
        running::require_built(&built)?;
        let mut wanted = Settings::read(options)?;
        let contract = Contract::read(&wanted.contract)?;
        if !wanted.ignored.is_empty() {
            let ignored = wanted.ignored.join(", ");
            say(&format!("this machine decides itself about {ignored}"));
        }
        let mut platform = Platform::start(options, &say).await?;
        let Platform {
            folders,
            reaper,
            localstack,
            cognito,
            ..
        } = &platform;
        let cdk = Cdk { folders, reaper };
        cdk.install(&say).await?;
        let running = running(options, &built, &wanted.contract)?;
        wanted.contract = folders.keep_contract(&wanted.contract)?;
        for function in running.functions.keys() {
            folders.keep(function, &built.join(function))?;
        }
        let users = Users::at(cognito);
        let (user_pool, login) = users.create_pool(&contract).await?;
        let gate = Gate::start(cognito, localstack).await?;
        let origin = Origin::start(&user_pool, &contract).await?;
        OriginControl::at(&origin.control.endpoint)
            .set_delay(options.origin_delay())
            .await?;

        say("synthesizing the distribution and preparing the account");
        let (template, secret_arn, ()) = tokio::try_join!(
            distribution_template(options, &cdk, &wanted, &user_pool),
            store_login(localstack, &login),
            cdk.bootstrap(localstack),
        )?;
        let cloudfront = match CloudFront::existing(options) {
            Some(existing) => existing,
            None => {
                CloudFront::start(options, &template, &origin.api.endpoint, folders, reaper).await?
            }
        };
        let distribution = cloudfront.distribution;

        say("deploying the pipeline");
        let environment = function_environment(&cloudfront.control_plane, &gate.proxy.endpoint);
        let settings = wanted.pipeline(&Surroundings {
            distribution_id: &distribution.id,
            base_url: &distribution.url,
            user_pool_id: &user_pool.id,
            client_id: &user_pool.service_client_id,
            secret_arn: &secret_arn,
            binaries: &folders.binaries(),
            environment: &environment,
        });
        let pipeline = cdk.deploy_pipeline(localstack, &settings).await?;

        let stop = Arc::new(Notify::new());
        let control = control(&stop).await?;
        let state = State {
            name: options.name.clone(),
            pid: std::process::id(),
            logs: folders.logs(),
            endpoints: Endpoints {
                supervisor: control.endpoint.clone(),
                localstack: localstack.clone(),
                cognito: cognito.clone(),
                gate: gate.proxy.endpoint.clone(),
                gate_control: gate.control.endpoint.clone(),
                origin: origin.api.endpoint.clone(),
                origin_control: origin.control.endpoint.clone(),
                cloudfront: cloudfront.control_plane,
                cloudfront_control: cloudfront.control,
            },
            user_pool,
            distribution_id: distribution.id,
            base_url: distribution.url,
            pipeline,
            running,
            contract,
        };
        state.write(&folders.state())?;
        platform.parts.extend(cloudfront.part);
        Ok(Self {
            state,
            platform,
            _servers: (gate, origin, control),
            stop,
        })
    }

    /// What others need to know of this stack.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Returns when somebody asked for the stack's end, or with the part that ended by itself.
    pub async fn until_stopped(&mut self) -> Result<(), StackError> {
        let mut endings: Vec<_> = self
            .platform
            .parts
            .iter_mut()
            .map(|part| Box::pin(part.ended()))
            .collect();
        let first_ending = std::future::poll_fn(|context| {
            for ending in &mut endings {
                if let std::task::Poll::Ready(error) = ending.as_mut().poll(context) {
                    return std::task::Poll::Ready(error);
                }
            }
            std::task::Poll::Pending
        });
        tokio::select! {
            () = self.stop.notified() => Ok(()),
            error = first_ending => Err(error),
        }
    }

    /// Takes the stack down.
    pub async fn stop(self) {
        // Nobody must find a stack that is going down.
        let _ = fs::remove_file(self.platform.folders.state());
        self.platform.stop().await;
    }
}

/// The times are read before anything is taken: what changes meanwhile is found to have changed.
fn running(options: &Options, built: &Path, contract: &Path) -> Result<Running, StackError> {
    let own = std::env::current_exe().map_err(StackError::io("find this program"))?;
    let mut programs = vec![own];
    if options.cloudfront.is_none() {
        programs.push(cloudfront::program(options)?);
    }
    Running::of(built, &programs, contract)
}

async fn control(stop: &Arc<Notify>) -> Result<Server, StackError> {
    let stop = Arc::clone(stop);
    let routes = Router::new().route("/stop", post(async move || stop.notify_one()));
    Server::start("the supervisor", routes).await
}

async fn distribution_template(
    options: &Options,
    cdk: &Cdk<'_>,
    wanted: &Settings,
    pool: &crate::cognito::UserPool,
) -> Result<PathBuf, StackError> {
    if let Some(template) = &options.distribution_template {
        return Ok(template.clone());
    }
    let settings = wanted.distribution(pool);
    cdk.synthesize_distribution(&settings).await
}

const SECRET: &str = "warmfront/prewarmer";
/// LocalStack reports ready before its first service is loaded, and the first call of a service loads it.
const FIRST_CALL_WITHIN: Duration = Duration::from_mins(3);

async fn store_login(localstack: &str, login: &ServiceLogin) -> Result<String, StackError> {
    let what = "store the service user's login";
    let value = serde_json::to_string(login).expect("a login is plain data");
    let client = SecretsManager::new(&aws::config(localstack));
    let create = client
        .create_secret()
        .name(SECRET)
        .secret_string(&value)
        .send();
    let created = tokio::time::timeout(FIRST_CALL_WITHIN, create)
        .await
        .map_err(|_| StackError::unusable(what, "Secrets Manager did not answer in time"))?;
    let arn = match created {
        // A LocalStack that was there before this stack may hold the login of an earlier one.
        Err(error)
            if error
                .as_service_error()
                .is_some_and(CreateSecretError::is_resource_exists_exception) =>
        {
            let put = client
                .put_secret_value()
                .secret_id(SECRET)
                .secret_string(value);
            put.send().await.map_err(StackError::aws(what))?.arn
        }
        created => created.map_err(StackError::aws(what))?.arn,
    };
    arn.ok_or_else(|| StackError::unusable(what, "the answer has no ARN"))
}

/// The SDK's own variables: the functions know nothing of this stack.
fn function_environment(cloudfront: &str, gate: &str) -> BTreeMap<String, String> {
    [
        ("AWS_ENDPOINT_URL_CLOUDFRONT", cloudfront),
        ("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", gate),
        ("AWS_ENDPOINT_URL_SECRETS_MANAGER", gate),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into()
}

/// Asks a running supervisor for the stack's end; it has ended when `Folders::in_use` says so.
pub async fn request_stop(state: &State) -> Result<(), StackError> {
    Control::at("the supervisor", &state.endpoints.supervisor)
        .tell("/stop")
        .await
}
