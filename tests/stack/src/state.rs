//! What a running stack tells others: one JSON file in its folder, there as long as the stack is up.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::{
    cognito::UserPool, contract::Contract, error::StackError, folders::Folders, running::Running,
};

/// Endpoints and names of everything that a test or a tool needs.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct State {
    /// The stack's name.
    pub name: String,
    /// The supervisor's process.
    pub pid: u32,
    /// Every part's log.
    pub logs: PathBuf,
    /// Where the parts listen.
    pub endpoints: Endpoints,
    /// The users.
    pub user_pool: UserPool,
    /// The distribution that is purged.
    pub distribution_id: String,
    /// Where browsers and the prewarmer send requests.
    pub base_url: String,
    /// What was deployed.
    pub pipeline: Pipeline,
    /// What it was made from.
    pub running: Running,
    /// What the deployed contract says of tenants and endpoints.
    pub contract: Contract,
}

/// Base URLs.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Endpoints {
    /// Takes `POST /stop`.
    pub supervisor: String,
    /// LocalStack.
    pub localstack: String,
    /// Cognito itself; the functions go through the gate.
    pub cognito: String,
    /// The fault gate in front of Cognito and Secrets Manager.
    pub gate: String,
    /// The gate's control port.
    pub gate_control: String,
    /// The example origin.
    pub origin: String,
    /// The origin's control port.
    pub origin_control: String,
    /// CloudFront's API.
    pub cloudfront: String,
    /// The control port of cloudfront-local; none where CloudFront was there before.
    pub cloudfront_control: Option<String>,
}

/// Names of the deployed pipeline, as the CDK stack outputs them.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Pipeline {
    /// The refresh.
    #[serde(alias = "StateMachineArn")]
    pub state_machine_arn: String,
    /// Its alias, through which executions start.
    #[serde(alias = "StateMachineAliasArn")]
    pub state_machine_alias_arn: String,
    /// The service user's login.
    #[serde(alias = "SecretArn")]
    pub secret_arn: String,
    /// Purges.
    #[serde(alias = "InvalidateFunctionName")]
    pub invalidate_function: String,
    /// Waits.
    #[serde(alias = "PollFunctionName")]
    pub poll_function: String,
    /// Warms and checks.
    #[serde(alias = "PrewarmFunctionName")]
    pub prewarm_function: String,
}

impl Pipeline {
    /// The deployed name of a function, by the name of its crate.
    pub(crate) fn function(&self, crate_name: &str) -> &str {
        match crate_name {
            "invalidate" => &self.invalidate_function,
            "poll" => &self.poll_function,
            _ => &self.prewarm_function,
        }
    }
}

impl State {
    /// Reads the file of a running stack.
    pub fn read(file: &Path) -> Result<Self, StackError> {
        let text = fs::read(file).map_err(|_| {
            let folders = Folders::around(file);
            StackError::NotUp {
                name: folders.name(),
                mend: folders.make("stack-up"),
            }
        })?;
        serde_json::from_slice(&text).map_err(|error| {
            StackError::unusable(format!("read {}", file.display()), error.to_string())
        })
    }

    /// Writes the file so that a reader sees all of it or nothing.
    pub(crate) fn write(&self, file: &Path) -> Result<(), StackError> {
        let failed = || StackError::io(format!("write {}", file.display()));
        let text = serde_json::to_vec_pretty(self).expect("the state is plain data");
        let draft = file.with_extension("draft");
        fs::write(&draft, text).map_err(failed())?;
        fs::rename(&draft, file).map_err(failed())
    }
}
