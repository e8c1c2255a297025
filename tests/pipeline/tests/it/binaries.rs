//! What runs on the stack is what was built for it; in CI that is what ships.

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
fn the_deployed_functions_are_those_that_were_built_and_know_nothing_of_the_stack() {
    trial(async |t| {
        let binaries = &t.stack.state.running.binaries;
        if std::env::var_os("CI").is_some() {
            assert!(binaries.ends_with("target/release"), "{binaries:?}");
        }
        let pipeline = &t.stack.state.pipeline;
        let functions = [
            ("invalidate", &pipeline.invalidate_function),
            ("poll", &pipeline.poll_function),
            ("prewarm", &pipeline.prewarm_function),
        ];
        for (name, function) in functions {
            let deployed = t.deployed_file(function, "bootstrap").await;
            let binary = binaries.join(name);
            let built = std::fs::read(&binary).expect("the stack was made from it");
            assert!(deployed == built, "{function} is not {}", binary.display());
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
