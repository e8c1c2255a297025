//! How many passwords a run may still send: Cognito may count two of them as wrong, however often
//! calls are repeated, die or lose their answer.
//!
//! At most one in each entry of a state, so that a try that cannot know what the tries before it
//! did has to reckon with one.

use std::sync::{Mutex, MutexGuard};

use warmfront::message::{Execution, Logins};

use crate::login::LoginError;

/// Passwords of one run that Cognito may have counted as wrong. From the fifth on, it locks the
/// user, who is the same for every tenant (Cognito Developer Guide, "Lockout behavior").
const MOST_SPENT: usize = 2;

/// Which call it is: all its tries have the same.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    execution: String,
    redrive_count: u32,
    permits: u32,
}

/// What a process knows of the tries of the last call that it had a part in.
#[derive(Debug, Default)]
pub struct Tries(Mutex<Option<(Entry, u32)>>);

/// The passwords of a run, as one try of a call may spend them.
#[derive(Debug)]
pub struct PasswordBudget {
    entry: Entry,
    retry_count: u32,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    logins: Logins,
    /// Whether this try may still send one that Cognito counts as wrong.
    is_open: bool,
}

impl Tries {
    /// The passwords of a run, for the given try of a call.
    pub fn begin(
        &self,
        mut logins: Logins,
        execution: &Execution,
        retry_count: u32,
    ) -> PasswordBudget {
        if execution.redrive_count > logins.redrive_count {
            logins = Logins {
                redrive_count: execution.redrive_count,
                ..Logins::default()
            };
        }
        let entry = Entry {
            execution: execution.id.clone(),
            redrive_count: logins.redrive_count,
            permits: logins.permits,
        };
        let sent_nothing = retry_count == 0
            || lock(&self.0)
                .take()
                .is_some_and(|known| known == (entry.clone(), retry_count));
        let is_open = logins.permitted && sent_nothing;
        if logins.permitted && !sent_nothing {
            logins.unanswered += 1;
        }
        logins.permitted = false;
        PasswordBudget {
            entry,
            retry_count,
            state: Mutex::new(State { logins, is_open }),
        }
    }

    /// Notes that a try is over, for the one that may repeat it.
    pub fn end(&self, budget: &PasswordBudget) {
        let is_open = lock(&budget.state).is_open;
        *lock(&self.0) = is_open.then(|| (budget.entry.clone(), budget.retry_count + 1));
    }
}

impl PasswordBudget {
    /// Whether a password may be sent.
    pub fn check(&self) -> Result<(), LoginError> {
        let State { logins, is_open } = &*lock(&self.state);
        if spent(logins) >= MOST_SPENT {
            Err(if logins.refused.is_empty() {
                LoginError::Unanswered
            } else {
                LoginError::Refused {
                    reason: format!(
                        "{MOST_SPENT} passwords of this run were refused or never answered, no \
                         further one is sent"
                    ),
                }
            })
        } else if *is_open {
            Ok(())
        } else {
            Err(LoginError::Later)
        }
    }

    /// Whether Cognito refused the password of this version in this run.
    #[must_use]
    pub fn has_refused(&self, version: &str) -> bool {
        let state = lock(&self.state);
        state.logins.refused.iter().any(|known| known == version)
    }

    /// Reckons with the worst while a password is on its way: nobody may see the answer.
    pub fn send(&self) -> Result<(), LoginError> {
        self.check()?;
        let mut state = lock(&self.state);
        state.is_open = false;
        state.logins.unanswered += 1;
        Ok(())
    }

    /// The password that was sent cost nothing: it was right, or was not looked at.
    pub fn spared(&self) {
        let mut state = lock(&self.state);
        state.is_open = true;
        state.logins.unanswered -= 1;
    }

    /// The password that was sent, of this version, was refused.
    pub fn refused(&self, version: &str) {
        let mut state = lock(&self.state);
        state.logins.unanswered -= 1;
        state.logins.refused.push(version.to_owned());
    }

    /// What the run's logins have cost, for the next call.
    #[must_use]
    pub fn logins(&self) -> Logins {
        lock(&self.state).logins.clone()
    }

    /// The same, with the permission to log in.
    #[must_use]
    pub fn with_permit(&self) -> Logins {
        permit(self.logins())
    }
}

/// Gives the next call the permission to log in.
#[must_use]
pub fn permit(logins: Logins) -> Logins {
    Logins {
        permits: logins.permits + 1,
        permitted: true,
        ..logins
    }
}

fn spent(logins: &Logins) -> usize {
    logins.refused.len() + usize::try_from(logins.unanswered).unwrap_or(usize::MAX)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("nothing panics while holding it")
}
