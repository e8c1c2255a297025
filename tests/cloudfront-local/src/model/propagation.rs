//! A purge on its way: what it names, and when it reaches which place.

use std::collections::BTreeSet;
use std::fmt;
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

impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tag(tag) => write!(f, "#{}", tag.as_str()),
            Self::Path(path) => f.write_str(path),
            Self::Prefix(prefix) => write!(f, "{prefix}*"),
            Self::Nothing => f.write_str("(nothing)"),
        }
    }
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
    /// The distributions and distribution tenants whose objects it removes.
    pub owners: Vec<String>,
    /// Its items: an object that any of them names is removed.
    pub items: Vec<Item>,
    /// When it reaches each place, soonest first.
    pub arrivals: Vec<(Time, Place)>,
}

impl Purge {
    /// Plans a purge: Origin Shields first, then the other regional edge caches, then the POPs, so that nothing
    /// refills from a tier that still holds the old object.
    #[must_use]
    pub fn plan(
        owners: Vec<String>,
        items: Vec<Item>,
        shields: &[&str],
        profile: &Profile,
        rng: &mut fastrand::Rng,
        now: Time,
    ) -> Self {
        let regions: BTreeSet<&str> = Pop::all()
            .iter()
            .map(|pop| pop.region)
            .chain(shields.iter().copied())
            .collect();
        let (first, second): (Vec<&str>, Vec<&str>) = regions
            .into_iter()
            .partition(|region| shields.contains(region));
        let pops: Vec<&str> = Pop::all().iter().map(|pop| pop.name).collect();
        let mut arrivals: Vec<(Time, Place)> = Vec::new();
        let mut begun = now;
        for tier in [first, second, pops] {
            for name in tier {
                let at = begun
                    + profile.propagation / TIERS
                    + spread(profile.propagation_spread / TIERS, rng);
                arrivals.push((at, Place::new(name)));
            }
            begun = arrivals.iter().map(|(at, _)| *at).max().unwrap_or(now);
        }
        arrivals.sort();
        Self {
            owners,
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
        self.concerns(key) && self.items.iter().any(|item| item.names(key, tags))
    }

    /// Whether the object with this key belongs to an owner that it is for.
    #[must_use]
    pub fn concerns(&self, key: &CacheKey) -> bool {
        self.owners.contains(&key.distribution)
    }
}

/// Shields, regional edge caches, POPs: each is done before the next begins.
const TIERS: u32 = 3;

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
    fn each_tier_is_reached_before_the_next() {
        let profile = ProfileName::Rough.profile();
        let tier = |place: &Place| match place.as_str() {
            "eu-west-1" => 0,
            name if Pop::named(name).is_none() => 1,
            _ => 2,
        };
        for seed in 0..50 {
            let mut rng = fastrand::Rng::with_seed(seed);
            let purge = Purge::plan(
                Vec::new(),
                Vec::new(),
                &["eu-west-1"],
                &profile,
                &mut rng,
                Time::default(),
            );
            let mut moments = purge
                .arrivals
                .iter()
                .map(|(at, place)| (tier(place), *at))
                .collect::<Vec<_>>();
            moments.sort();
            assert!(moments.is_sorted_by_key(|(_, at)| *at), "seed {seed}");
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
