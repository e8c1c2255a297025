//! The whole model: distributions, caches, invalidations and the profile, behind one seeded generator.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::cache_key::CacheKey;
use super::distribution::{Distribution, Tenant};
use super::fetch::{Completion, FetchId, Finished, Ticket};
use super::invalidation::{Batch, Invalidation, Invalidations, Target, parse_items};
use super::network::{Lookup, Network};
use super::object::Object;
use super::place::Route;
use super::profile::Profile;
use super::propagation::{Item, Purge};
use super::rate::RateBucket;
use super::refusal::Refusal;
use super::time::Time;

/// CloudFront, as far as it is state.
#[derive(Debug)]
pub struct World {
    /// Distributions by id.
    pub distributions: BTreeMap<String, Arc<Distribution>>,
    /// Distribution tenants by id.
    pub tenants: BTreeMap<String, Tenant>,
    /// Caches, fetches, purges.
    pub network: Network,
    /// Invalidations.
    pub invalidations: Invalidations,
    /// Knobs; may be turned at any time.
    pub profile: Profile,
    rng: fastrand::Rng,
    creations: Option<RateBucket>,
}

impl World {
    /// A world with empty caches of at most `capacity` bytes each.
    #[must_use]
    pub fn new(
        distributions: Vec<Distribution>,
        profile: Profile,
        capacity: usize,
        seed: u64,
    ) -> Self {
        Self {
            distributions: distributions
                .into_iter()
                .map(|distribution| (distribution.id.clone(), Arc::new(distribution)))
                .collect(),
            tenants: BTreeMap::new(),
            network: Network::new(capacity),
            invalidations: Invalidations::default(),
            profile,
            rng: fastrand::Rng::with_seed(seed),
            creations: None,
        }
    }

    /// Draws: true with this chance.
    pub fn chance(&mut self, chance: f64) -> bool {
        chance > 0.0 && self.rng.f64() < chance
    }

    /// An id as AWS makes them: a letter and upper-case letters and digits.
    pub fn fresh_id(&mut self, first: char, length: usize) -> String {
        const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
        let tail = (1..length).map(|_| char::from(ALPHABET[self.rng.usize(..ALPHABET.len())]));
        std::iter::once(first)
            .chain(tail.collect::<Vec<_>>())
            .collect()
    }

    /// The trouble that the profile has for a control plane call, if any.
    pub fn random_trouble(&mut self) -> Option<Refusal> {
        let (throttle, unavailable) = (self.profile.throttle, self.profile.unavailable);
        if self.chance(throttle) {
            return Some(Refusal::throttled());
        }
        self.chance(unavailable).then(Refusal::unavailable)
    }

    /// The distribution whose objects a target means.
    pub fn distribution_of(&self, target: &Target) -> Result<&Arc<Distribution>, Refusal> {
        match target {
            Target::Distribution(id) => self.distributions.get(id).ok_or_else(|| {
                Refusal::new(
                    404,
                    "NoSuchDistribution",
                    "The specified distribution does not exist.",
                )
            }),
            Target::Tenant(id) => self
                .tenants
                .get(id)
                .and_then(|tenant| self.distributions.get(&tenant.distribution))
                .ok_or_else(|| Refusal::new(404, "EntityNotFound", "The entity was not found.")),
        }
    }

    /// Whose objects a target means: an invalidation of a distribution reaches its tenants' objects too.
    fn owners(&self, target: &Target) -> Vec<String> {
        let tenants = self.tenants.values().filter(
            |tenant| matches!(target, Target::Distribution(id) if *id == tenant.distribution),
        );
        let own = std::iter::once(target.id().to_owned());
        own.chain(tenants.map(|tenant| tenant.id.clone())).collect()
    }

    /// The tenant of a distribution that a host name belongs to.
    #[must_use]
    pub fn tenant_of(&self, distribution: &str, host: &str) -> Option<&Tenant> {
        self.tenants.values().find(|tenant| {
            tenant.distribution == distribution
                && tenant
                    .domains
                    .iter()
                    .any(|domain| domain.eq_ignore_ascii_case(host))
        })
    }

    /// Creates an invalidation and sends its purge on its way; the same batch again is answered with the first.
    pub fn create_invalidation(
        &mut self,
        target: &Target,
        batch: Batch,
        now: Time,
    ) -> Result<Invalidation, Refusal> {
        let (rate, burst) = (self.profile.create_rate, self.profile.create_burst);
        let bucket = self
            .creations
            .get_or_insert_with(|| RateBucket::new(burst, now));
        if !bucket.take(rate, burst, now) {
            return Err(Refusal::throttled());
        }
        let distribution = Arc::clone(self.distribution_of(target)?);
        let mut items = parse_items(&batch, &self.profile)?;
        if let Some(first) = self
            .invalidations
            .by_reference(target, &batch.caller_reference)
        {
            return if first.batch == batch {
                Ok(first.clone())
            } else {
                Err(Refusal::reference_used(self.profile.replay_form))
            };
        }
        self.invalidations
            .check_quota(target, &items, &self.profile, now)?;
        if distribution.tag_header.is_none() {
            // Reported of the real one: tags are ignored, and the invalidation completes all the same.
            items.retain(|item| !matches!(item, Item::Tag(_)));
        }
        let purge = Purge::plan(
            self.owners(target),
            items,
            &distribution.shields(),
            &self.profile,
            &mut self.rng,
            now,
        );
        let reached = purge.reached_everywhere().unwrap_or(now);
        let reporting =
            self.profile.completion + self.profile.completion_spread.mul_f64(self.rng.f64());
        let invalidation = Invalidation {
            id: self.fresh_id('I', 25),
            target: target.clone(),
            created: now,
            completes: reached + reporting,
            batch,
        };
        self.network.send(purge);
        self.invalidations.enter(invalidation.clone());
        Ok(invalidation)
    }

    /// An invalidation by id.
    pub fn invalidation(&self, target: &Target, id: &str) -> Result<&Invalidation, Refusal> {
        self.distribution_of(target)?;
        self.invalidations.get(target, id).ok_or_else(|| {
            Refusal::new(
                404,
                "NoSuchInvalidation",
                "The specified invalidation does not exist.",
            )
        })
    }

    /// Looks for a copy along the route; see [`Network::lookup`].
    pub fn lookup(&mut self, route: &Route, key: &CacheKey, now: Time) -> Lookup {
        self.network.lookup(route, key, now)
    }

    /// Looks for a copy without joining; see [`Network::lookup_apart`].
    pub fn lookup_apart(&mut self, route: &Route, key: &CacheKey, now: Time) -> Lookup {
        self.network.lookup_apart(route, key, now)
    }

    /// Ends a fetch with its answer. `object` is nothing if it is not to be stored, `shared` is false if those who
    /// joined may not have it either.
    pub fn complete(
        &mut self,
        fetch: FetchId,
        object: Option<&Arc<Object>>,
        shared: bool,
        now: Time,
    ) -> Finished {
        let (chance, rng) = (self.profile.late_fill, &mut self.rng);
        self.network.complete(fetch, object, shared, now, || {
            chance > 0.0 && rng.f64() < chance
        })
    }

    /// What the end of a fetch means for a request that waited for it.
    pub fn outcome(&mut self, finished: &Finished, ticket: &Ticket) -> Completion {
        let (chance, rng) = (self.profile.late_collapse, &mut self.rng);
        finished.outcome(ticket, || chance > 0.0 && rng.f64() < chance)
    }
}
