//! The zip of a function of a trial's own: the deployed binary behind a small `bootstrap`.
//!
//! The binary is not copied: a zip of some kilobytes is made and unpacked at once.

use std::io::{Cursor, Read, Write};
use std::path::Path;

use serde_json::Value;
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use crate::pipeline::Bootstrap;

pub(crate) fn zipped(binary: &Path, bootstrap: &Bootstrap, contract: &str) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let files = [
        ("bootstrap", bootstrap.script(binary)),
        ("contract.json", contract.to_owned()),
    ];
    for (name, content) in files {
        let options = SimpleFileOptions::default().unix_permissions(0o755);
        zip.start_file(name, options)
            .expect("a zip in memory takes a file");
        zip.write_all(content.as_bytes())
            .expect("a zip in memory takes its bytes");
    }
    zip.finish()
        .expect("a zip in memory is finished")
        .into_inner()
}

pub(crate) fn unzipped(zip: &[u8], file: &str) -> Vec<u8> {
    let mut zip = ZipArchive::new(Cursor::new(zip)).expect("a function's code is a zip");
    let mut content = Vec::new();
    let mut found = zip
        .by_name(file)
        .unwrap_or_else(|error| panic!("{file}: {error}"));
    found.read_to_end(&mut content).expect("the zip is intact");
    content
}

impl Bootstrap {
    fn script(&self, binary: &Path) -> String {
        let binary = binary.display();
        match self {
            Self::Plain => format!("#!/bin/sh\nexec '{binary}'\n"),
            Self::Stumbling { errors, marks } => STUMBLE
                .replace("ERRORS", &Value::from(errors.clone()).to_string())
                .replace(
                    "MARKS",
                    &Value::from(marks.display().to_string()).to_string(),
                )
                .replace("BINARY", &Value::from(binary.to_string()).to_string()),
        }
    }
}

/// Answers the first invocations with these errors, one each, then becomes the binary. A mark per
/// error survives the process, as every try may meet a new one.
const STUMBLE: &str = r#"#!/usr/bin/env python3
import json, os, pathlib, urllib.request
errors, marks, binary = ERRORS, pathlib.Path(MARKS), BINARY
api = f"http://{os.environ['AWS_LAMBDA_RUNTIME_API']}/2018-06-01/runtime"
for number, error in enumerate(errors):
    mark = marks / str(number)
    if mark.exists():
        continue
    with urllib.request.urlopen(f"{api}/invocation/next") as invocation:
        request = invocation.headers["Lambda-Runtime-Aws-Request-Id"]
    mark.touch()
    body = json.dumps({"errorType": error, "errorMessage": "made to stumble"}).encode()
    urllib.request.urlopen(f"{api}/invocation/{request}/error", data=body).close()
os.execv(binary, [binary])
"#;
