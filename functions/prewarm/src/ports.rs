//! The world outside this function: the distribution, Secrets Manager, Cognito, the time. One trait
//! holds all four, so that the rest needs one type parameter.

use std::future::Future;
use std::time::Duration;

use secrecy::SecretString;
use serde::Deserialize;
use warmfront::clock::Clock;
use warmfront::service_fault::ServiceFault;

use crate::fetch::Fetch;

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

/// `secretsmanager:GetSecretValue`.
pub trait GetSecretValue: Send + Sync + 'static {
    /// Reads one version of the secret.
    fn secret_value(
        &self,
        stage: Stage,
    ) -> impl Future<Output = Result<SecretVersion, ServiceFault>> + Send;
}

/// Which version of the secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The one in force.
    Current,
    /// The one that a rotation is about to put in force.
    Pending,
}

impl Stage {
    /// Secrets Manager's label of it.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Current => "AWSCURRENT",
            Self::Pending => "AWSPENDING",
        }
    }
}

/// One version of the secret.
#[derive(Clone, Debug)]
pub struct SecretVersion {
    /// Its id.
    pub id: String,
    /// Its value; `None` when it is binary.
    pub value: Option<SecretString>,
}

/// The secret's value.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Credentials {
    /// The service user's name.
    pub username: String,
    /// Its password.
    pub password: SecretString,
    /// The app client's secret, if it has one.
    pub client_secret: Option<SecretString>,
    /// The id of the public key that CloudFront checks signed cookies with, if any path asks for them.
    pub signing_key_id: Option<String>,
    /// The private key of the pair, in PEM.
    pub signing_private_key: Option<SecretString>,
}

/// `cognito-idp:AdminInitiateAuth`.
pub trait AdminInitiateAuth: Send + Sync + 'static {
    /// Sends the password, once.
    fn admin_initiate_auth(
        &self,
        credentials: &Credentials,
    ) -> impl Future<Output = Result<Admission, ServiceFault>> + Send;
}

/// What Cognito gives for a password.
#[derive(Clone, Debug)]
pub enum Admission {
    /// A token.
    Token {
        /// The id token.
        id_token: SecretString,
        /// Time until it expires.
        expires_in: Duration,
    },
    /// A demand for more than the password, by its name.
    Challenge(String),
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
