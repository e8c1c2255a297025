//! The service user: a secret whose password may be rotated, and a user pool that hands out tokens and locks.

use std::time::Duration;

use cloudfront_local::model::Time;

use crate::scenario::{Password, Scenario};

/// From this many wrong passwords on, Cognito locks the user.
/// Cognito Developer Guide, "Lockout behavior".
const LOCKS_FROM: u32 = 5;
/// The longest lock.
const LONGEST_LOCK: Duration = Duration::from_mins(15);
/// Seconds before the password is set in which the pending version is there already.
const PENDING_AHEAD: Duration = Duration::from_secs(2);

/// Secrets Manager and Cognito, as far as the pipeline sees them.
#[derive(Debug)]
pub struct Identity {
    password: Password,
    token_life: Duration,
    /// When each token expires; its number is its text.
    tokens: Vec<Time>,
    wrong: u32,
    locked_until: Option<Time>,
}

/// One version of the secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version {
    /// Its id.
    pub id: &'static str,
    /// Its password.
    pub password: &'static str,
}

/// What Cognito says to a password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Login {
    /// A token with its life.
    Token(String, Duration),
    /// It is wrong.
    Wrong,
    /// It was not looked at.
    Locked,
}

const FIRST: Version = Version {
    id: "version-1",
    password: "first",
};
const SECOND: Version = Version {
    id: "version-2",
    password: "second",
};

impl Identity {
    /// The service user of a world.
    #[must_use]
    pub fn new(scenario: &Scenario) -> Self {
        Self {
            password: scenario.password,
            token_life: scenario.token_life,
            tokens: Vec::new(),
            wrong: 0,
            locked_until: None,
        }
    }

    /// The secret's current version.
    #[must_use]
    pub fn current(&self, elapsed: Duration) -> Version {
        match self.password {
            Password::Rotated(set, gap) if elapsed >= set + gap => SECOND,
            _ => FIRST,
        }
    }

    /// The version that a rotation has put aside.
    #[must_use]
    pub fn pending(&self, elapsed: Duration) -> Option<Version> {
        match self.password {
            Password::Steady => None,
            Password::Rotated(set, _) if elapsed + PENDING_AHEAD < set => None,
            Password::Rotated(..) | Password::Wrong => Some(SECOND),
        }
    }

    /// Sends a password.
    pub fn log_in(&mut self, password: &str, elapsed: Duration, now: Time) -> Login {
        if self.locked_until.is_some_and(|until| now < until) {
            return Login::Locked;
        }
        let right = match self.password {
            Password::Steady => Some(FIRST),
            Password::Rotated(set, _) => Some(if elapsed < set { FIRST } else { SECOND }),
            Password::Wrong => None,
        };
        if right.is_some_and(|right| right.password == password) {
            self.wrong = 0;
            self.tokens.push(now + self.token_life);
            let token = (self.tokens.len() - 1).to_string();
            return Login::Token(token, self.token_life);
        }
        self.wrong += 1;
        if self.wrong >= LOCKS_FROM {
            let lock = Duration::from_secs(1 << (self.wrong - LOCKS_FROM).min(10));
            self.locked_until = Some(now + lock.min(LONGEST_LOCK));
        }
        Login::Wrong
    }

    /// Whether the edge accepts a token.
    #[must_use]
    pub fn admits(&self, token: &str, now: Time) -> bool {
        let expires = token
            .parse()
            .ok()
            .and_then(|token: usize| self.tokens.get(token));
        expires.is_some_and(|expires| now < *expires)
    }
}
