//! Every rule of the distribution with the mistake that breaks it.
#![expect(clippy::unwrap_used, reason = "in a test, a panic is the report")]

mod distribution_mistakes;
mod mistake;

use std::collections::BTreeSet;

use distribution_mistakes::{broken, contract, larger, mistakes, template};
use serde_json::Value;
use warmfront::contract::Contract;
use warmfront::distribution::{Distribution, cloudformation};
use warmfront::rule::{self, Problem};
use warmfront::rulebook::{Expected, check_distribution};

fn read(template: Value) -> Distribution {
    cloudformation::distributions(&[template])
        .unwrap()
        .remove(0)
}

fn expected() -> Expected {
    Expected {
        public_paths: vec!["/login".to_owned()],
        ..Expected::default()
    }
}

fn problems(contract: &Value, template: &Value) -> Vec<Problem> {
    let contract = Contract::parse(&contract.to_string()).unwrap();
    check_distribution(&read(template.clone()), &contract, &expected())
}

fn names(problems: &[Problem]) -> Vec<String> {
    problems.iter().map(|problem| problem.rule.name()).collect()
}

#[test]
fn the_distribution_of_the_tests_is_sound() {
    assert_eq!(
        names(&problems(&contract(), &template())),
        Vec::<String>::new()
    );
}

#[test]
fn each_mistake_breaks_its_rule() {
    for (rule, pointer, value) in mistakes() {
        let found = problems(&contract(), &broken(&pointer, value.clone()));
        for problem in &found {
            let text = problem.to_string();
            assert!((0..5).all(|i| !text.contains(&format!("{{{i}"))), "{text}");
        }
        let found = names(&found);
        assert!(
            found.iter().any(|each| each == rule),
            "{pointer} = {value} breaks {found:?}, not {rule}"
        );
    }
    for (rule, contract, template) in larger() {
        let found = names(&problems(&contract, &template));
        assert!(
            found.iter().any(|each| each == rule),
            "{rule} is not broken: {found:?}"
        );
    }
}

#[test]
fn each_rule_has_a_mistake() {
    let made: BTreeSet<String> = mistakes()
        .into_iter()
        .map(|(rule, ..)| rule.to_owned())
        .chain(larger().into_iter().map(|(rule, ..)| rule.to_owned()))
        .collect();
    let known: BTreeSet<String> = rule::distribution::ALL
        .iter()
        .map(|rule| rule.name())
        .collect();
    assert_eq!(
        known.difference(&made).collect::<Vec<_>>(),
        Vec::<&String>::new()
    );
    assert_eq!(
        made.difference(&known).collect::<Vec<_>>(),
        Vec::<&String>::new()
    );
}
