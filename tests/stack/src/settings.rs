//! The settings of the CDK app for a stack: what somebody wants to try, and what this machine decides itself.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};

use crate::{aws, cognito::UserPool, error::StackError, folders, options::Options};

/// The shortest that both take: a test of a repeated request waits it out.
const ERROR_CACHING_TTL: &str = "1s";
/// Names of AWS, and what a stand-in takes the place of.
const DECIDED: [&str; 25] = [
    "account",
    "region",
    "stackPrefix",
    "pipeline.distributionId",
    "pipeline.baseUrl",
    "pipeline.userPoolId",
    "pipeline.clientId",
    "pipeline.secretArn",
    "pipeline.secretKeyArn",
    "pipeline.architecture",
    "pipeline.binaries",
    "pipeline.parameterPrefix",
    "pipeline.serviceUser",
    "distribution.apiDomain",
    "distribution.apiProtocol",
    "distribution.apiPort",
    "distribution.apiPath",
    "distribution.originVerify",
    "distribution.domainNames",
    "distribution.certificateArn",
    "distribution.webAclArn",
    "distribution.accessLogs",
    "distribution.clientIds",
    "distribution.tokenUse",
    "distribution.jwks",
];

/// What the pipeline's settings say about its surroundings.
pub(crate) struct Surroundings<'a> {
    pub(crate) distribution_id: &'a str,
    pub(crate) base_url: &'a str,
    pub(crate) user_pool_id: &'a str,
    pub(crate) client_id: &'a str,
    pub(crate) secret_arn: &'a str,
    pub(crate) binaries: &'a Path,
    pub(crate) environment: &'a BTreeMap<String, String>,
}

/// Somebody's settings, less what this machine decides.
#[derive(Debug)]
pub(crate) struct Settings {
    wanted: Value,
    /// The settings of the file that count for nothing here.
    pub(crate) ignored: Vec<&'static str>,
    pub(crate) contract: PathBuf,
}

impl Settings {
    /// Those that the options name. Paths in a settings file are relative to it.
    pub(crate) fn read(options: &Options) -> Result<Self, StackError> {
        let (mut wanted, folder) = match &options.settings {
            Some(file) => (object(file)?, file.parent().unwrap_or(Path::new(""))),
            None => (json!({}), Path::new("")),
        };
        let absolute = |path: &Path| {
            std::path::absolute(path).map_err(StackError::io(format!("find {}", path.display())))
        };
        let named = wanted["contract"].as_str().map(|name| folder.join(name));
        let contract = match options.contract.clone().or(named) {
            Some(contract) => absolute(&contract)?,
            None => folders::project().join("shared/contract.json"),
        };
        if let Some(Value::String(definition)) = wanted.pointer_mut("/pipeline/definition") {
            *definition = absolute(&folder.join(&*definition))?.display().to_string();
        }
        let ignored = DECIDED
            .into_iter()
            .filter(|name| take(&mut wanted, name).is_some())
            .collect();
        take(&mut wanted, "$schema");
        take(&mut wanted, "distribution.cacheKeyLock");
        Ok(Self {
            wanted,
            ignored,
            contract,
        })
    }

    /// Settings of a pipeline for an existing distribution and user pool.
    pub(crate) fn pipeline(&self, around: &Surroundings<'_>) -> Value {
        let mut settings = json!({
            "pipeline": {
                "definition": folders::project().join("statemachine/refresh.asl.json"),
                "prewarm": { "errorCachingTtl": self.error_caching_ttl() },
                // Tests run side by side, and each says what its run meets.
                "concurrentPurges": 0,
            },
        });
        lay(
            &mut settings,
            &json!({ "pipeline": self.wanted["pipeline"] }),
        );
        lay(
            &mut settings,
            &json!({
                "account": aws::ACCOUNT,
                "region": aws::REGION,
                "contract": self.contract,
                "pipeline": {
                    "distributionId": around.distribution_id,
                    "baseUrl": around.base_url,
                    "userPoolId": around.user_pool_id,
                    "clientId": around.client_id,
                    "secretArn": around.secret_arn,
                    "architecture": "host",
                    "binaries": around.binaries,
                    "functionEnvironment": around.environment,
                },
            }),
        );
        settings
    }

    /// Settings of the distribution for the users of this pool.
    pub(crate) fn distribution(&self, pool: &UserPool) -> Value {
        let mut settings = json!({
            "distribution": { "errorCachingTtl": self.error_caching_ttl() },
        });
        lay(
            &mut settings,
            &json!({ "distribution": self.wanted["distribution"] }),
        );
        lay(
            &mut settings,
            &json!({
                "account": aws::ACCOUNT,
                "region": aws::REGION,
                "contract": self.contract,
                "pipeline": {
                    "userPoolId": pool.id,
                    "clientId": pool.service_client_id,
                    "architecture": "host",
                    "definition": folders::project().join("statemachine/refresh.asl.json"),
                },
                "distribution": {
                    // Never looked up: cloudfront-local is told where the origin is.
                    "apiDomain": "origin.example",
                    "clientIds": [pool.dashboard_client_id, pool.service_client_id],
                    "jwks": pool.jwks,
                    "accessLogs": false,
                },
            }),
        );
        settings
    }

    fn error_caching_ttl(&self) -> &str {
        let wanted = self.wanted["distribution"]["errorCachingTtl"].as_str();
        wanted.unwrap_or(ERROR_CACHING_TTL)
    }
}

fn object(file: &Path) -> Result<Value, StackError> {
    let what = format!("read the settings {}", file.display());
    let text = fs::read(file).map_err(StackError::io(what.clone()))?;
    match serde_json::from_slice(&text) {
        Ok(value @ Value::Object(_)) => Ok(value),
        Ok(_) => Err(StackError::unusable(what, "expected a JSON object")),
        Err(error) => Err(StackError::unusable(what, error.to_string())),
    }
}

/// Removes the setting of this dotted name.
fn take(settings: &mut Value, name: &str) -> Option<Value> {
    match name.split_once('.') {
        Some((section, rest)) => take(settings.get_mut(section)?, rest),
        None => settings.as_object_mut()?.remove(name),
    }
}

/// Lays one tree of settings over another; nothing covers nothing.
fn lay(under: &mut Value, over: &Value) {
    match (under, over) {
        (_, Value::Null) => {}
        (Value::Object(under), Value::Object(over)) => {
            for (name, value) in over {
                lay(under.entry(name).or_insert(Value::Null), value);
            }
        }
        (under, over) => *under = over.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_this_machine_decides_is_taken_out_and_named() {
        let mut settings = json!({ "region": "eu-central-1", "pipeline": { "userPoolId": "x", "logLevel": "debug" } });
        assert!(take(&mut settings, "pipeline.userPoolId").is_some());
        assert!(take(&mut settings, "distribution.jwks").is_none());
        assert_eq!(settings["pipeline"], json!({ "logLevel": "debug" }));
    }

    #[test]
    fn settings_lie_over_each_other_name_by_name() {
        let mut settings = json!({ "a": { "b": 1, "c": 2 }, "d": [1] });
        lay(
            &mut settings,
            &json!({ "a": { "b": 3, "e": 4 }, "d": [], "f": null }),
        );
        assert_eq!(
            settings,
            json!({ "a": { "b": 3, "c": 2, "e": 4 }, "d": [], "f": null })
        );
    }
}
