//! Scripted faults: which of the matching calls, counted from the rule's making, go wrong and how.

mod control;

use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

pub(crate) use control::routes;

/// One scripted fault: the `nth` matching call and the ones after it, `times` in all.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Rule<M, F> {
    /// Which calls are counted.
    #[serde(flatten)]
    pub matches: M,
    /// The first call that goes wrong, from 1.
    #[serde(default = "one")]
    pub nth: u32,
    /// How many calls in a row go wrong.
    #[serde(default = "one")]
    pub times: u32,
    /// What happens to them.
    pub fault: F,
}

impl<M, F> Rule<M, F> {
    /// The next matching call goes wrong, and no other.
    pub fn new(matches: M, fault: F) -> Self {
        Self {
            matches,
            nth: 1,
            times: 1,
            fault,
        }
    }

    /// The calls go wrong from this one on, counted from 1.
    #[must_use]
    pub fn starting_at(mut self, nth: u32) -> Self {
        self.nth = nth;
        self
    }

    /// So many calls in a row go wrong.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = times;
        self
    }

    /// Every call goes wrong from the first one on that does.
    #[must_use]
    pub fn always(self) -> Self {
        self.times(u32::MAX)
    }
}

fn one() -> u32 {
    1
}

/// A rule and what became of it.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Scripted<M, F> {
    /// Names the rule until it is removed.
    pub id: u64,
    /// Matching calls so far.
    pub seen: u32,
    /// Calls that went wrong so far.
    pub applied: u32,
    /// The rule.
    #[serde(flatten)]
    pub rule: Rule<M, F>,
}

/// The rules of one server.
#[derive(Debug)]
pub(crate) struct Rules<M, F> {
    inner: Mutex<Inner<M, F>>,
}

#[derive(Debug)]
struct Inner<M, F> {
    next: u64,
    rules: Vec<Scripted<M, F>>,
}

impl<M, F> Default for Rules<M, F> {
    fn default() -> Self {
        Self {
            inner: Mutex::new(Inner {
                next: 1,
                rules: Vec::new(),
            }),
        }
    }
}

impl<M: Clone, F: Clone> Rules<M, F> {
    /// Adds a rule and names it.
    pub(crate) fn add(&self, rule: Rule<M, F>) -> u64 {
        let mut inner = self.lock();
        let id = inner.next;
        inner.next += 1;
        inner.rules.push(Scripted {
            id,
            seen: 0,
            applied: 0,
            rule,
        });
        id
    }

    /// Removes a rule; false when there is none of that name.
    pub(crate) fn remove(&self, id: u64) -> bool {
        let mut inner = self.lock();
        let before = inner.rules.len();
        inner.rules.retain(|scripted| scripted.id != id);
        inner.rules.len() < before
    }

    /// All rules with their counts.
    pub(crate) fn list(&self) -> Vec<Scripted<M, F>> {
        self.lock().rules.clone()
    }

    /// Counts a call in every rule that matches it, and gives the fault of the first one whose turn it is.
    pub(crate) fn judge(&self, matches: impl Fn(&M) -> bool) -> Option<F> {
        let mut fault = None;
        for scripted in &mut self.lock().rules {
            if !matches(&scripted.rule.matches) {
                continue;
            }
            scripted.seen = scripted.seen.saturating_add(1);
            let due = scripted.seen >= scripted.rule.nth && scripted.applied < scripted.rule.times;
            if due && fault.is_none() {
                scripted.applied = scripted.applied.saturating_add(1);
                fault = Some(scripted.rule.fault.clone());
            }
        }
        fault
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner<M, F>> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(rules: &Rules<&'static str, &'static str>, call: &str) -> Option<&'static str> {
        rules.judge(|matches| call.contains(matches))
    }

    #[test]
    fn only_the_asked_for_calls_go_wrong() {
        let rules = Rules::default();
        rules.add(Rule::new("acme", "throttled").starting_at(2).times(2));
        let outcomes: Vec<_> = (0..5).map(|_| judge(&rules, "login acme")).collect();
        assert_eq!(
            outcomes,
            [None, Some("throttled"), Some("throttled"), None, None]
        );
    }

    #[test]
    fn calls_that_do_not_match_are_not_counted() {
        let rules = Rules::default();
        rules.add(Rule::new("acme", "throttled").starting_at(2));
        assert_eq!(judge(&rules, "login beta"), None);
        assert_eq!(judge(&rules, "login acme"), None);
        assert_eq!(judge(&rules, "login acme"), Some("throttled"));
        assert_eq!(rules.list()[0].seen, 2);
    }

    #[test]
    fn a_removed_rule_changes_nothing_any_more() {
        let rules = Rules::default();
        let id = rules.add(Rule::new("acme", "throttled").always());
        assert_eq!(judge(&rules, "acme"), Some("throttled"));
        assert!(rules.remove(id));
        assert!(!rules.remove(id));
        assert_eq!(judge(&rules, "acme"), None);
    }

    #[test]
    fn of_two_rules_the_first_whose_turn_it_is_acts_and_both_count() {
        let rules = Rules::default();
        rules.add(Rule::new("acme", "first"));
        rules.add(Rule::new("acme", "second"));
        assert_eq!(judge(&rules, "acme"), Some("first"));
        assert_eq!(judge(&rules, "acme"), Some("second"));
        assert_eq!(rules.list()[1].seen, 2);
    }
}
