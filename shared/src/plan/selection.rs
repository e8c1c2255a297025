//! Which targets of the plan an input selects.

use crate::contract::{Contract, Endpoint, without_query};
use crate::message::ExecutionInput;

use super::Target;

/// The numbers of the selected targets, in order; notes what cannot be selected.
pub(super) fn select(
    contract: &Contract,
    input: &ExecutionInput,
    targets: &[Target],
    problems: &mut Vec<String>,
) -> Vec<usize> {
    if let Err(unknown) = contract.check_scope(input.scope.as_deref()) {
        problems.push(unknown.to_string());
        return Vec::new();
    }
    let in_scope = |path: &str| {
        let scope = input.scope.as_ref();
        scope.is_none_or(|scope| contract.in_scope(scope, path))
    };
    let names = |endpoint: &Endpoint, given: &str| {
        let filled = endpoint.path_for(&input.tenant);
        [&endpoint.path, &filled]
            .into_iter()
            .any(|path| given == path || given == without_query(path))
    };
    for given in input.endpoints.iter().flatten() {
        let mut chosen = contract
            .endpoints
            .iter()
            .filter(|endpoint| names(endpoint, given))
            .peekable();
        if chosen.peek().is_none() {
            problems.push(format!(
                "endpoint {given:?} is not in the contract: name one of its endpoints, with or \
                 without the query string"
            ));
        } else if !chosen.any(|endpoint| in_scope(&endpoint.path)) {
            problems.push(format!(
                "endpoint {given:?} is not in scope {:?}: the purge of the scope would not reach it",
                input.scope.as_deref().unwrap_or_default()
            ));
        }
    }
    let selected: Vec<String> = contract
        .endpoints
        .iter()
        .filter(|endpoint| in_scope(&endpoint.path))
        .filter(|endpoint| {
            let given = input.endpoints.as_ref();
            given.is_none_or(|given| given.iter().any(|given| names(endpoint, given)))
        })
        .map(|endpoint| endpoint.path_for(&input.tenant))
        .collect();
    let is_selected = |target: &Target| selected.contains(&target.path);
    (0..targets.len())
        .filter(|number| is_selected(&targets[*number]))
        .collect()
}
