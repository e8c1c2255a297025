//! The example origin: a slow, authenticated API of many tenants that has the endpoints of the contract, as the
//! distribution's real one would.
//!
//! It verifies the Cognito token and the tenant itself, aggregates for a settable time, stamps its data version,
//! and remembers every request without its token.

mod api;
mod client;
mod control;
mod data;
mod fault;
#[cfg(test)]
mod tests;
mod token;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use serde::{Deserialize, Serialize};

pub use client::OriginControl;
pub use data::Delay;
pub use fault::{OriginFault, Served};

use crate::{
    cognito::UserPool,
    connection::Server,
    contract::Contract,
    error::StackError,
    rules::{Rule, Rules, Scripted},
};
use data::Data;
use token::Verifier;

/// A rule of the origin.
pub type OriginRule = Rule<Served, OriginFault>;
/// A rule of the origin and its counts.
pub type OriginRuleState = Scripted<Served, OriginFault>;

/// One request that reached the origin.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct OriginRequest {
    /// Milliseconds since 1970 at which it came.
    pub at: i64,
    /// Whose data was asked for.
    pub tenant: String,
    /// Without the query.
    pub path: String,
    /// As it was sent.
    pub query: String,
    /// The contract's variant headers, and what came in them.
    pub variants: BTreeMap<String, String>,
    /// The name of the user whose token it carried.
    pub user: String,
    /// Nothing while it is being worked on, or when the client left.
    pub status: Option<u16>,
    /// How long it took.
    pub milliseconds: Option<u64>,
    /// The data version that the answer was stamped with.
    pub version: Option<String>,
}

/// The origin with its control port.
#[derive(Debug)]
pub(crate) struct Origin {
    pub(crate) api: Server,
    pub(crate) control: Server,
}

#[derive(Debug)]
struct Shared {
    contract: Contract,
    verifier: Verifier,
    data: Mutex<Data>,
    rules: Arc<Rules<Served, OriginFault>>,
}

impl Shared {
    fn data(&self) -> std::sync::MutexGuard<'_, Data> {
        self.data.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Origin {
    /// Starts the origin of this contract for the users of this pool.
    pub(crate) async fn start(pool: &UserPool, contract: &Contract) -> Result<Self, StackError> {
        let shared = Arc::new(Shared {
            contract: contract.clone(),
            verifier: Verifier::of(pool)?,
            data: Mutex::default(),
            rules: Arc::default(),
        });
        let api = Server::start("the origin", api::routes(Arc::clone(&shared))).await?;
        let control = Server::start("the origin's control", control::routes(shared)).await?;
        Ok(Self { api, control })
    }
}
