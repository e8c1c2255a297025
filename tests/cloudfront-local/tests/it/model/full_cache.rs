//! A bounded cache against a list in the order of use.

use cloudfront_local::model::{Cache, Copy, Time};
use proptest::prelude::*;

use super::reference::{answer, cache_key};

#[test]
fn a_full_cache_drops_what_was_used_least_recently() {
    let copy = || Copy {
        object: answer(0, Time::default(), Time::default(), 1),
        late: false,
    };
    let one = {
        let mut cache = Cache::new(usize::MAX);
        cache.put(cache_key(0), copy());
        cache.bytes()
    };
    let operations = prop::collection::vec((0..8_usize, any::<bool>()), 1..300);
    proptest!(ProptestConfig::with_cases(200), |(operations in operations, room in 1..5_usize)| {
        let mut cache = Cache::new(one * room);
        // Least recently used first.
        let mut naive: Vec<usize> = Vec::new();
        for (key, is_put) in operations {
            let held = naive.contains(&key);
            if is_put {
                cache.put(cache_key(key), copy());
            } else {
                prop_assert_eq!(cache.get(&cache_key(key)).is_some(), held);
            }
            if is_put || held {
                naive.retain(|other| *other != key);
                naive.push(key);
            }
            if naive.len() > room {
                naive.remove(0);
            }
            prop_assert!(cache.bytes() <= one * room);
            prop_assert_eq!(cache.iter().count(), naive.len());
        }
    });
}
