//! Stand-ins for Secrets Manager and Cognito: versions of a secret, and the one password that is
//! right.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use prewarm::ports::{
    AdminInitiateAuth, Admission, Credentials, GetSecretValue, SecretVersion, Stage,
};
use secrecy::{ExposeSecret, SecretString};
use warmfront::service_fault::{FaultKind, ServiceFault};

use crate::edge::pause;

pub(crate) const PASSWORD: &str = "correct-horse";

pub(crate) struct State {
    /// Version id and value of AWSCURRENT.
    pub(crate) current: (String, String),
    /// Those of AWSPENDING, if a rotation is under way.
    pub(crate) pending: Option<(String, String)>,
    /// AWSCURRENT after the next reading, to rotate between two of them.
    pub(crate) next_current: Option<(String, String)>,
    /// Faults of the next readings.
    pub(crate) secret_faults: VecDeque<ServiceFault>,
    /// The right password.
    pub(crate) password: String,
    /// What the next logins meet instead of a check of the password.
    pub(crate) login_answers: VecDeque<Result<Admission, ServiceFault>>,
    pub(crate) token_seconds: u64,
    /// How long a login takes: other answers may arrive meanwhile.
    pub(crate) login_takes: Duration,
    /// Every password that was sent.
    pub(crate) passwords: Vec<String>,
    pub(crate) tokens: usize,
}

#[derive(Clone)]
pub(crate) struct Cognito(pub(crate) Arc<Mutex<State>>);

pub(crate) fn value(password: &str) -> String {
    format!(r#"{{"username":"warmfront","password":"{password}","clientSecret":"client-hush"}}"#)
}

pub(crate) fn fault(kind: FaultKind, code: &str, message: &str) -> ServiceFault {
    ServiceFault {
        kind,
        code: code.into(),
        message: message.into(),
        request_id: None,
    }
}

impl Cognito {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new(State {
            current: ("v1".into(), value(PASSWORD)),
            pending: None,
            next_current: None,
            secret_faults: VecDeque::new(),
            password: PASSWORD.into(),
            login_answers: VecDeque::new(),
            token_seconds: 3_600,
            login_takes: Duration::ZERO,
            passwords: Vec::new(),
            tokens: 0,
        })))
    }

    pub(crate) fn with_state(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.0.lock().unwrap());
    }

    pub(crate) fn passwords(&self) -> Vec<String> {
        self.0.lock().unwrap().passwords.clone()
    }
}

impl GetSecretValue for Cognito {
    async fn secret_value(&self, stage: Stage) -> Result<SecretVersion, ServiceFault> {
        let mut held = self.0.lock().unwrap();
        if let Some(fault) = held.secret_faults.pop_front() {
            return Err(fault);
        }
        let version = match stage {
            Stage::Current => {
                let current = held.current.clone();
                if let Some(next) = held.next_current.take() {
                    held.current = next;
                }
                Some(current)
            }
            Stage::Pending => held.pending.clone(),
        };
        match version {
            Some((id, value)) => Ok(SecretVersion {
                id,
                value: Some(SecretString::from(value)),
            }),
            None => Err(fault(
                FaultKind::Rejected,
                "ResourceNotFoundException",
                "no such version",
            )),
        }
    }
}

impl AdminInitiateAuth for Cognito {
    async fn admin_initiate_auth(
        &self,
        credentials: &Credentials,
    ) -> Result<Admission, ServiceFault> {
        let password = credentials.password.expose_secret().to_owned();
        let takes = {
            let mut state = self.0.lock().unwrap();
            state.passwords.push(password.clone());
            state.login_takes
        };
        if !takes.is_zero() {
            pause(takes).await;
        }
        let mut state = self.0.lock().unwrap();
        if let Some(answer) = state.login_answers.pop_front() {
            return answer;
        }
        if password != state.password {
            return Err(fault(
                FaultKind::Rejected,
                "NotAuthorizedException",
                "Incorrect username or password.",
            ));
        }
        state.tokens += 1;
        Ok(Admission::Token {
            id_token: SecretString::from(format!("token-{}", state.tokens)),
            expires_in: Duration::from_secs(state.token_seconds),
        })
    }
}

pub(crate) fn throttled() -> ServiceFault {
    fault(FaultKind::Throttled, "TooManyRequestsException", "slow")
}

pub(crate) fn unanswered() -> ServiceFault {
    fault(FaultKind::Unavailable, "", "no answer in time")
}

pub(crate) fn wrong() -> ServiceFault {
    let message = "Incorrect username or password.";
    fault(FaultKind::Rejected, "NotAuthorizedException", message)
}
