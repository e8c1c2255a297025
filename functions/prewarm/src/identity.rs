//! The service user: who the requests to the distribution come from.
//!
//! A process keeps one token in memory, uses it for every run that it serves, and renews it in time.
//!
//! From the fifth wrong password on, Cognito locks a user for a while, and this user is the same for
//! every tenant. Two rules keep a wrong secret from locking it (`docs/semantics.md`, "Passwords"):
//!
//! 1. One call of the function has at most two passwords refused: the current one and that of a
//!    rotation.
//! 2. A process remembers which versions of the secret were refused, and does not send them again for
//!    15 minutes.

mod login;
mod secret;
mod signing;
mod token;

use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use http::header::COOKIE;
use http::{HeaderMap, HeaderValue};
use jiff::Timestamp;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout_at};
use url::Url;
use warmfront::clock::Clock;

use self::login::attempt;
pub use self::login::{LoginError, SdkLogin};
use self::secret::rotated;
pub use self::secret::{CredentialsVersion, SdkSecret, SecretError, credentials};
pub use self::token::Token;
use crate::ports::{Ports, Stage};

/// How long a refused password is remembered: as long as Cognito locks a user at most.
const REFUSAL_MEMORY: Duration = Duration::from_mins(15);

/// How many passwords one call may have refused: the current one, and the one of a rotation.
const MOST_REFUSED: u32 = 2;

/// How far CloudFront's clock may be ahead of ours before cookies end too early.
const CLOCK_ALLOWANCE: Duration = Duration::from_mins(1);

/// The service user, as a process knows it.
pub struct Identity<P> {
    ports: Arc<P>,
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    token: Option<Arc<Token>>,
    /// Secret versions whose password was refused, with the time when that is forgotten.
    refused: Vec<(String, Timestamp)>,
}

/// The service user, as one call of the function uses it.
pub struct CallIdentity<'a, P> {
    identity: &'a Identity<P>,
    deadline: Instant,
    /// How many of its passwords were refused.
    refusals: AtomicU32,
    /// Why the login of this call failed: it does not try again.
    failure: OnceLock<LoginError>,
    /// The cookies for the signed paths, once they were asked for.
    cookies: OnceLock<Option<HeaderValue>>,
}

impl<P: Ports> Identity<P> {
    /// Starts without a token.
    pub fn new(ports: Arc<P>) -> Self {
        Self {
            ports,
            held: Mutex::default(),
        }
    }

    /// The same for one call, whose logins end by the deadline.
    pub fn for_call(&self, deadline: Instant) -> CallIdentity<'_, P> {
        CallIdentity {
            identity: self,
            deadline,
            refusals: AtomicU32::default(),
            failure: OnceLock::new(),
            cookies: OnceLock::new(),
        }
    }

    fn now(&self) -> Timestamp {
        self.ports.clock().now()
    }
}

impl<P: Ports> CallIdentity<'_, P> {
    /// A token that lives at least as long as a request of this length. If no new one can be had,
    /// the old one serves as long as requests may begin with it.
    pub async fn token(&self, needed: Duration) -> Result<Arc<Token>, LoginError> {
        let mut held = self.identity.held.lock().await;
        let now = self.identity.now();
        match &held.token {
            Some(token) if token.lives_for(needed, now) => return Ok(Arc::clone(token)),
            _ => {}
        }
        let is_first = self.failure.get().is_none();
        let renewed = self.renew(&mut held, None).await;
        match (&renewed, &held.token) {
            (Err(error), Some(token)) if token.lives(self.identity.now()) => {
                if is_first {
                    tracing::warn!(%error, "no new token, going on with the one before");
                }
                Ok(Arc::clone(token))
            }
            _ => renewed,
        }
    }

    /// Proves that the secret can be read, that its password is good for a token, and that it has
    /// a key to sign cookies with where that is needed.
    pub async fn prove(&self, needs_signing_key: bool) -> Result<(), LoginError> {
        let reading = credentials(self.identity.ports.secrets(), Stage::Current);
        let current = timeout_at(self.deadline, reading)
            .await
            .map_err(|_| LoginError::out_of_time())??;
        if needs_signing_key && current.signer.is_none() {
            return Err(SecretError::SigningKey(Stage::Current).into());
        }
        let mut held = self.identity.held.lock().await;
        let now = self.identity.now();
        let proven = held
            .token
            .as_ref()
            .is_some_and(|token| token.secret_version == current.version && token.lives(now));
        if !proven {
            self.renew(&mut held, Some(current)).await?;
        }
        Ok(())
    }

    /// Adds the cookies for the signed paths of a tenant's host, where the secret has a key.
    pub fn add_cookies(&self, headers: &mut HeaderMap, token: &Token, base: &Url) {
        let Some(signed) = self.cookies(token, base) else {
            return;
        };
        let both = match headers.get(COOKIE) {
            Some(own) => {
                HeaderValue::from_bytes(&[own.as_bytes(), b"; ", signed.as_bytes()].concat())
                    .expect("two values of headers make one")
            }
            None => signed,
        };
        headers.insert(COOKIE, both);
    }

    /// A call works for one tenant, and the cookies are good for as long as it lasts.
    fn cookies(&self, token: &Token, base: &Url) -> Option<HeaderValue> {
        let sign = || {
            let left = self.deadline.saturating_duration_since(Instant::now());
            let until = later(self.identity.now(), left + CLOCK_ALLOWANCE);
            token.signer.as_ref()?.cookies(base, until)
        };
        self.cookies.get_or_init(sign).clone()
    }

    /// Gives up a token that was not accepted, unless it has been renewed meanwhile or is young.
    ///
    /// Never waits for the lock. Its holder is logging in within the same call, and cannot go on
    /// while this one waits. The token it gets replaces this one anyway.
    pub fn discard(&self, refused: &Arc<Token>) {
        let Ok(mut held) = self.identity.held.try_lock() else {
            return;
        };
        let is_held = |token: &Arc<Token>| Arc::ptr_eq(token, refused);
        if !refused.is_young(self.identity.now()) && held.token.as_ref().is_some_and(is_held) {
            held.token = None;
        }
    }

    /// Puts a new token in place of the one before, or leaves that one.
    async fn renew(
        &self,
        held: &mut Held,
        current: Option<CredentialsVersion>,
    ) -> Result<Arc<Token>, LoginError> {
        if let Some(failure) = self.failure.get() {
            return Err(failure.clone());
        }
        let token = timeout_at(self.deadline, self.log_in(held, current))
            .await
            .unwrap_or_else(|_| Err(LoginError::out_of_time()))
            .inspect_err(|failure| _ = self.failure.set(failure.clone()))?;
        let token = Arc::new(token);
        held.token = Some(Arc::clone(&token));
        Ok(token)
    }

    /// Sends the current password. If it is refused, sends the one that a rotation has put in its
    /// place, or is about to: between a rotation's steps `setSecret` and `finishSecret`, the current
    /// version of the secret holds a password that is already wrong (Secrets Manager User Guide,
    /// "Rotation").
    async fn log_in(
        &self,
        held: &mut Held,
        current: Option<CredentialsVersion>,
    ) -> Result<Token, LoginError> {
        let secrets = self.identity.ports.secrets();
        let current = match current {
            Some(current) => current,
            None => credentials(secrets, Stage::Current).await?,
        };
        let refusal = match self.send(held, &current, &current.version).await {
            Err(error @ LoginError::Refused { .. }) => error,
            sent => return sent,
        };
        if self.refusals.load(Relaxed) >= MOST_REFUSED {
            return Err(refusal);
        }
        let other = rotated(secrets, &current).await?.ok_or(refusal)?;
        tracing::warn!("password refused, a rotation has put another in its place");
        self.send(held, &other, &current.version).await
    }

    /// Sends one password, unless it was refused before.
    async fn send(
        &self,
        held: &mut Held,
        tried: &CredentialsVersion,
        current_version: &str,
    ) -> Result<Token, LoginError> {
        let now = self.identity.now();
        held.refused.retain(|(_, until)| *until > now);
        if held
            .refused
            .iter()
            .any(|(known, _)| *known == tried.version)
        {
            return Err(LoginError::Refused {
                reason: "it was refused before and is not sent again yet".to_owned(),
            });
        }
        let sent = attempt(self.identity.ports.login(), &tried.credentials).await;
        if matches!(sent, Err(LoginError::Refused { .. })) {
            self.refusals.fetch_add(1, Relaxed);
            held.refused
                .push((tried.version.clone(), later(now, REFUSAL_MEMORY)));
        }
        let (bearer, life) = sent?;
        tracing::info!(seconds = life.as_secs(), "logged in");
        Ok(Token {
            bearer,
            obtained_at: now,
            expires_at: later(now, life),
            secret_version: current_version.to_owned(),
            signer: tried.signer.clone(),
        })
    }
}

fn later(time: Timestamp, span: Duration) -> Timestamp {
    time.saturating_add(span).unwrap_or(Timestamp::MAX)
}
