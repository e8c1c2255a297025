//! What runs on the stack is what ships.

use std::path::Path;

use pipeline::trial;

/// Names of parts of the local stack. None of them means anything to a function.
const LOCAL: [&str; 6] = [
    "localstack",
    "LocalStack",
    "cloudfront-local",
    "warmfront-stack",
    "moto_server",
    "process_executor",
];

#[test]
fn the_deployed_functions_are_the_release_binaries_and_know_nothing_of_the_stack() {
    trial(async |t| {
        let pipeline = &t.stack.state.pipeline;
        let functions = [
            ("invalidate", &pipeline.invalidate_function),
            ("poll", &pipeline.poll_function),
            ("prewarm", &pipeline.prewarm_function),
        ];
        for (name, function) in functions {
            let deployed = t.deployed_file(function, "bootstrap").await;
            let release = Path::new(env!("CARGO_MANIFEST_DIR"))
                .join("../../target/release")
                .join(name);
            let built = std::fs::read(&release).expect("`make build-host` has built it");
            assert!(deployed == built, "{function} is not {}", release.display());
            for word in LOCAL {
                let found = deployed
                    .windows(word.len())
                    .any(|part| part == word.as_bytes());
                assert!(!found, "{name} knows {word:?}");
            }
            let contract = t.deployed_file(function, "contract.json").await;
            assert!(
                contract == include_bytes!("../../../../shared/contract.json"),
                "{name}"
            );
        }
    });
}
