//! Holds a distribution against the contract: mistakes that CloudFront accepts in silence, and that
//! end in another tenant's data, a purge of nothing or a cache that nobody reads.

mod edge;
mod endpoints;
mod forwarding;
mod key;
mod whole;

use std::collections::BTreeSet;

use crate::contract::{Contract, TENANT_PLACEHOLDER, without_query};
use crate::distribution::{Behavior, Distribution};
use crate::path_pattern;
use crate::rule::{Problem, distribution as rules};

/// What a distribution is held against, beside the contract.
#[derive(Clone, Debug, Default)]
pub struct Expected {
    /// Patterns that are meant to be reached without a token.
    pub public_paths: Vec<String>,
    /// Patterns that are meant to take signed URLs and cookies only.
    pub signed_paths: Vec<String>,
    /// References of the cache tagger; none where its tag tells it.
    pub taggers: Vec<String>,
    /// References of the viewer authorizer; none where its tag tells it.
    pub authorizers: Vec<String>,
    /// Whether the API is meant to be reached by plain HTTP.
    pub plain_http_origin: bool,
    /// The error caching TTL that the prewarmer reckons with, in seconds.
    pub error_caching_ttl: Option<u64>,
}

/// The roles of edge functions.
pub(crate) const TAGGER: &str = "tagger";
pub(crate) const AUTHORIZER: &str = "authorizer";

/// Everything that is wrong with a distribution for this contract.
#[must_use]
pub fn check_distribution(
    distribution: &Distribution,
    contract: &Contract,
    expected: &Expected,
) -> Vec<Problem> {
    let mut checked = Checked::of(distribution, contract, expected);
    whole::check(&mut checked);
    for behavior in &distribution.behaviors {
        edge::check(behavior, &mut checked);
        key::check(behavior, &mut checked);
        forwarding::check(behavior, &mut checked);
    }
    endpoints::check(&mut checked);
    checked.found
}

/// A distribution with what is known of its behaviours, and the problems found so far.
struct Checked<'a> {
    distribution: &'a Distribution,
    contract: &'a Contract,
    expected: &'a Expected,
    /// Hosts that answer with tenants' data.
    apis: BTreeSet<&'a str>,
    found: Vec<Problem>,
}

impl<'a> Checked<'a> {
    fn of(distribution: &'a Distribution, contract: &'a Contract, expected: &'a Expected) -> Self {
        let mut checked = Self {
            distribution,
            contract,
            expected,
            apis: BTreeSet::new(),
            found: Vec::new(),
        };
        let tenants = distribution
            .behaviors
            .iter()
            .filter(|each| checked.serves_tenants(each));
        checked.apis = tenants
            .flat_map(|behavior| &behavior.origins)
            // Buckets hold nothing of a tenant's.
            .filter(|origin| origin.custom.is_some())
            .map(|origin| origin.domain_name.as_str())
            .collect();
        checked
    }

    fn is_public(&self, behavior: &Behavior) -> bool {
        !behavior.is_default && self.expected.public_paths.contains(&behavior.pattern)
    }

    /// Whether a behaviour answers for a path of the contract. The default one only where it does.
    fn serves_tenants(&self, behavior: &Behavior) -> bool {
        if self.is_public(behavior) {
            return false;
        }
        let serves = |path: &str| {
            let served = self.distribution.behavior_for(&filled(path));
            served.is_some_and(|each| std::ptr::eq(each, behavior))
        };
        self.contract
            .endpoints
            .iter()
            .any(|endpoint| serves(&endpoint.path))
            || !behavior.is_default
                && self
                    .contract
                    .paths
                    .iter()
                    .any(|p| path_pattern::overlap(&p.pattern, &behavior.pattern))
    }

    /// Whether a behaviour can hand out what the tenant API says.
    fn reaches_api(&self, behavior: &Behavior) -> bool {
        self.serves_tenants(behavior)
            || behavior
                .origins
                .iter()
                .any(|o| self.apis.contains(o.domain_name.as_str()))
    }

    fn has_role(&self, behavior: &Behavior, event: &str, role: &str) -> bool {
        let named = if role == TAGGER {
            &self.expected.taggers
        } else {
            &self.expected.authorizers
        };
        behavior.edge.get(event).is_some_and(|function| {
            if named.is_empty() {
                function.role.as_deref() == Some(role)
            } else {
                // Another installation's has the tag as well.
                named.contains(&function.reference)
            }
        })
    }

    fn is_authorized(&self, behavior: &Behavior) -> bool {
        self.has_role(behavior, "viewer-request", AUTHORIZER)
    }
}

/// A tenant that nobody has written into a pattern.
const SOME_TENANT: &str = "a.tenant-0";

/// The path of a request for some tenant, without its query.
fn filled(path: &str) -> String {
    without_query(path).replace(TENANT_PLACEHOLDER, SOME_TENANT)
}

/// Query names of a request, as written.
fn query_names(path: &str) -> impl Iterator<Item = &str> {
    let query = path.split_once('?').map_or("", |(_, query)| query);
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs.map(|pair| pair.split_once('=').map_or(pair, |(name, _)| name))
}
