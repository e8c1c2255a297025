//! The recipe for execution names in the state machine's README, run as it stands there.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::process::Command;

const PAGE: &str = include_str!("../../statemachine/README.md");

/// The block of shell code that sets `name`.
fn recipe() -> &'static str {
    let blocks = PAGE.split("```sh\n").skip(1);
    let mut blocks = blocks.map(|rest| rest.split("```").next().unwrap());
    blocks.find(|block| block.contains("name=")).unwrap()
}

fn name(tenant: &str, version: &str) -> String {
    let output = Command::new("bash")
        .args(["-euc", &format!("{}\nprintf %s \"$name\"", recipe())])
        .env("tenant", tenant)
        .env("version", version)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_name_that_fits_is_tenant_and_version() {
    assert_eq!(name("acme", "42"), "acme-42");
    assert_eq!(
        name("acme_eu", "20260504T031244Z"),
        "acme_eu-20260504T031244Z"
    );
}

/// 80 characters, and of them only those that CloudWatch's log names allow too (Step Functions API
/// Reference, "`StartExecution`").
#[test]
fn every_other_name_fits_and_stays_apart() {
    let longest = "a".repeat(64);
    let names = [
        name(&longest, "20260504T031244Z"),
        name(&longest, "20260504T031245Z"),
        name("a.b", "2026-05-04T03:12:44Z"),
        name("a_b", "2026-05-04T03:12:44Z"),
        name("acme", &"9".repeat(64)),
    ];
    for (index, name) in names.iter().enumerate() {
        assert!(name.len() <= 80, "{name}");
        let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        assert!(name.chars().all(allowed), "{name}");
        assert!(!names[..index].contains(name), "{name} stands for two");
    }
}
