//! Where copies lie: points of presence, regional edge caches, and the way a request takes through them.

use std::borrow::Cow;

use serde::Serialize;

/// A cache by name: a POP such as `FRA56-P4`, or a Region for its regional edge cache.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Place(Cow<'static, str>);

impl Place {
    /// A place of this name.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self(Cow::Owned(name.to_owned()))
    }

    const fn known(name: &'static str) -> Self {
        Self(Cow::Borrowed(name))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A point of presence and the Region of its regional edge cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Pop {
    /// As in `X-Amz-Cf-Pop`.
    pub name: &'static str,
    /// Region of the regional edge cache behind it.
    pub region: &'static str,
}

/// Ours; real names, so that clients that address POPs by name meet a plausible form.
const POPS: [Pop; 10] = [
    Pop {
        name: "FRA56-P4",
        region: "eu-central-1",
    },
    Pop {
        name: "FRA60-P1",
        region: "eu-central-1",
    },
    Pop {
        name: "LHR61-P3",
        region: "eu-west-2",
    },
    Pop {
        name: "DUB2-C1",
        region: "eu-west-1",
    },
    Pop {
        name: "IAD89-P1",
        region: "us-east-1",
    },
    Pop {
        name: "SFO5-P2",
        region: "us-west-1",
    },
    Pop {
        name: "NRT57-P1",
        region: "ap-northeast-1",
    },
    Pop {
        name: "SIN2-P1",
        region: "ap-southeast-1",
    },
    Pop {
        name: "SYD1-C1",
        region: "ap-southeast-2",
    },
    Pop {
        name: "GRU1-C1",
        region: "sa-east-1",
    },
];

impl Pop {
    /// All POPs.
    #[must_use]
    pub fn all() -> &'static [Self] {
        &POPS
    }

    /// The POP that a reader who names none is in.
    #[must_use]
    pub fn nearest() -> Self {
        POPS[0]
    }

    /// The first POP whose name begins so, whatever the letter case: `fra`, `FRA60-P1`.
    #[must_use]
    pub fn named(prefix: &str) -> Option<Self> {
        POPS.into_iter().find(|pop| {
            pop.name
                .get(..prefix.len())
                .is_some_and(|head| !head.is_empty() && head.eq_ignore_ascii_case(prefix))
        })
    }

    /// The POP's own cache.
    #[must_use]
    pub fn place(self) -> Place {
        Place::known(self.name)
    }
}

/// The caches between a viewer and the origin, nearest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// POP, regional edge cache, and Origin Shield where it is another Region's.
    pub places: Vec<Place>,
}

impl Route {
    /// POP, then its regional edge cache, then the shield. Origin Shield is a chosen regional edge cache, so a
    /// POP of that very Region has one tier less.
    #[must_use]
    pub fn through(pop: Pop, shield: Option<&str>) -> Self {
        let mut places = vec![pop.place(), Place::known(pop.region)];
        if let Some(region) = shield.filter(|region| *region != pop.region) {
            places.push(Place::new(region));
        }
        Self { places }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pops_are_found_by_city() {
        assert_eq!(Pop::named("nrt").map(|pop| pop.name), Some("NRT57-P1"));
        assert_eq!(Pop::named("FRA60-P1").map(|pop| pop.name), Some("FRA60-P1"));
        assert_eq!(Pop::named(""), None);
        assert_eq!(Pop::named("XXX"), None);
    }

    #[test]
    fn a_shield_in_the_pops_own_region_is_no_extra_tier() {
        let frankfurt = Pop::nearest();
        assert_eq!(
            Route::through(frankfurt, Some("eu-central-1")).places.len(),
            2
        );
        assert_eq!(Route::through(frankfurt, Some("us-east-1")).places.len(), 3);
    }
}
