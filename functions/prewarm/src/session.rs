//! The token of the service user: kept in memory, shared by every run of this process, renewed in
//! time; and the passwords that must not be sent again.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use secrecy::SecretString;
use tokio::sync::Mutex;
use warmfront::clock::Clock;
use warmfront::failure::{Failure, chain};

use crate::login::{AdminInitiateAuth, Attempt, LoginError, attempt};
use crate::secret::{CredentialsVersion, GetSecretValue, SecretError, Stage, credentials};

/// A token is not used for anything in its last minute.
const RESERVE: Duration = Duration::from_mins(1);
/// A token younger than this is not refused for its age: another one would fare no better.
const YOUNG: Duration = Duration::from_mins(1);
/// Passwords that one run may have refused. From the fifth on, Cognito locks the user, who is the
/// same for every tenant.
const MOST_REFUSALS: u32 = 2;
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

/// Refused passwords of one run.
#[derive(Debug)]
pub struct PasswordBudget(AtomicU32);

impl PasswordBudget {
    /// Goes on with the refusals that the run has had.
    #[must_use]
    pub fn new(refused: u32) -> Self {
        Self(AtomicU32::new(refused))
    }

    /// Refusals so far.
    #[must_use]
    pub fn refused(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Logs in when there is need.
pub struct Session<S, L, K> {
    secrets: S,
    login: L,
    clock: K,
    held: Mutex<Held>,
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
            _ => self.log_in(&mut held, None, budget).await,
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

    /// Sends the current password; if it is refused, the one that a rotation has put or is about
    /// to put in its place (Secrets Manager User Guide, "Rotation": between setting the password
    /// and finishing, the current version holds one that is already wrong).
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
        let reason = match self.send(held, &current, &current.version, budget).await? {
            Ok(token) => return Ok(token),
            Err(reason) => reason,
        };
        match self.log_in_rotated(held, &current, budget).await {
            Ok(Some(Ok(token))) => Ok(token),
            Ok(Some(Err(reason))) => Err(LoginError::Refused { reason }),
            Ok(None) => Err(LoginError::Refused { reason }),
            // Not as the error that it is: the state machine would repeat the step, and a process
            // that remembers nothing would send the refused password again.
            Err(error) if error.name().is_retried() => Err(LoginError::Refused {
                reason: format!(
                    "{reason}, and no rotated one could be tried: {}",
                    chain(&error)
                ),
            }),
            Err(error) => Err(error),
        }
    }

    /// Sends the password that a rotation put in place of the current one, if there is one.
    async fn log_in_rotated(
        &self,
        held: &mut Held,
        current: &CredentialsVersion,
        budget: &PasswordBudget,
    ) -> Result<Option<Result<Arc<Token>, String>>, LoginError> {
        let again = credentials(&self.secrets, Stage::Current).await?;
        let other = if again.version == current.version {
            self.pending().await?
        } else {
            Some(again)
        };
        let Some(other) = other.filter(|other| other.version != current.version) else {
            return Ok(None);
        };
        tracing::warn!("password refused, trying the one that a rotation put in its place");
        let sent = self.send(held, &other, &current.version, budget).await?;
        Ok(Some(sent))
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

    /// Sends one password, unless it is known to be wrong or the run has had its share of wrong
    /// ones. `Err` within `Ok` is a refusal, in words.
    async fn send(
        &self,
        held: &mut Held,
        tried: &CredentialsVersion,
        current_version: &str,
        budget: &PasswordBudget,
    ) -> Result<Result<Arc<Token>, String>, LoginError> {
        let now = self.clock.now();
        held.refused.retain(|(_, until)| *until > now);
        if held.refused.iter().any(|(id, _)| *id == tried.version) {
            return Ok(Err("it was refused before and is not sent again".to_owned()));
        }
        if budget.refused() >= MOST_REFUSALS {
            return Ok(Err(format!(
                "{MOST_REFUSALS} passwords were refused in this run, no further one is sent"
            )));
        }
        match attempt(&self.login, &tried.credentials).await? {
            Attempt::Admitted(bearer, expires_in) => {
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
                budget.0.fetch_add(1, Ordering::Relaxed);
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
