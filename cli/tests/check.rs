//! The command on files: what it prints, and how it ends.
#![expect(clippy::unwrap_used, reason = "in a test, a panic is the report")]

use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::Value;

const TEMPLATES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/templates/");
const CONTRACT: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../shared/tests/fixture/contract.json"
);

fn check(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_warmfront"))
        .arg("check")
        .args(arguments)
        .output()
        .unwrap()
}

fn template(name: &str) -> String {
    format!("{TEMPLATES}{name}")
}

/// Rule and words of each problem, in order.
fn problems(arguments: &[&str]) -> Vec<String> {
    let output = check(&[&[CONTRACT, "--public", "/login", "--json"], arguments].concat());
    let printed: Value = serde_json::from_slice(&output.stdout).unwrap();
    let problems = printed["problems"].as_array().unwrap();
    assert_eq!(output.status.code(), Some(i32::from(!problems.is_empty())));
    problems
        .iter()
        .map(|each| format!("{}: {}", each["rule"], each["message"]))
        .collect()
}

#[test]
fn the_same_mistakes_are_the_same_problems_whatever_tool_made_them() {
    let by_hand = problems(&["--template", &template("broken.cloudformation.json")]);
    for rule in [
        "tag-config-missing",
        "tagger-missing",
        "key-lacks-header",
        "min-ttl",
        "plain-viewers",
        "not-compressed",
        "error-page",
        "error-ttl",
        "read-timeout",
        "edge-memory",
        "edge-unsupported",
        "query-forwarded",
    ] {
        assert!(
            by_hand.iter().any(|each| each.contains(rule)),
            "{rule}: {by_hand:#?}"
        );
    }
    for [option, file] in [
        ["--template", "broken.cdk-typescript.json"],
        ["--template", "broken.cdk-python.json"],
        ["--template", "broken.sam.yaml"],
        ["--terraform", "broken.terraform.json"],
    ] {
        assert_eq!(problems(&[option, &template(file)]), by_hand, "{file}");
    }
}

#[test]
fn a_sound_distribution_is_fine_whatever_tool_made_it() {
    for arguments in [
        ["--template", "sound.cloudformation.json"],
        ["--template", "sound.sam.yaml"],
        ["--terraform", "sound.terraform.json"],
    ] {
        let file = template(arguments[1]);
        assert_eq!(
            problems(&[arguments[0], &file]),
            Vec::<String>::new(),
            "{file}"
        );
    }
}

#[test]
fn the_exit_status_says_how_it_ended() {
    let folder = std::env::temp_dir().join(format!("warmfront-check-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = |name: &str, text: &str| -> String {
        let path: PathBuf = folder.join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let wrong = file("wrong.json", r#"{"not": "a contract"}"#);
    let empty = file("empty.yaml", "Resources: {}\n");
    let status = |arguments: &[&str]| check(arguments).status.code();
    let minimal = file(
        "minimal.json",
        &String::from_utf8(check(&["--print-minimal"]).stdout).unwrap(),
    );
    let statuses = [
        status(&[CONTRACT]),
        status(&[&minimal]),
        status(&[&wrong]),
        status(&[]),
        status(&[&folder.join("absent.json").display().to_string()]),
        status(&[CONTRACT, "--template", &empty]),
        status(&[CONTRACT, "--terraform", &wrong]),
    ];
    std::fs::remove_dir_all(&folder).unwrap();
    assert_eq!(statuses, [0, 0, 1, 2, 3, 3, 3].map(Some));
}

#[test]
fn a_line_names_file_place_consequence_mend_and_rule() {
    let output = check(&[
        CONTRACT,
        "--public",
        "/login",
        "--template",
        &template("broken.cloudformation.json"),
    ]);
    let printed = String::from_utf8(output.stdout).unwrap();
    let line = printed
        .lines()
        .find(|line| line.contains("[tagger-missing]"))
        .unwrap();
    assert!(
        line.contains("broken.cloudformation.json: behaviour \"/api/*\" caches"),
        "{line}"
    );
    assert!(
        line.contains("associate the function with the role \"tagger\""),
        "{line}"
    );
    assert_eq!(String::from_utf8(output.stderr).unwrap().lines().count(), 1);
}

#[test]
fn the_page_of_rules_is_the_table() {
    let page =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/rules.md")).unwrap();
    assert!(
        page == cli::rules_page(),
        "write docs/rules.md anew: warmfront check --print-rules > docs/rules.md"
    );
}
