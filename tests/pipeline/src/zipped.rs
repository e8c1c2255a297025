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
            Self::OneFieldMore => {
                ONE_FIELD_MORE.replace("BINARY", &Value::from(binary.to_string()).to_string())
            }
        }
    }
}

/// Becomes the binary, and leaves a process between it and Lambda that adds a field to every object in
/// its answers. `purge` and `target` are objects whose one key says which case it is: they stay. So does
/// the report, which goes to no function.
const ONE_FIELD_MORE: &str = r#"#!/usr/bin/env python3
import http.server, json, os, threading, time, urllib.request
api, binary = os.environ["AWS_LAMBDA_RUNTIME_API"], BINARY

def richer(value, name=""):
    if isinstance(value, list):
        return [richer(element) for element in value]
    if not isinstance(value, dict) or name in ("target", "report"):
        return value
    more = {} if name == "purge" else {"fieldOfTheNextVersion": {"of": [1, None]}}
    return {key: richer(element, key) for key, element in value.items()} | more

class Between(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.forward(None)

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path.endswith("/response"):
            body = json.dumps(richer(json.loads(body))).encode()
        self.forward(body)

    def forward(self, body):
        kept = {name: value for name, value in self.headers.items() if name.startswith("Lambda-")}
        request = urllib.request.Request(f"http://{api}{self.path}", body, kept)
        with urllib.request.urlopen(request) as answer:
            content = answer.read()
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                if name.startswith("Lambda-"):
                    self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Between)
above = os.getpid()
if os.fork() == 0:
    threading.Thread(target=server.serve_forever, daemon=True).start()
    while os.getppid() == above:
        time.sleep(0.2)
    os._exit(0)
os.environ["AWS_LAMBDA_RUNTIME_API"] = f"127.0.0.1:{server.server_port}"
server.socket.close()
os.execv(binary, [binary])
"#;

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
