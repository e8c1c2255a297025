//! One login of the service user at Cognito.

use std::time::Duration;

use aws_sdk_cognitoidentityprovider::Client;
use aws_sdk_cognitoidentityprovider::config::Builder;
use aws_sdk_cognitoidentityprovider::config::retry::RetryConfig;
use aws_sdk_cognitoidentityprovider::types::AuthFlowType;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use warmfront::failure::{ErrorName, Failure};
use warmfront::service_fault::{FaultKind, ServiceFault};
use warmfront::step::SdkConfig;

use super::secret::SecretError;
use crate::ports::{AdminInitiateAuth, Admission, Credentials};

/// Why there is no token.
#[derive(Clone, Debug, thiserror::Error)]
pub enum LoginError {
    /// There are no credentials.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The password was refused, and so was the one that a rotation may have put in its place.
    #[error(
        "Cognito refused the service user's password ({reason}); check that the secret holds \
         the user's current password"
    )]
    Refused {
        /// What Cognito said, or why nothing was sent.
        reason: String,
    },
    /// The user was locked after too many wrong passwords.
    #[error(
        "the service user is locked after too many wrong passwords, for up to 15 minutes; find \
         who sends them, and check the secret"
    )]
    Locked,
    /// Cognito wants more than a password.
    #[error(
        "Cognito asked the service user for {0}, which no function can answer: set a permanent \
         password, and no second factor, for this user"
    )]
    Challenged(String),
    /// Cognito answers without a token that lives, and without a challenge.
    #[error("Cognito's answer to the login holds neither a token that lives nor a challenge")]
    Tokenless,
    /// Pool, client or role do not allow this login.
    #[error("this login is not possible with the user pool, app client and role as they are")]
    Misconfigured(#[source] ServiceFault),
    /// Cognito limits the rate of logins.
    #[error("Cognito limits the rate of logins")]
    Throttled(#[source] ServiceFault),
    /// Cognito failed, or no answer came.
    #[error("Cognito did not answer the login")]
    Unavailable(#[source] ServiceFault),
}

impl Failure for LoginError {
    fn name(&self) -> ErrorName {
        match self {
            Self::Secret(error) => error.name(),
            Self::Refused { .. } | Self::Locked => ErrorName::LoginRefused,
            Self::Challenged(_) => ErrorName::LoginChallenged,
            Self::Misconfigured(_) => ErrorName::LoginMisconfigured,
            Self::Throttled(_) => ErrorName::LoginThrottled,
            Self::Unavailable(_) | Self::Tokenless => ErrorName::LoginUnavailable,
        }
    }
}

impl LoginError {
    /// The call's time was up before Cognito or Secrets Manager had answered.
    pub(super) fn out_of_time() -> Self {
        Self::Unavailable(ServiceFault {
            kind: FaultKind::Unavailable,
            code: String::new(),
            message: "no answer before the function's time was up".to_owned(),
            request_id: None,
        })
    }

    /// Whether the same login may succeed a little later although nobody has changed anything.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        self.name().is_retried()
    }
}

/// Sends one password and sorts the answer: a token with its time to live, or what stands in the way.
pub(super) async fn attempt(
    login: &impl AdminInitiateAuth,
    credentials: &Credentials,
) -> Result<(SecretString, Duration), LoginError> {
    match login.admin_initiate_auth(credentials).await {
        Ok(Admission::Token {
            id_token,
            expires_in,
        }) if !id_token.expose_secret().is_empty() && !expires_in.is_zero() => {
            Ok((id_token, expires_in))
        }
        Ok(Admission::Token { .. }) => Err(LoginError::Tokenless),
        Ok(Admission::Challenge(name)) => Err(LoginError::Challenged(name)),
        Err(fault) => Err(refusal(fault)),
    }
}

/// Codes and messages: Cognito API Reference, AdminInitiateAuth; Developer Guide, "Lockout
/// behavior". One code stands for a wrong password, a locked user and a disabled one.
fn refusal(fault: ServiceFault) -> LoginError {
    match fault.kind {
        FaultKind::Throttled => LoginError::Throttled(fault),
        FaultKind::Unavailable => LoginError::Unavailable(fault),
        FaultKind::Rejected if fault.code == "NotAuthorizedException" => {
            if fault.message.contains("Password attempts exceeded") {
                LoginError::Locked
            } else if fault.message.contains("disabled") {
                LoginError::Misconfigured(fault)
            } else {
                LoginError::Refused {
                    reason: fault.message,
                }
            }
        }
        FaultKind::AccessDenied | FaultKind::Rejected => LoginError::Misconfigured(fault),
    }
}

/// The user pool of an AWS account, through one app client.
#[derive(Clone, Debug)]
pub struct SdkLogin {
    client: Client,
    user_pool_id: String,
    client_id: String,
}

impl SdkLogin {
    /// Uses the region, credentials and endpoints of `config`, but not its retries: a retry after
    /// a lost answer would count as a further password.
    #[must_use]
    pub fn new(config: &SdkConfig, user_pool_id: String, client_id: String) -> Self {
        let config = Builder::from(config)
            .retry_config(RetryConfig::disabled())
            .build();
        Self {
            client: Client::from_conf(config),
            user_pool_id,
            client_id,
        }
    }
}

impl AdminInitiateAuth for SdkLogin {
    async fn admin_initiate_auth(
        &self,
        credentials: &Credentials,
    ) -> Result<Admission, ServiceFault> {
        let mut call = self
            .client
            .admin_initiate_auth()
            .user_pool_id(&self.user_pool_id)
            .client_id(&self.client_id)
            .auth_flow(AuthFlowType::AdminUserPasswordAuth)
            .auth_parameters("USERNAME", &credentials.username)
            .auth_parameters("PASSWORD", credentials.password.expose_secret());
        if let Some(secret) = &credentials.client_secret {
            let hash = secret_hash(secret, &credentials.username, &self.client_id);
            call = call.auth_parameters("SECRET_HASH", hash);
        }
        let answer = call
            .send()
            .await
            .map_err(|error| ServiceFault::of(&error))?;
        if let Some(challenge) = answer.challenge_name {
            return Ok(Admission::Challenge(challenge.as_str().to_owned()));
        }
        let result = answer.authentication_result;
        let seconds = result.as_ref().map_or(0, |result| result.expires_in);
        Ok(Admission::Token {
            id_token: SecretString::from(
                result
                    .and_then(|result| result.id_token)
                    .unwrap_or_default(),
            ),
            expires_in: Duration::from_secs(u64::try_from(seconds).unwrap_or_default()),
        })
    }
}

/// Cognito Developer Guide, "Computing secret hash values".
fn secret_hash(secret: &SecretString, username: &str, client_id: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes())
        .expect("a key of any length is a key");
    mac.update(username.as_bytes());
    mac.update(client_id.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secret_hash_is_the_documented_one() {
        // echo -n "userclient" | openssl dgst -sha256 -hmac secret -binary | base64
        assert_eq!(
            secret_hash(&SecretString::from("secret"), "user", "client"),
            "wvW87lzZoI+qQCVGmWVBJLlucdJ65huAVP1z+0MgA6E="
        );
    }

    #[test]
    fn sorts_what_cognito_says() {
        use FaultKind::{AccessDenied, Rejected, Throttled, Unavailable};
        for (kind, code, message, expected) in [
            (
                Throttled,
                "TooManyRequestsException",
                "",
                ErrorName::LoginThrottled,
            ),
            (
                Unavailable,
                "InternalErrorException",
                "",
                ErrorName::LoginUnavailable,
            ),
            (
                AccessDenied,
                "AccessDeniedException",
                "",
                ErrorName::LoginMisconfigured,
            ),
            (
                Rejected,
                "UserNotFoundException",
                "",
                ErrorName::LoginMisconfigured,
            ),
            (
                Rejected,
                "PasswordResetRequiredException",
                "",
                ErrorName::LoginMisconfigured,
            ),
            (
                Rejected,
                "NotAuthorizedException",
                "User is disabled.",
                ErrorName::LoginMisconfigured,
            ),
            (
                Rejected,
                "NotAuthorizedException",
                "Password attempts exceeded",
                ErrorName::LoginRefused,
            ),
        ] {
            let fault = ServiceFault {
                kind,
                code: code.to_owned(),
                message: message.to_owned(),
                request_id: None,
            };
            assert_eq!(refusal(fault).name(), expected, "{code} {message}");
        }
    }
}
