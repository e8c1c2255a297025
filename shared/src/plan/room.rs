//! Whether a run fits into what Step Functions carries: 262,144 bytes from state to state, and the
//! same for a report. A run that outgrew it after the purge could neither go on nor be redriven, so
//! what may not fit is refused before.

use super::{Target, VariantChoice};

/// Most targets of a run. The state holds at most this many rows; the test beside this shows that
/// they fit with the longest values, the longest execution input in the context object, and what
/// Lambda wraps around an answer.
pub(super) const MOST_TARGETS: usize = 1_000;

/// Most that the rows of a report take without their evidence, in bytes of JSON. What is left of
/// the limit is for evidence.
pub(super) const MOST_VERDICT_BYTES: usize = 200_000;

/// What a row without evidence takes beside its path and variant:
/// `{"path":"","variant":{},"verdict":"uncacheable"},`.
const VERDICT_BYTES: usize = 50;

/// Notes what is too much of a selection.
pub(super) fn check(
    selected: &[usize],
    targets: &[Target],
    variants: &[VariantChoice],
    problems: &mut Vec<String>,
) {
    if selected.len() > MOST_TARGETS {
        problems.push(format!(
            "it selects {} targets (endpoints × variants), a run has at most {MOST_TARGETS}: \
             select endpoints, or a scope",
            selected.len()
        ));
    }
    let bytes: usize = selected
        .iter()
        .map(|number| verdict_bytes(&targets[*number], variants))
        .sum();
    if bytes > MOST_VERDICT_BYTES {
        problems.push(format!(
            "the paths of the {} targets would take {bytes} bytes of the report, it has room for \
             {MOST_VERDICT_BYTES}: select endpoints, or a scope",
            selected.len()
        ));
    }
}

fn verdict_bytes(target: &Target, variants: &[VariantChoice]) -> usize {
    let text = |text: &str| serde_json::Value::from(text).to_string().len();
    let variant: usize = variants[target.variant]
        .values
        .iter()
        .map(|(header, value)| text(header) + text(value) + 2)
        .sum();
    text(&target.path) + variant + VERDICT_BYTES
}
