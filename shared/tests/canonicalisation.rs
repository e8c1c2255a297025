//! The tenant id has one canonical spelling in two languages: what this crate and the edge
//! functions make of a string never differs, and no two tenants share a cache tag.
#![expect(clippy::unwrap_used, reason = "in a test, a panic is the report")]

use std::collections::HashSet;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde::Deserialize;
use warmfront::contract::Contract;
use warmfront::tenant::TenantId;

/// Random strings that are compared in one run.
const STRINGS: usize = 20_000;

#[derive(Deserialize)]
struct IdVector {
    input: String,
    canonical: Option<String>,
    note: String,
}

#[derive(Deserialize)]
struct TagVector {
    tenant: String,
    path: String,
    version: Option<String>,
    tags: Vec<String>,
}

fn id_vectors() -> Vec<IdVector> {
    serde_json::from_str(include_str!("../vectors/tenant-ids.json")).unwrap()
}

fn example() -> Contract {
    Contract::parse(include_str!("fixture/contract.json")).unwrap()
}

fn canonical(given: &str) -> Option<String> {
    TenantId::parse(given).ok().map(|id| id.as_str().to_owned())
}

/// Strings near every edge of the rule: of the alphabet, of the length, of case folding.
fn strings() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[a-zA-Z0-9._-]{0,70}",
        "[a-zA-Z0-9][a-zA-Z0-9._-]{61,65}",
        "(%[0-9a-fA-F]{2}|%25|[a-zA-Z0-9+]){1,40}",
        "\\PC{0,70}",
        "[\\x00-\\x20\\x7f-\\xa0a-z]{1,8}",
        // Letters whose upper or lower case is, or looks like, ASCII; combining marks; line ends.
        "[a-zA-Z0-9KİıſßẞéÀﬁ\u{301}\u{307}\u{ff41}-\u{ff5a}\u{1d41a}🦀\u{200b}\u{feff}\u{2028}\r\n]{1,12}",
        // A good id with one character too many, anywhere in it.
        (
            "[a-zA-Z0-9._-]{0,32}",
            any::<char>(),
            "[a-zA-Z0-9._-]{0,32}"
        )
            .prop_map(|(before, character, after)| format!("{before}{character}{after}")),
    ]
}

/// What the edge functions make of each string: one Node process for all of them.
fn canonical_at_the_edge(inputs: &[String]) -> Vec<Option<String>> {
    let cdk = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../cdk");
    let mut node = Command::new("node")
        .args(["--import", "tsx", "test/edge/canonicalise-lines.ts"])
        .current_dir(cdk)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("this test needs Node 20 or later on the PATH, and `npm --prefix cdk ci`");
    let mut stdin = node.stdin.take().unwrap();
    let lines: String = inputs
        .iter()
        .map(|input| serde_json::to_string(input).unwrap() + "\n")
        .collect();
    // Written from a thread: either pipe may fill up before the other is read.
    let writer = thread::spawn(move || stdin.write_all(lines.as_bytes()));
    let output = node.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(
        output.status.success(),
        "the line program failed: {}",
        output.status
    );
    String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn every_id_vector_gives_what_it_says() {
    for IdVector {
        input,
        canonical: expected,
        note,
    } in id_vectors()
    {
        assert_eq!(canonical(&input), expected, "{note}");
    }
}

#[test]
fn every_tag_vector_gives_its_tags() {
    let contract = example();
    let vectors: Vec<TagVector> =
        serde_json::from_str(include_str!("../vectors/cache-tags.json")).unwrap();
    for TagVector {
        tenant,
        path,
        version,
        tags,
    } in vectors
    {
        let tenant = TenantId::parse(&tenant).unwrap();
        let given: Vec<String> = contract
            .response_tags(&tenant, &path, version.as_deref())
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(given, tags, "{tenant} at {path}, version {version:?}");
    }
}

#[test]
fn rust_and_javascript_agree_on_random_strings() {
    let mut runner = TestRunner::default();
    let strategy = strings();
    let mut inputs: Vec<String> = id_vectors()
        .into_iter()
        .map(|vector| vector.input)
        .collect();
    while inputs.len() < STRINGS {
        inputs.push(strategy.new_tree(&mut runner).unwrap().current());
    }
    let at_the_edge = canonical_at_the_edge(&inputs);
    assert_eq!(at_the_edge.len(), inputs.len());
    let mut accepted = 0;
    for (input, edge) in inputs.iter().zip(at_the_edge) {
        assert_eq!(
            canonical(input),
            edge,
            "{input:?}: left is Rust, right is JavaScript"
        );
        accepted += usize::from(edge.is_some());
    }
    // A comparison of nothing but rejections would show little.
    assert!(
        (STRINGS / 10..STRINGS * 9 / 10).contains(&accepted),
        "{accepted} of {STRINGS} strings were tenant ids"
    );
}

proptest! {
    #[test]
    fn no_two_canonical_ids_share_a_tag(
        one in "[a-zA-Z0-9][a-zA-Z0-9._-]{0,63}",
        other in "[a-zA-Z0-9][a-zA-Z0-9._-]{0,63}",
        short in "[ab.-]{0,2}",
    ) {
        let contract = example();
        // The second pair differs by its end only.
        for (one, other) in [(one.clone(), other), (one.clone(), one[..one.len().min(62)].to_owned() + &short)] {
            let (one, other) = (TenantId::parse(&one).unwrap(), TenantId::parse(&other).unwrap());
            // CloudFront compares tags without case.
            let tags = |tenant| -> HashSet<String> {
                contract.response_tags(tenant, "/api/overview", Some("41")).iter().map(|tag| tag.as_str().to_ascii_lowercase()).collect()
            };
            prop_assert_eq!(one == other, !tags(&one).is_disjoint(&tags(&other)));
        }
    }

    #[test]
    fn a_canonical_id_is_its_own_canonical_form(given in strings()) {
        if let Some(id) = canonical(&given) {
            prop_assert_eq!(canonical(&id), Some(id));
        }
    }
}
