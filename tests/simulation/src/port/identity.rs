//! Secrets Manager and Cognito.

use prewarm::ports::{
    AdminInitiateAuth, Admission, Credentials, GetSecretValue, SecretVersion, Stage,
};
use secrecy::{ExposeSecret, SecretString};
use warmfront::service_fault::{FaultKind, ServiceFault};

use super::{Port, unavailable};
use crate::history::Password;
use crate::identity::Login;

impl GetSecretValue for Port {
    async fn secret_value(&self, stage: Stage) -> Result<SecretVersion, ServiceFault> {
        self.travel().await;
        let world = &self.world;
        if world.chance(world.scenario.trouble.identity) {
            return Err(unavailable("Secrets Manager failed"));
        }
        let elapsed = world.clock.elapsed();
        let identity = &world.state().identity;
        let version = match stage {
            Stage::Current => Some(identity.current(elapsed)),
            Stage::Pending => identity.pending(elapsed),
        };
        let version =
            version.ok_or_else(|| rejected("ResourceNotFoundException", "no such stage"))?;
        let value = format!(
            r#"{{"username":"warmer","password":"{}"}}"#,
            version.password
        );
        Ok(SecretVersion {
            id: version.id.to_owned(),
            value: Some(SecretString::from(value)),
        })
    }
}

impl AdminInitiateAuth for Port {
    async fn admin_initiate_auth(
        &self,
        credentials: &Credentials,
    ) -> Result<Admission, ServiceFault> {
        self.travel().await;
        let world = &self.world;
        let trouble = world.scenario.trouble.identity;
        if world.chance(trouble) {
            return Err(ServiceFault {
                kind: FaultKind::Throttled,
                ..rejected("TooManyRequestsException", "Rate exceeded")
            });
        }
        let told = !world.chance(trouble);
        let run = self.run();
        let login = {
            let (elapsed, now) = (world.clock.elapsed(), world.now());
            let mut state = world.state();
            let password = credentials.password.expose_secret();
            let login = state.identity.log_in(password, elapsed, now);
            state.history.passwords.push(Password {
                call: self.call(),
                refused: login == Login::Wrong,
                told,
            });
            login
        };
        world.note(&|| format!("run {run}: login {login:?}, told {told}"));
        if !told {
            return Err(unavailable("the answer was lost"));
        }
        match login {
            Login::Token(token, expires_in) => Ok(Admission::Token {
                id_token: SecretString::from(token),
                expires_in,
            }),
            Login::Wrong => Err(rejected(
                "NotAuthorizedException",
                "Incorrect username or password.",
            )),
            Login::Locked => Err(rejected(
                "NotAuthorizedException",
                "Password attempts exceeded",
            )),
        }
    }
}

fn rejected(code: &str, message: &str) -> ServiceFault {
    ServiceFault {
        kind: FaultKind::Rejected,
        code: code.to_owned(),
        message: message.to_owned(),
        request_id: None,
    }
}
