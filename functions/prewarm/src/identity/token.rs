//! A token of the service user, and how long it is good.

use std::time::Duration;

use jiff::Timestamp;
use secrecy::SecretString;

use super::signing::CookieSigner;

/// A token is not used in its last minute: Cognito's clock and the verifier's may differ.
const RESERVE: Duration = Duration::from_mins(1);
/// A younger token was not refused because it is old, so another one would be refused as well.
const YOUNG: Duration = Duration::from_mins(1);

/// A token with its life span.
#[derive(Debug)]
pub struct Token {
    /// The id token.
    pub bearer: SecretString,
    /// When its login began.
    pub(super) obtained_at: Timestamp,
    /// When it expires.
    pub(super) expires_at: Timestamp,
    /// The secret's current version at login.
    pub(super) secret_version: String,
    /// The secret's key to sign cookies with, if it has one.
    pub(super) signer: Option<CookieSigner>,
}

impl Token {
    /// Whether a request of this length that begins now ends within its life.
    pub(super) fn lives_for(&self, needed: Duration, now: Timestamp) -> bool {
        let left = duration_between(now, self.expires_at);
        let life = duration_between(self.obtained_at, self.expires_at);
        // A token whose whole life is too short is used for its first half: a newer one would
        // not last longer.
        left >= needed.max(RESERVE).min(life / 2)
    }

    /// Whether a request may still begin with it.
    pub(super) fn lives(&self, now: Timestamp) -> bool {
        self.lives_for(Duration::ZERO, now)
    }

    /// Whether it was obtained just now.
    pub(super) fn is_young(&self, now: Timestamp) -> bool {
        duration_between(self.obtained_at, now) < YOUNG
    }
}

fn duration_between(from: Timestamp, to: Timestamp) -> Duration {
    Duration::try_from(to.duration_since(from)).unwrap_or_default()
}
