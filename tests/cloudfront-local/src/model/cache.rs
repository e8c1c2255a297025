//! One place's cache: bounded, least recently used out first.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::cache_key::CacheKey;
use super::object::Copy;
use super::propagation::Purge;

/// What one entry costs beside its own bytes.
const ENTRY_OVERHEAD: usize = 256;

/// Copies by cache key, with a bound on their bytes.
#[derive(Debug)]
pub struct Cache {
    entries: HashMap<Arc<CacheKey>, Entry>,
    /// Keys by last use, oldest first.
    order: BTreeMap<u64, Arc<CacheKey>>,
    uses: u64,
    bytes: usize,
    capacity: usize,
}

#[derive(Debug)]
struct Entry {
    copy: Copy,
    last_use: u64,
    weight: usize,
}

impl Cache {
    /// An empty cache of at most `capacity` bytes.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self {
            entries: HashMap::new(),
            order: BTreeMap::new(),
            uses: 0,
            bytes: 0,
            capacity,
        }
    }

    /// The copy under `key`, fresh or not; counts as a use.
    pub fn get(&mut self, key: &CacheKey) -> Option<Copy> {
        let entry = self.entries.get_mut(key)?;
        let shared = self.order.remove(&entry.last_use)?;
        self.uses += 1;
        entry.last_use = self.uses;
        self.order.insert(self.uses, shared);
        Some(entry.copy.clone())
    }

    /// Whether there is a copy under `key`, fresh or not.
    #[must_use]
    pub fn holds(&self, key: &CacheKey) -> bool {
        self.entries.contains_key(key)
    }

    /// Stores a copy; evicts what was used least recently until it fits. What can never fit is not stored.
    pub fn put(&mut self, key: CacheKey, copy: Copy) {
        self.remove(&key);
        let weight = ENTRY_OVERHEAD + key.weight() + copy.object.weight();
        if weight > self.capacity {
            return;
        }
        while self.bytes + weight > self.capacity {
            let Some((_, oldest)) = self.order.pop_first() else {
                break;
            };
            self.remove(&oldest);
        }
        self.uses += 1;
        let key = Arc::new(key);
        self.order.insert(self.uses, Arc::clone(&key));
        self.bytes += weight;
        let last_use = self.uses;
        self.entries.insert(
            key,
            Entry {
                copy,
                last_use,
                weight,
            },
        );
    }

    /// Removes the copy under `key`.
    pub fn remove(&mut self, key: &CacheKey) -> Option<Copy> {
        let entry = self.entries.remove(key)?;
        self.order.remove(&entry.last_use);
        self.bytes -= entry.weight;
        Some(entry.copy)
    }

    /// Removes every copy that the purge names; says how many.
    pub fn purge(&mut self, purge: &Purge) -> usize {
        let doomed: Vec<Arc<CacheKey>> = self
            .entries
            .iter()
            .filter(|(key, entry)| purge.names(key, &entry.copy.object.tags))
            .map(|(key, _)| Arc::clone(key))
            .collect();
        for key in &doomed {
            self.remove(key);
        }
        doomed.len()
    }

    /// All copies.
    pub fn iter(&self) -> impl Iterator<Item = (&CacheKey, &Copy)> {
        self.entries
            .iter()
            .map(|(key, entry)| (&**key, &entry.copy))
    }

    /// Bytes held.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }
}
