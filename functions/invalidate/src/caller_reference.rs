//! The caller reference: what makes repeating the step harmless.

use sha2::{Digest, Sha256};
use warmfront::message::{Execution, PurgeTarget};

/// Derives the caller reference of one purge.
///
/// A retry of the same step derives the same reference, so CloudFront creates nothing twice. A
/// redrive, or the next purge of the run, derives another one: CloudFront may remember a reference
/// for ever, and would answer with the old, completed invalidation.
///
/// `items` are in canonical order. `take` counts the references that were tried for this purge.
#[must_use]
pub fn caller_reference(
    execution: &Execution,
    ordinal: u32,
    target: &PurgeTarget,
    items: &[String],
    take: u32,
) -> String {
    let (kind, id) = match target {
        PurgeTarget::Distribution(id) => ("distribution", id.as_str()),
        PurgeTarget::DistributionTenant(id) => ("distribution-tenant", id.as_str()),
    };
    let numbers = [execution.redrive_count, ordinal, take].map(|number| number.to_string());
    let mut hash = Sha256::new();
    let parts = [execution.id.as_str(), kind, id]
        .into_iter()
        .chain(numbers.iter().map(String::as_str))
        .chain(items.iter().map(String::as_str));
    for part in parts {
        // The length keeps neighbouring parts apart.
        hash.update(part.len().to_be_bytes());
        hash.update(part);
    }
    let digest = hash.finalize();
    let hex = digest.iter().map(|byte| format!("{byte:02x}"));
    format!("warmfront-{}", hex.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_repetition_of_the_same_purge_repeats_the_reference() {
        let execution = |id: &str, redrive_count| Execution::new(id, redrive_count);
        let target = PurgeTarget::Distribution("dt_E1".into());
        let tenant = PurgeTarget::DistributionTenant("dt_E1".to_owned().try_into().unwrap());
        let items = ["#tenant:acme".to_owned()];
        let others = ["#tenant:ac".to_owned(), "me".to_owned()];
        let first = caller_reference(&execution("x", 0), 1, &target, &items, 0);
        assert_eq!(
            first,
            caller_reference(&execution("x", 0), 1, &target, &items, 0)
        );
        let different = [
            caller_reference(&execution("y", 0), 1, &target, &items, 0),
            caller_reference(&execution("x", 1), 1, &target, &items, 0),
            caller_reference(&execution("x", 0), 2, &target, &items, 0),
            caller_reference(&execution("x", 0), 1, &tenant, &items, 0),
            caller_reference(&execution("x", 0), 1, &target, &others, 0),
            caller_reference(&execution("x", 0), 1, &target, &items, 1),
        ];
        for other in &different {
            assert_ne!(&first, other);
        }
        // CloudFront's limit is not documented; 128 is what other caller references have.
        assert!(first.len() <= 128);
    }
}
