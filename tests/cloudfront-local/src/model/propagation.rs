//! A purge on its way: what it names, and when it reaches which place.

use std::time::Duration;

use super::cache_key::CacheKey;
use super::place::{Place, Pop};
use super::profile::Profile;
use super::tag::Tag;
use super::time::Time;

/// One item of an invalidation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// `#tag`.
    Tag(Tag),
    /// A path with its query; letter case counts.
    Path(String),
    /// A path ending in `*`, without the star.
    Prefix(String),
    /// Accepted, and hits nothing: a bare word where the profile lets it through.
    Nothing,
}

impl Item {
    fn names(&self, key: &CacheKey, tags: &[Tag]) -> bool {
        match self {
            Self::Tag(tag) => tags.contains(tag),
            Self::Path(path) => key.target() == *path,
            Self::Prefix(prefix) => key.target().starts_with(prefix.as_str()),
            Self::Nothing => false,
        }
    }
}

/// A purge and the moments at which it reaches each place.
#[derive(Clone, Debug)]
pub struct Purge {
    /// The distribution (or tenant) whose objects it removes.
    pub distribution: String,
    /// Its items: an object that any of them names is removed.
    pub items: Vec<Item>,
    /// When it reaches each place, soonest first.
    pub arrivals: Vec<(Time, Place)>,
}

impl Purge {
    /// Plans a purge: upper tiers first, then POP by POP, so that no POP refills from a tier that still holds
    /// the old object.
    #[must_use]
    pub fn plan(
        distribution: &str,
        items: Vec<Item>,
        profile: &Profile,
        rng: &mut fastrand::Rng,
        now: Time,
    ) -> Self {
        let mut regions: Vec<&str> = Pop::all().iter().map(|pop| pop.region).collect();
        regions.extend(SHIELD_ONLY_REGIONS);
        regions.sort_unstable();
        regions.dedup();
        let upper = profile.propagation / 2;
        let mut arrivals: Vec<(Time, Place)> = Vec::new();
        for region in regions {
            let at = now + upper + spread(profile.propagation_spread / 2, rng);
            arrivals.push((at, Place::new(region)));
        }
        let last_region = arrivals.iter().map(|(at, _)| *at).max().unwrap_or(now);
        for pop in Pop::all() {
            let at = last_region
                + (profile.propagation - upper)
                + spread(profile.propagation_spread / 2, rng);
            arrivals.push((at, pop.place()));
        }
        arrivals.sort();
        Self {
            distribution: distribution.to_owned(),
            items,
            arrivals,
        }
    }

    /// When the last place is reached.
    #[must_use]
    pub fn reached_everywhere(&self) -> Option<Time> {
        self.arrivals.last().map(|(at, _)| *at)
    }

    /// Whether it removes an object with this key and these tags.
    #[must_use]
    pub fn names(&self, key: &CacheKey, tags: &[Tag]) -> bool {
        self.distribution == key.distribution && self.items.iter().any(|item| item.names(key, tags))
    }
}

/// Regions that can be an Origin Shield though none of our POPs is nearest to them.
pub(crate) const SHIELD_ONLY_REGIONS: [&str; 4] =
    ["us-east-2", "us-west-2", "ap-south-1", "ap-northeast-2"];

fn spread(at_most: Duration, rng: &mut fastrand::Rng) -> Duration {
    let millis = u64::try_from(at_most.as_millis()).unwrap_or(u64::MAX);
    Duration::from_millis(rng.u64(0..=millis))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::request::ViewerRequest;
    use crate::model::{CachePolicy, ProfileName, Selection};

    #[test]
    fn upper_tiers_are_reached_before_any_pop() {
        let profile = ProfileName::Rough.profile();
        for seed in 0..50 {
            let mut rng = fastrand::Rng::with_seed(seed);
            let purge = Purge::plan("E1", Vec::new(), &profile, &mut rng, Time::from_millis(0));
            let is_pop = |place: &Place| Pop::named(place.as_str()).is_some();
            let first_pop = purge.arrivals.iter().position(|(_, place)| is_pop(place));
            let last_region = purge.arrivals.iter().rposition(|(_, place)| !is_pop(place));
            let moment = |index: Option<usize>| index.map(|i| purge.arrivals[i].0);
            assert!(moment(last_region) <= moment(first_pop), "seed {seed}");
        }
    }

    #[test]
    fn items_name_objects_as_documented() {
        let policy = CachePolicy {
            queries: Selection::All,
            ..CachePolicy::default()
        };
        let key = CacheKey::compose("E1", &policy, &ViewerRequest::get("/api/cost?window=1"));
        let tags: Vec<Tag> = Tag::parse("tenant:acme").into_iter().collect();
        let cases = [
            (Item::Tag(Tag::parse("TENANT:Acme").unwrap()), true),
            (Item::Tag(Tag::parse("tenant:acm").unwrap()), false),
            (Item::Path("/api/cost".to_owned()), false),
            (Item::Path("/api/cost?window=1".to_owned()), true),
            (Item::Prefix("/api/cost".to_owned()), true),
            (Item::Prefix("/API".to_owned()), false),
            (Item::Nothing, false),
        ];
        for (item, expected) in cases {
            assert_eq!(item.names(&key, &tags), expected, "{item:?}");
        }
    }
}
