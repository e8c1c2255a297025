//! The common shape of such a pipeline, deployed beside ours.

use std::fs;
use std::io::{Cursor, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::stack::Stack;
use crate::bench::Bench;
use crate::error::{BenchError, During};

/// Each function: its script, the variable of the definition, and the deployed function whose
/// settings it has.
const FUNCTIONS: [(&str, &str, &str); 3] = [
    (
        "invalidate",
        "${InvalidateFunctionArn}",
        "/pipeline/invalidateFunction",
    ),
    ("look", "${LookFunctionArn}", "/pipeline/invalidateFunction"),
    (
        "prewarm",
        "${PrewarmFunctionArn}",
        "/pipeline/prewarmFunction",
    ),
];

/// The deployed state machine.
#[derive(Debug)]
pub(super) struct CommonShape {
    /// Its ARN.
    pub(super) state_machine: String,
}

impl CommonShape {
    /// Deploys the functions and the state machine.
    pub(super) async fn deploy(stack: &Stack, bench: &Bench) -> Result<Self, BenchError> {
        let folder = bench.peers().join("common-shape");
        let read = |file: &str| {
            let file = folder.join(file);
            fs::read_to_string(&file).during(|| format!("{} could not be read", file.display()))
        };
        let bootstrap = format!(
            "#!/bin/sh\nexec '{}' -m awslambdaric handler.handler\n",
            bench.lambda_python().display()
        );
        let mut definition = read("common-shape.asl.json")?;
        for (name, variable, like) in FUNCTIONS {
            let zip = zipped(&[
                ("bootstrap", &bootstrap),
                ("handler.py", &read(&format!("{name}.py"))?),
                (
                    "contract.json",
                    include_str!("../../../../shared/contract.json"),
                ),
            ])?;
            let name = format!("common-{name}");
            let arn = stack
                .create_function(&name, stack.told(like), &STANDARD.encode(zip))
                .await?;
            definition = definition.replace(variable, &arn);
        }
        let definition: Value = serde_json::from_str(&definition)
            .during(|| "the definition of the common shape is no JSON".to_owned())?;
        Ok(Self {
            state_machine: stack
                .create_state_machine("common-shape", &definition)
                .await?,
        })
    }
}

fn zipped(files: &[(&str, &str)]) -> Result<Vec<u8>, BenchError> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        let options = SimpleFileOptions::default().unix_permissions(0o755);
        zip.start_file(*name, options)
            .during(|| "a zip takes no file".to_owned())?;
        zip.write_all(content.as_bytes())
            .during(|| "a zip takes no bytes".to_owned())?;
    }
    let zip = zip
        .finish()
        .during(|| "a zip cannot be finished".to_owned())?;
    Ok(zip.into_inner())
}
