//! The contract: what "this tenant's cached responses" means, in one file.
//!
//! `shared/contract.json` is read by the CDK app (cache policies, tag header, timeouts), by the
//! edge functions (bundled at synth) and by the Lambda functions (beside their `bootstrap`).
//! `shared/contract.schema.json` describes its shape; the rulebook checks what a schema cannot say.

mod canonical;
mod json;
mod reading;
mod section;
mod variant;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::Serialize;

use crate::cache_tag::CacheTag;
use crate::path_pattern;
use crate::rule::Problem;
use crate::tenant::TenantId;
use crate::version::{self, VersionOrder};

pub(crate) use reading::read;
pub use variant::{Variant, VariantSource, VariantValue};

/// Stands for the tenant id in paths of the contract.
pub const TENANT_PLACEHOLDER: &str = "{tenant}";

/// The most variants (product of all values that are prewarmed) that one endpoint may have.
pub const MAX_VARIANTS: usize = 32;

/// The name of the contract's file in a function's package.
pub const FILE_NAME: &str = "contract.json";

/// A contract without contradictions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Contract {
    /// Response header that carries the cache tags, lower-case.
    pub tag_header: String,
    /// The header before a rename, as long as objects tagged under it are cached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous_tag_header: Option<String>,
    /// What every tenant tag begins with.
    pub tag_prefix: String,
    /// How requests and responses name the tenant.
    pub tenant: TenantNaming,
    /// What the cache key consists of, beside the path.
    pub cache_key: CacheKey,
    /// Normalised request headers that split the cache, in order.
    pub variants: Vec<Variant>,
    /// Where the origin stamps its data version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<VersionStamp>,
    /// Path patterns whose responses are cached, one cache behaviour each, in order.
    pub paths: Vec<CachedPath>,
    /// Scope name → path patterns.
    pub scopes: BTreeMap<String, Vec<String>>,
    /// What is requested after a purge, in this order.
    pub endpoints: Vec<Endpoint>,
    /// A cheap, uncached endpoint that answers with the data version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub probe: Option<Probe>,
    /// Path patterns that are purged together with the tag.
    #[serde(rename = "migration", serialize_with = "canonical::migration")]
    pub migration_paths: Vec<String>,
}

/// How requests and responses name the tenant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TenantNaming {
    /// Request header, lower-case; part of the cache key.
    pub header: String,
    /// Query names.
    pub query_names: Vec<String>,
    /// Claim of the viewer's token.
    pub claim: String,
    /// Group whose members may name any tenant.
    pub superadmin_group: String,
    /// Group of the prewarmer's user, whose members may name any tenant at the edge, and may do
    /// nothing else.
    pub prewarm_group: String,
    /// Response header in which the origin names the tenant, lower-case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_header: Option<String>,
}

/// What the cache key consists of, beside the path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CacheKey {
    /// Request headers, lower-case.
    pub headers: Vec<String>,
    /// Query names.
    pub query_names: Vec<String>,
    /// Cookie names.
    pub cookies: Vec<String>,
    /// Content codings, of `br` and `gzip`.
    pub encodings: Vec<String>,
    /// Which entries are prewarmed, of the encodings and `identity`.
    pub warmed: Vec<String>,
    /// What the prewarmer sends in those of `headers` that are neither the tenant's nor a
    /// variant's.
    pub sent_headers: BTreeMap<String, String>,
    /// What the prewarmer sends in `cookies`.
    pub sent_cookies: BTreeMap<String, String>,
}

/// Where the origin stamps its data version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct VersionStamp {
    /// Response header, lower-case.
    pub header: String,
    /// How two versions compare.
    pub order: VersionOrder,
    /// Whether cached responses carry tags with their version too.
    pub tags: bool,
}

/// A path pattern whose responses are cached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CachedPath {
    /// CloudFront path pattern.
    pub pattern: String,
    /// Time to live when the origin names none.
    #[serde(serialize_with = "canonical::seconds")]
    pub default_ttl: Duration,
    /// Longest time to live.
    #[serde(serialize_with = "canonical::seconds")]
    pub max_ttl: Duration,
}

/// An endpoint that people open first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Endpoint {
    /// Path and query, with `{tenant}`, in the bytes that browsers send.
    pub path: String,
    /// The scope it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// Longest time a complete answer may take.
    #[serde(serialize_with = "canonical::seconds")]
    pub timeout: Duration,
    /// Whether a run fails without it.
    pub required: bool,
    /// Where in the body the tenant is named (RFC 6901).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenant_pointer: Option<String>,
}

/// A cheap, uncached endpoint that answers with the data version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Probe {
    /// Path and query, with `{tenant}`.
    pub path: String,
    /// Longest time an answer may take.
    #[serde(serialize_with = "canonical::seconds")]
    pub timeout: Duration,
}

/// Everything that is wrong with a contract.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the contract is wrong: {}", joined(problems))]
pub struct InvalidContract {
    /// Each names its place, its consequence and its mend.
    pub problems: Vec<Problem>,
}

fn joined(problems: &[Problem]) -> String {
    let texts: Vec<_> = problems.iter().map(ToString::to_string).collect();
    texts.join(" | ")
}

/// A scope that the contract does not have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("scope {scope:?} is not in the contract, its scopes are {known}")]
pub struct UnknownScope {
    /// The scope that was asked for.
    pub scope: String,
    /// Those that there are.
    pub known: String,
}

impl Contract {
    /// The tag that a purge of this tenant, or of one scope of it, names.
    #[must_use]
    pub fn tag(&self, tenant: &TenantId, scope: Option<&str>) -> CacheTag {
        match scope {
            None => CacheTag::tenant(&self.tag_prefix, tenant),
            Some(scope) => CacheTag::scoped(&self.tag_prefix, tenant, scope),
        }
    }

    /// Whether there is such a scope. A tag of one that is not there purges nothing, in silence.
    pub fn check_scope(&self, scope: Option<&str>) -> Result<(), UnknownScope> {
        match scope {
            Some(scope) if !self.scopes.contains_key(scope) => {
                let known: Vec<_> = self.scopes.keys().map(String::as_str).collect();
                Err(UnknownScope {
                    scope: scope.to_owned(),
                    known: known.join(", "),
                })
            }
            _ => Ok(()),
        }
    }

    /// What a purge of this tenant, or of one scope of it, names: the tag, and the paths that cover
    /// objects cached before tagging. Sorted and without repetitions, since the caller reference of
    /// an invalidation stands for exactly this list.
    pub fn purge_items(
        &self,
        tenant: &TenantId,
        scope: Option<&str>,
    ) -> Result<Vec<String>, UnknownScope> {
        self.check_scope(scope)?;
        let tag = self.tag(tenant, scope).invalidation_item();
        let paths = self
            .migration_paths
            .iter()
            .filter(|path| scope.is_none_or(|scope| self.in_scope(scope, path)))
            .map(|path| path.replace(TENANT_PLACEHOLDER, tenant.as_str()));
        let items: BTreeSet<String> = std::iter::once(tag).chain(paths).collect();
        Ok(items.into_iter().collect())
    }

    /// The tags that a cached response carries: the tenant's first, then one for each scope that
    /// the path belongs to; where the response has a version and the contract wants it in tags,
    /// then the same with the version. A version that cannot stand in a tag adds none.
    #[must_use]
    pub fn response_tags(
        &self,
        tenant: &TenantId,
        path: &str,
        version: Option<&str>,
    ) -> Vec<CacheTag> {
        let mut tags = vec![self.tag(tenant, None)];
        for scope in self.scopes.keys() {
            if self.in_scope(scope, path) {
                tags.push(self.tag(tenant, Some(scope)));
            }
        }
        let in_tags = self.version.as_ref().is_some_and(|stamp| stamp.tags);
        if let Some(version) = version.filter(|given| in_tags && version::is_text(given)) {
            let versioned: Vec<_> = tags.iter().map(|tag| tag.versioned(version)).collect();
            tags.extend(versioned);
        }
        tags
    }

    /// Whether a path (a query string is ignored) belongs to a scope.
    #[must_use]
    pub fn in_scope(&self, scope: &str, path: &str) -> bool {
        let path = without_query(path);
        self.scopes.get(scope).is_some_and(|patterns| {
            patterns
                .iter()
                .any(|pattern| path_pattern::matches(pattern, path))
        })
    }
}

impl Endpoint {
    /// The path and query for one tenant.
    #[must_use]
    pub fn path_for(&self, tenant: &TenantId) -> String {
        self.path.replace(TENANT_PLACEHOLDER, tenant.as_str())
    }
}

/// A path without its query string.
#[must_use]
pub fn without_query(path: &str) -> &str {
    path.split_once('?').map_or(path, |(path, _)| path)
}

#[cfg(test)]
mod tests;
