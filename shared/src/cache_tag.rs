//! Cache tags: what origin responses carry and what an invalidation names.

use std::fmt;

use crate::tenant::TenantId;

/// A CloudFront cache tag of one tenant, or of one scope of one tenant.
///
/// Several tags in one invalidation are OR-ed, so "this tenant and this scope" has to be a tag of
/// its own (CloudFront Developer Guide, "Invalidate by cache tag").
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CacheTag(String);

impl CacheTag {
    /// The tag on every cached response of the tenant.
    #[must_use]
    pub fn tenant(prefix: &str, tenant: &TenantId) -> Self {
        Self(format!("{prefix}{tenant}"))
    }

    /// The tag on the tenant's cached responses in `scope`.
    #[must_use]
    pub fn scoped(prefix: &str, tenant: &TenantId, scope: &str) -> Self {
        Self(format!("{prefix}{tenant}:{scope}"))
    }

    /// The same tag on what has this data version: old copies can be purged by themselves. `@` is
    /// in no tenant id and in no scope's name.
    #[must_use]
    pub fn versioned(&self, version: &str) -> Self {
        Self(format!("{}@{version}", self.0))
    }

    /// The tag as an item of an invalidation. Without the `#` CloudFront would read a path.
    #[must_use]
    pub fn invalidation_item(&self) -> String {
        format!("#{}", self.0)
    }

    /// The tag as the response header carries it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CacheTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scoped_tag_differs_from_every_tenant_tag() {
        let tenant = TenantId::parse("acme").unwrap();
        assert_eq!(
            CacheTag::tenant("tenant:", &tenant).invalidation_item(),
            "#tenant:acme"
        );
        // ':' is outside the tenant alphabet, so no tenant can be named "acme:cost".
        let scoped = CacheTag::scoped("tenant:", &tenant, "cost");
        assert_eq!(scoped.as_str(), "tenant:acme:cost");
        assert!(TenantId::parse("acme:cost").is_err());
    }
}
