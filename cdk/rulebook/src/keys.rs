//! The cache keys of a distribution's behaviours, as the lock of the cache key writes them down.

use serde::Serialize;
use warmfront::distribution::{Behavior, Distribution, Names, Policy};

/// The key of one behaviour; of a behaviour that does not cache, all is empty.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct KeyOfPattern {
    pattern: String,
    cached: bool,
    headers: KeyedNames,
    query_names: KeyedNames,
    cookies: KeyedNames,
    encodings: Vec<String>,
}

/// Names of one kind that are in a key: exactly these, or every one but these.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
enum KeyedNames {
    These(Vec<String>),
    #[serde(rename_all = "camelCase")]
    Others {
        all_but: Vec<String>,
    },
}

impl Default for KeyedNames {
    fn default() -> Self {
        Self::These(Vec::new())
    }
}

impl From<&Names> for KeyedNames {
    fn from(names: &Names) -> Self {
        let sorted = |names: &[String]| {
            let mut names = names.to_vec();
            names.sort();
            names
        };
        match names {
            Names::None => Self::default(),
            Names::All => Self::Others {
                all_but: Vec::new(),
            },
            Names::Only(names) => Self::These(sorted(names)),
            Names::AllBut(names) => Self::Others {
                all_but: sorted(names),
            },
        }
    }
}

/// In the order in which CloudFront tries the behaviours.
pub(crate) fn of(distribution: &Distribution) -> Vec<KeyOfPattern> {
    distribution.behaviors.iter().map(of_behavior).collect()
}

fn of_behavior(behavior: &Behavior) -> KeyOfPattern {
    let pattern = behavior.pattern.clone();
    match &behavior.cache {
        Policy::Known(key) if key.max_ttl > 0 => KeyOfPattern {
            pattern,
            cached: true,
            headers: (&key.headers).into(),
            query_names: (&key.query_names).into(),
            cookies: (&key.cookies).into(),
            encodings: key.encodings.clone(),
        },
        // Of a policy that cannot be read the rules say that its key cannot be checked.
        _ => KeyOfPattern {
            pattern,
            ..KeyOfPattern::default()
        },
    }
}
