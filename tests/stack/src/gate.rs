//! The fault gate: a loopback proxy in front of Cognito and of LocalStack's Secrets Manager.
//!
//! It forwards calls unchanged, counts them per operation, counts password attempts per user, and makes the
//! calls that a test asked for go wrong. Bodies are looked at and never kept: they hold passwords.

mod client;
mod control;
mod fault;
mod proxy;
#[cfg(test)]
mod tests;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use serde::{Deserialize, Serialize};

pub use client::GateControl;
pub use fault::{Call, GateFault};

use crate::{
    connection::Server,
    error::StackError,
    http_client,
    rules::{Rule, Rules, Scripted},
};

/// Above any patience of a caller: it is the caller's limit that ends a call.
const FORWARD_WITHIN: Duration = Duration::from_mins(5);

/// A rule of the gate.
pub type GateRule = Rule<Call, GateFault>;
/// A rule of the gate and its counts.
pub type GateRuleState = Scripted<Call, GateFault>;

/// What passed the gate so far.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Tally {
    /// Calls per operation.
    pub calls: BTreeMap<String, u64>,
    /// Times that a password was tried, per user. Cognito locks a user for everyone from the fifth wrong one on.
    pub password_attempts: BTreeMap<String, u64>,
}

/// The gate with its control port.
#[derive(Debug)]
pub(crate) struct Gate {
    pub(crate) proxy: Server,
    pub(crate) control: Server,
}

#[derive(Debug)]
struct Shared {
    cognito: String,
    secrets_manager: String,
    rules: Arc<Rules<Call, GateFault>>,
    tally: Mutex<Tally>,
    client: reqwest::Client,
}

impl Shared {
    fn tally(&self) -> std::sync::MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Gate {
    /// Starts the gate in front of these two.
    pub(crate) async fn start(cognito: &str, secrets_manager: &str) -> Result<Self, StackError> {
        let shared = Arc::new(Shared {
            cognito: cognito.to_owned(),
            secrets_manager: secrets_manager.to_owned(),
            rules: Arc::default(),
            tally: Mutex::default(),
            client: http_client::within(FORWARD_WITHIN),
        });
        let proxy = Server::start("the fault gate", proxy::routes(Arc::clone(&shared))).await?;
        let control = Server::start("the fault gate's control", control::routes(shared)).await?;
        Ok(Self { proxy, control })
    }
}
