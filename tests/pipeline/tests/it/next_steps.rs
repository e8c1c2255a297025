//! The commands that `make stack-up` prints.

use std::path::Path;
use std::process::Command;

use pipeline::trial;

#[test]
fn the_commands_that_a_stack_prints_when_it_is_up_work() {
    trial(async |t| {
        let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let steps = t.stack.state.next_steps().unwrap();
        let mut said = Vec::new();
        // What make does is what this test's own run does.
        for step in steps.iter().filter(|step| !step.command.contains("make ")) {
            let mut shell = Command::new("sh");
            shell.args(["-c", &step.command]).current_dir(&project);
            let output = tokio::task::spawn_blocking(move || shell.output());
            let output = output.await.unwrap().unwrap();
            let errors = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{}\n{errors}", step.command);
            said.push(String::from_utf8(output.stdout).unwrap());
        }
        assert!(said[0].starts_with("HTTP/1.1 200"), "{}", said[0]);
        assert!(said[2].contains("executions"), "{}", said[2]);
        assert!(said[3].contains("InvalidationList"), "{}", said[3]);
    });
}
