//! The service user's credentials, as Secrets Manager keeps them.

use aws_sdk_secretsmanager::Client;
use secrecy::{ExposeSecret, SecretString};
use warmfront::failure::{ErrorName, Failure};
use warmfront::service_fault::{FaultKind, ServiceFault};
use warmfront::step::SdkConfig;

use super::signing::CookieSigner;
use crate::ports::{Credentials, GetSecretValue, SecretVersion, Stage};

/// The key to sign cookies with, if there is one; `Err` if it cannot be used.
fn signer(credentials: &Credentials) -> Result<Option<CookieSigner>, ()> {
    match (
        &credentials.signing_key_id,
        &credentials.signing_private_key,
    ) {
        (None, None) => Ok(None),
        (Some(id), Some(pem)) => CookieSigner::new(id, pem).map(Some).ok_or(()),
        _ => Err(()),
    }
}

/// Credentials with the id of the secret's version that they were read from.
#[derive(Clone, Debug)]
pub struct CredentialsVersion {
    /// The version's id.
    pub version: String,
    /// Its value.
    pub credentials: Credentials,
    /// The key to sign cookies with, if there is one.
    pub(super) signer: Option<CookieSigner>,
}

/// Why there are no credentials.
#[derive(Clone, Debug, thiserror::Error)]
pub enum SecretError {
    /// Secrets Manager refused or failed.
    #[error("the secret's {} version could not be read", .stage.label())]
    Unreadable {
        /// Which version.
        stage: Stage,
        /// What Secrets Manager said.
        source: ServiceFault,
    },
    /// The value is not what is expected. What it is stays unsaid: it is a secret.
    #[error(
        "the value of the secret's {} version is not a JSON object with the texts username, \
         password and, where the app client has one, clientSecret", .0.label()
    )]
    Malformed(Stage),
    /// The key to sign cookies with is missing, or is none.
    #[error(
        "the secret's {} version holds no key to sign cookies with: signingKeyId is the id of the \
         public key in CloudFront, signingPrivateKey the private key in PEM, RSA 2048 or ECDSA \
         P-256; give both, or neither if SIGNED_PATHS is not set", .0.label()
    )]
    SigningKey(Stage),
}

impl Failure for SecretError {
    /// Codes: Secrets Manager API Reference, GetSecretValue.
    fn name(&self) -> ErrorName {
        match self {
            Self::Malformed(_) | Self::SigningKey(_) => ErrorName::SecretMalformed,
            Self::Unreadable { source, .. } => match (source.kind, source.code.as_str()) {
                (FaultKind::AccessDenied, _) | (_, "DecryptionFailure") => {
                    ErrorName::SecretAccessDenied
                }
                (FaultKind::Throttled | FaultKind::Unavailable, _) => ErrorName::SecretUnavailable,
                (FaultKind::Rejected, _) => ErrorName::SecretNotFound,
            },
        }
    }
}

/// Reads and parses one version of the secret.
pub async fn credentials(
    secrets: &impl GetSecretValue,
    stage: Stage,
) -> Result<CredentialsVersion, SecretError> {
    let SecretVersion { id, value } = secrets
        .secret_value(stage)
        .await
        .map_err(|source| SecretError::Unreadable { stage, source })?;
    // serde's error would quote the value.
    let credentials = value
        .and_then(|value| serde_json::from_str::<Credentials>(value.expose_secret()).ok())
        .filter(|found| !found.username.is_empty() && !found.password.expose_secret().is_empty())
        .ok_or(SecretError::Malformed(stage))?;
    let signer = signer(&credentials).map_err(|()| SecretError::SigningKey(stage))?;
    Ok(CredentialsVersion {
        version: id,
        credentials,
        signer,
    })
}

/// The version that a rotation put, or is about to put, in place of the current one, if there is one.
pub(super) async fn rotated(
    secrets: &impl GetSecretValue,
    current: &CredentialsVersion,
) -> Result<Option<CredentialsVersion>, SecretError> {
    let again = credentials(secrets, Stage::Current).await?;
    if again.version != current.version {
        return Ok(Some(again));
    }
    match credentials(secrets, Stage::Pending).await {
        Ok(pending) => Ok((pending.version != current.version).then_some(pending)),
        // Between `createSecret` and `setSecret` it may be anything.
        Err(SecretError::Malformed(_) | SecretError::SigningKey(_)) => Ok(None),
        Err(SecretError::Unreadable { source, .. }) if source.kind == FaultKind::Rejected => {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// A secret in the Secrets Manager of an AWS account.
#[derive(Clone, Debug)]
pub struct SdkSecret {
    client: Client,
    secret_id: String,
}

impl SdkSecret {
    /// Uses the region, credentials and endpoints of `config`.
    #[must_use]
    pub fn new(config: &SdkConfig, secret_id: String) -> Self {
        Self {
            client: Client::new(config),
            secret_id,
        }
    }
}

impl GetSecretValue for SdkSecret {
    async fn secret_value(&self, stage: Stage) -> Result<SecretVersion, ServiceFault> {
        let answer = self
            .client
            .get_secret_value()
            .secret_id(&self.secret_id)
            .version_stage(stage.label())
            .send()
            .await
            .map_err(|error| ServiceFault::of(&error))?;
        Ok(SecretVersion {
            id: answer.version_id.unwrap_or_default(),
            value: answer.secret_string.map(SecretString::from),
        })
    }
}
