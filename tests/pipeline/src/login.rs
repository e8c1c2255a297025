//! A service user of a trial's own, with its secret.

use serde_json::{Value, json};
use stack::gate::{Call, GateFault, GateRule};

use crate::Trial;
use crate::trial::fresh_name;
use crate::undo::Undo;

/// Stands in every password that tests make up: a scan of logs and reports finds them by it.
pub const MARK: &str = "Never-Logged-7";

/// A service user of a trial's own, with its secret.
#[derive(Clone, Debug)]
pub struct Login {
    /// The name of the user, and of the secret.
    pub name: String,
    client_secret: Option<String>,
}

impl Login {
    /// Makes a user in the superadmin group and a secret that holds its password.
    pub async fn new(trial: &Trial) -> Self {
        let name = fresh_name("service-");
        let password = fresh_password();
        let login = Self {
            client_secret: client_secret(trial).await,
            name,
        };
        let pool = &trial.stack.state.user_pool;
        let made = trial
            .stack
            .users
            .create_superadmin(pool, &login.name, &password)
            .await;
        trial.undo(Undo::User(login.name.clone()));
        made.expect("Cognito takes a user");
        let create = trial
            .stack
            .secrets_manager
            .create_secret()
            .name(&login.name);
        let value = login.value(&password).to_string();
        create
            .secret_string(value)
            .send()
            .await
            .expect("Secrets Manager takes a secret");
        trial.undo(Undo::Secret(login.name.clone()));
        login
    }

    /// The name of a user and of a secret that nobody made.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            client_secret: None,
        }
    }

    /// What the secret holds for this password.
    #[must_use]
    pub fn value(&self, password: &str) -> Value {
        json!({ "username": self.name, "password": password, "clientSecret": self.client_secret })
    }

    /// Sets the user's password in Cognito.
    pub async fn set_password(&self, trial: &Trial, password: &str) {
        let pool = &trial.stack.state.user_pool;
        let set = trial
            .stack
            .users
            .set_password(pool, &self.name, password)
            .await;
        set.expect("Cognito takes a password");
    }

    /// Writes the secret's current version.
    pub async fn write(&self, trial: &Trial, value: &str) {
        let put = trial
            .stack
            .secrets_manager
            .put_secret_value()
            .secret_id(&self.name);
        put.secret_string(value)
            .send()
            .await
            .expect("Secrets Manager takes a version");
    }

    /// Writes a pending version, as a rotation under way does.
    pub async fn write_pending(&self, trial: &Trial, value: &str) {
        let put = trial
            .stack
            .secrets_manager
            .put_secret_value()
            .secret_id(&self.name);
        let put = put.version_stages("AWSPENDING").secret_string(value);
        put.send()
            .await
            .expect("Secrets Manager takes a pending version");
    }

    /// Calls with this user's name in them: `AdminInitiateAuth` has the user, `GetSecretValue` the
    /// secret.
    #[must_use]
    pub fn call(&self, operation: &str) -> Call {
        Call::new(operation, &self.name)
    }

    /// A rule for those calls.
    #[must_use]
    pub fn rule(&self, operation: &str, fault: GateFault) -> GateRule {
        GateRule::new(self.call(operation), fault)
    }

    /// How many passwords were sent for this user so far.
    pub async fn passwords_sent(&self, trial: &Trial) -> u64 {
        let tally = trial
            .stack
            .gate
            .tally()
            .await
            .expect("the gate tells its tally");
        tally
            .password_attempts
            .get(&self.name)
            .copied()
            .unwrap_or_default()
    }
}

/// A password that satisfies the pool and that no other user has.
#[must_use]
pub fn fresh_password() -> String {
    fresh_name(&format!("{MARK}-"))
}

/// The prewarmer's app client has a secret, which the deployed secret holds.
async fn client_secret(trial: &Trial) -> Option<String> {
    let secret = &trial.stack.state.pipeline.secret_arn;
    let get = trial
        .stack
        .secrets_manager
        .get_secret_value()
        .secret_id(secret);
    let value = get.send().await.ok()?.secret_string?;
    let value: Value = serde_json::from_str(&value).ok()?;
    value["clientSecret"].as_str().map(str::to_owned)
}
