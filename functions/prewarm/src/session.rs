//! The token of the service user: kept in memory, shared by every run of this process, renewed in
//! time; and the passwords that must not be sent again.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use secrecy::SecretString;
use tokio::sync::Mutex;
use warmfront::clock::Clock;

use crate::login::{AdminInitiateAuth, Attempt, LoginError, attempt};
use crate::password_budget::{PasswordBudget, Tries};
use crate::secret::{CredentialsVersion, GetSecretValue, SecretError, Stage, credentials};

/// A token is not used for anything in its last minute.
const RESERVE: Duration = Duration::from_mins(1);
/// A token younger than this is not refused for its age: another one would fare no better.
const YOUNG: Duration = Duration::from_mins(1);
/// How long a refused password is remembered: as long as Cognito locks a user at most.
const REFUSAL_MEMORY: Duration = Duration::from_mins(15);

/// A token with its life span.
#[derive(Debug)]
pub struct Token {
    /// The id token.
    pub bearer: SecretString,
    obtained_at: Timestamp,
    expires_at: Timestamp,
    /// The secret's current version at login.
    secret_version: String,
}

/// Logs in when there is need.
pub struct Session<S, L, K> {
    secrets: S,
    login: L,
    clock: K,
    held: Mutex<Held>,
    /// What this process knows of earlier tries of the same call.
    pub tries: Tries,
}

#[derive(Default)]
struct Held {
    token: Option<Arc<Token>>,
    /// Secret versions whose password was refused, with the time when that is forgotten.
    refused: Vec<(String, Timestamp)>,
}

impl Token {
    fn lives_for(&self, needed: Duration, now: Timestamp) -> bool {
        let left = duration_between(now, self.expires_at);
        let life = duration_between(self.obtained_at, self.expires_at);
        // A token whose whole life is too short is used for its first half: a newer one would
        // not last longer.
        left >= needed.max(RESERVE).min(life / 2)
    }
}

impl<S: GetSecretValue, L: AdminInitiateAuth, K: Clock> Session<S, L, K> {
    /// Starts without a token.
    pub fn new(secrets: S, login: L, clock: K) -> Self {
        Self {
            secrets,
            login,
            clock,
            held: Mutex::default(),
            tries: Tries::default(),
        }
    }

    /// A token that a request of this length does not outlive.
    pub async fn token(
        &self,
        needed: Duration,
        budget: &PasswordBudget,
    ) -> Result<Arc<Token>, LoginError> {
        let mut held = self.held.lock().await;
        let now = self.clock.now();
        match &held.token {
            Some(token) if token.lives_for(needed, now) => Ok(Arc::clone(token)),
            _ => {
                // Before the secret is read: a call that may not send it does not need it.
                budget.check()?;
                self.log_in(&mut held, None, budget).await
            }
        }
    }

    /// Gives up a token that was not accepted. One that was renewed meanwhile, or is young, stays.
    ///
    /// Never waits: who holds the lock is logging in, and goes on only when the caller of this does.
    pub fn discard(&self, refused: &Arc<Token>) {
        let Ok(mut held) = self.held.try_lock() else {
            return;
        };
        let age = duration_between(refused.obtained_at, self.clock.now());
        if age >= YOUNG
            && held
                .token
                .as_ref()
                .is_some_and(|token| Arc::ptr_eq(token, refused))
        {
            held.token = None;
        }
    }

    /// Proves that the secret can be read and that its password is good for a token.
    pub async fn prove(&self, budget: &PasswordBudget) -> Result<(), LoginError> {
        let current = credentials(&self.secrets, Stage::Current).await?;
        let mut held = self.held.lock().await;
        let now = self.clock.now();
        let proven = held.token.as_ref().is_some_and(|token| {
            token.secret_version == current.version && token.lives_for(RESERVE, now)
        });
        if !proven {
            self.log_in(&mut held, Some(current), budget).await?;
        }
        Ok(())
    }

    /// Sends the current password; if it is known to be wrong, the one that a rotation has put or is
    /// about to put in its place (Secrets Manager User Guide, "Rotation": between setting the
    /// password and finishing, the current version holds one that is already wrong).
    async fn log_in(
        &self,
        held: &mut Held,
        current: Option<CredentialsVersion>,
        budget: &PasswordBudget,
    ) -> Result<Arc<Token>, LoginError> {
        held.token = None;
        let current = match current {
            Some(current) => current,
            None => credentials(&self.secrets, Stage::Current).await?,
        };
        let mut refusal = "it was refused before and is not sent again".to_owned();
        if !self.is_refused(held, &current.version, budget) {
            match self.send(held, &current, &current.version, budget).await? {
                Ok(token) => return Ok(token),
                Err(reason) => refusal = reason,
            }
        }
        let Some(other) = self.rotated(&current).await? else {
            return Err(LoginError::Refused { reason: refusal });
        };
        if self.is_refused(held, &other.version, budget) {
            return Err(LoginError::Refused { reason: refusal });
        }
        tracing::warn!("password refused, a rotation has put another in its place");
        self.send(held, &other, &current.version, budget)
            .await?
            .map_err(|reason| LoginError::Refused { reason })
    }

    /// The version that a rotation put in place of the current one, if there is one.
    async fn rotated(
        &self,
        current: &CredentialsVersion,
    ) -> Result<Option<CredentialsVersion>, LoginError> {
        let again = credentials(&self.secrets, Stage::Current).await?;
        if again.version != current.version {
            return Ok(Some(again));
        }
        let pending = self.pending().await?;
        Ok(pending.filter(|pending| pending.version != current.version))
    }

    /// The pending version, where a rotation is under way.
    async fn pending(&self) -> Result<Option<CredentialsVersion>, LoginError> {
        use warmfront::service_fault::FaultKind;
        match credentials(&self.secrets, Stage::Pending).await {
            Ok(pending) => Ok(Some(pending)),
            // Between `createSecret` and `setSecret` it may be anything.
            Err(SecretError::Malformed(_)) => Ok(None),
            Err(SecretError::Unreadable { source, .. }) if source.kind == FaultKind::Rejected => {
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Whether the password of a version is known to be wrong, to this process or to the run.
    fn is_refused(&self, held: &mut Held, version: &str, budget: &PasswordBudget) -> bool {
        let now = self.clock.now();
        held.refused.retain(|(_, until)| *until > now);
        held.refused.iter().any(|(known, _)| known == version) || budget.has_refused(version)
    }

    /// Sends one password, if the call may. `Err` within `Ok` is a refusal, in words.
    async fn send(
        &self,
        held: &mut Held,
        tried: &CredentialsVersion,
        current_version: &str,
        budget: &PasswordBudget,
    ) -> Result<Result<Arc<Token>, String>, LoginError> {
        budget.send()?;
        let now = self.clock.now();
        let attempt = attempt(&self.login, &tried.credentials).await;
        match attempt.inspect_err(|error| {
            if error.tells_what_was_counted() {
                budget.spared();
            }
        })? {
            Attempt::Admitted(bearer, expires_in) => {
                budget.spared();
                let life = Duration::from_secs(u64::try_from(expires_in).unwrap_or_default());
                let token = Arc::new(Token {
                    bearer,
                    obtained_at: now,
                    expires_at: now.saturating_add(life).unwrap_or(Timestamp::MAX),
                    secret_version: current_version.to_owned(),
                });
                held.token = Some(Arc::clone(&token));
                tracing::info!(seconds = life.as_secs(), "logged in");
                Ok(Ok(token))
            }
            Attempt::WrongPassword(reason) => {
                budget.refused(&tried.version);
                let until = now.saturating_add(REFUSAL_MEMORY).unwrap_or(Timestamp::MAX);
                held.refused.push((tried.version.clone(), until));
                Ok(Err(reason))
            }
        }
    }
}

fn duration_between(from: Timestamp, to: Timestamp) -> Duration {
    Duration::try_from(to.duration_since(from)).unwrap_or_default()
}
