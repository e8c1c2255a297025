//! New binaries for the functions of a running stack, without a deployment.

use std::{
    fs,
    io::{Cursor, Write},
    path::Path,
    time::{Duration, Instant},
};

use aws_sdk_lambda::{primitives::Blob, types::LastUpdateStatus};
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
        let mut swapped = Vec::new();
        for (function, time) in built.functions {
            if taken.functions.get(&function) != Some(&time) {
                let binary = folders.keep(&function, &taken.binaries.join(&function))?;
                stack.swap(&function, &binary).await?;
                swapped.push(function.clone());
                stack.state.running.functions.insert(function, time);
            }
        }
        stack.state.write(&folders.state())?;
        // The rest of what the stack runs may be old all the same.
        stack.state.running.check(&folders)?;
        Ok(swapped)
    }

    async fn swap(&self, function: &str, binary: &Path) -> Result<(), StackError> {
        let name = self.state.pipeline.function(function);
        let what = format!("replace the code of {name}");
        let zip = zipped(binary, &self.state.running.contract)?;
        let update = self.lambda.update_function_code().function_name(name);
        let update = update.zip_file(Blob::new(zip)).send().await;
        update.map_err(StackError::aws(what.clone()))?;
        let deadline = Instant::now() + ACTIVE_WITHIN;
        loop {
            let get = self.lambda.get_function_configuration().function_name(name);
            let found = get.send().await.map_err(StackError::aws(what.clone()))?;
            match found.last_update_status {
                Some(LastUpdateStatus::Successful) => return Ok(()),
                Some(LastUpdateStatus::InProgress) if Instant::now() < deadline => {
                    tokio::time::sleep(LOOK_EVERY).await;
                }
                other => {
                    let reason = format!("its state is {other:?}, expected Successful");
                    return Err(StackError::unusable(what, reason));
                }
            }
        }
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
