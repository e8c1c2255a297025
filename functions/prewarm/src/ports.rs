//! The world outside this function: the distribution, Secrets Manager, Cognito, the time. One trait
//! holds all four, so that the rest needs one type parameter.

use warmfront::clock::Clock;

use crate::fetch::Fetch;
use crate::identity::{AdminInitiateAuth, GetSecretValue};

/// The world outside. Tests and the simulation bring their own.
pub trait Ports: Send + Sync + 'static {
    /// The distribution.
    type Fetch: Fetch;
    /// Secrets Manager.
    type Secrets: GetSecretValue;
    /// Cognito.
    type Login: AdminInitiateAuth;
    /// The time of day, to compare with CloudFront's.
    type Clock: Clock;

    /// The distribution.
    fn fetch(&self) -> &Self::Fetch;
    /// Secrets Manager.
    fn secrets(&self) -> &Self::Secrets;
    /// Cognito.
    fn login(&self) -> &Self::Login;
    /// The time of day.
    fn clock(&self) -> &Self::Clock;
}

/// The ports, each given by itself.
#[derive(Clone, Debug)]
pub struct Adapters<F, S, L, K> {
    /// The distribution.
    pub fetch: F,
    /// Secrets Manager.
    pub secrets: S,
    /// Cognito.
    pub login: L,
    /// The time of day.
    pub clock: K,
}

impl<F: Fetch, S: GetSecretValue, L: AdminInitiateAuth, K: Clock> Ports for Adapters<F, S, L, K> {
    type Fetch = F;
    type Secrets = S;
    type Login = L;
    type Clock = K;

    fn fetch(&self) -> &F {
        &self.fetch
    }
    fn secrets(&self) -> &S {
        &self.secrets
    }
    fn login(&self) -> &L {
        &self.login
    }
    fn clock(&self) -> &K {
        &self.clock
    }
}
