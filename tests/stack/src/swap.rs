//! New binaries for the functions of a running stack, without a deployment.

use std::{
    fs,
    io::{Cursor, Write},
    path::Path,
    time::{Duration, Instant},
};

use aws_sdk_lambda::{primitives::Blob, types::State as FunctionState};
use aws_sdk_sfn::types::RoutingConfigurationListItem;
use zip::{CompressionMethod, ZipWriter, result::ZipError, write::SimpleFileOptions};

use crate::{
    error::StackError,
    folders::Folders,
    running::{self, Running},
    stack::Stack,
};

const LOOK_EVERY: Duration = Duration::from_millis(100);
const ACTIVE_WITHIN: Duration = Duration::from_mins(1);

impl Stack {
    /// Puts what was built since into the functions of this name's stack, and tells which functions those were.
    pub async fn swap_in_built_functions(name: &str) -> Result<Vec<String>, StackError> {
        let folders = Folders::of(name)?;
        let mut stack = Self::attach(&folders.state())?;
        let taken = stack.state.running.clone();
        running::require_built(&taken.binaries)?;
        let programs: Vec<_> = taken.programs.keys().cloned().collect();
        let built = Running::of(&taken.binaries, &programs, &taken.contract)?;
        let (mut swapped, mut published) = (Vec::new(), Vec::new());
        for (function, time) in built.functions {
            if taken.functions.get(&function) != Some(&time) {
                let binary = folders.keep(&function, &taken.binaries.join(&function))?;
                published.push(stack.publish(&function, &binary).await?);
                swapped.push(function.clone());
                stack.state.running.functions.insert(function, time);
            }
        }
        if !published.is_empty() {
            stack.call(&published).await?;
        }
        stack.state.write(&folders.state())?;
        // The rest of what the stack runs may be old all the same.
        stack.state.running.check(&folders)?;
        Ok(swapped)
    }

    /// Publishes a version of the function with this code.
    async fn publish(&self, function: &str, binary: &Path) -> Result<Published, StackError> {
        let name = self.state.pipeline.function(function);
        let what = format!("replace the code of {name}");
        let zip = zipped(binary, &self.state.running.contract)?;
        let update = self.lambda.update_function_code().function_name(name);
        let update = update.zip_file(Blob::new(zip)).publish(true).send().await;
        let updated = update.map_err(StackError::aws(what.clone()))?;
        let (Some(arn), Some(version)) = (updated.function_arn, updated.version) else {
            return Err(StackError::unusable(what, "the answer names no version"));
        };
        let deadline = Instant::now() + ACTIVE_WITHIN;
        loop {
            let get = self.lambda.get_function_configuration().function_name(name);
            let get = get.qualifier(&version).send().await;
            let found = get.map_err(StackError::aws(what.clone()))?;
            match found.state {
                Some(FunctionState::Active) => break,
                Some(FunctionState::Pending) if Instant::now() < deadline => {
                    tokio::time::sleep(LOOK_EVERY).await;
                }
                other => {
                    let reason = format!("version {version} is {other:?}, expected Active");
                    return Err(StackError::unusable(what, reason));
                }
            }
        }
        let suffix = format!(":{version}");
        let function = arn.strip_suffix(&suffix).unwrap_or(&arn).to_owned();
        Ok(Published { function, version })
    }

    /// Makes the state machine call these versions, and its alias start it: both name versions and nothing else.
    async fn call(&self, published: &[Published]) -> Result<(), StackError> {
        let what = "let the state machine call the new functions";
        let names = &self.state.pipeline;
        let machine = &names.state_machine_arn;
        let describe = self.step_functions.describe_state_machine();
        let described = describe.state_machine_arn(machine).send().await;
        let mut definition = described.map_err(StackError::aws(what))?.definition;
        for version in published {
            definition = version.named_in(&definition);
        }
        let update = self.step_functions.update_state_machine();
        let update = update.state_machine_arn(machine).definition(definition);
        let updated = update.publish(true).send().await;
        let updated = updated.map_err(StackError::aws(what))?;
        let version = updated.state_machine_version_arn.unwrap_or_default();
        let route = RoutingConfigurationListItem::builder()
            .state_machine_version_arn(version)
            .weight(100)
            .build()
            .map_err(StackError::aws(what))?;
        let alias = self.step_functions.update_state_machine_alias();
        let alias = alias.state_machine_alias_arn(&names.state_machine_alias_arn);
        let routed = alias.routing_configuration(route).send().await;
        routed.map(drop).map_err(StackError::aws(what))
    }
}

/// A version of a function, by the function's ARN.
struct Published {
    function: String,
    version: String,
}

impl Published {
    /// The text, with this version in the place of every other one of the function.
    fn named_in(&self, text: &str) -> String {
        let function = format!("{}:", self.function);
        let mut parts = text.split(&function);
        let mut named = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let rest = part.trim_start_matches(|c: char| c.is_ascii_digit());
            named = named + &function + &self.version + rest;
        }
        named
    }
}

/// A function's zip as the CDK app makes it, but not compressed: it does not travel far.
fn zipped(binary: &Path, contract: &Path) -> Result<Vec<u8>, StackError> {
    let failed = |error: ZipError| StackError::unusable("zip a function", error.to_string());
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    for (name, file, mode) in [
        ("bootstrap", binary, 0o755),
        ("contract.json", contract, 0o644),
    ] {
        let read = || StackError::io(format!("read {}", file.display()));
        let bytes = fs::read(file).map_err(read())?;
        let options = stored.unix_permissions(mode);
        archive.start_file(name, options).map_err(failed)?;
        archive.write_all(&bytes).map_err(read())?;
    }
    Ok(archive.finish().map_err(failed)?.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_definition_names_the_new_version_of_that_function_alone() {
        let published = Published {
            function: "arn:f:poll".to_owned(),
            version: "12".to_owned(),
        };
        assert_eq!(
            published.named_in(r#"{"a":"arn:f:poll:3","b":"arn:f:prewarm:3","c":"arn:f:poll:11"}"#),
            r#"{"a":"arn:f:poll:12","b":"arn:f:prewarm:3","c":"arn:f:poll:12"}"#
        );
    }
}
