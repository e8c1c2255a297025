//! What can be scripted at the origin.

use serde::{Deserialize, Serialize};

/// Requests for some tenant's data, or for some path, or both.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct Served {
    /// Any tenant when absent.
    #[serde(default)]
    pub tenant: Option<String>,
    /// Any path when absent; without the query.
    #[serde(default)]
    pub path: Option<String>,
}

impl Served {
    /// Requests for this path of this tenant.
    #[must_use]
    pub fn path(tenant: &str, path: &str) -> Self {
        Self {
            tenant: Some(tenant.to_owned()),
            path: Some(path.to_owned()),
        }
    }

    /// All requests of this tenant.
    #[must_use]
    pub fn tenant(tenant: &str) -> Self {
        Self {
            tenant: Some(tenant.to_owned()),
            path: None,
        }
    }

    pub(super) fn matches(&self, tenant: &str, path: &str) -> bool {
        self.tenant.as_deref().is_none_or(|wanted| wanted == tenant)
            && self.path.as_deref().is_none_or(|wanted| wanted == path)
    }
}

/// What becomes of a request.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(
    tag = "kind",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum OriginFault {
    /// An error with this status, at once.
    Status {
        /// 401, 403, 429, 500, ...
        status: u16,
    },
    /// The connection is reset without an answer.
    Reset,
    /// No answer comes.
    Hang,
    /// The answer comes over this time.
    SlowBody {
        /// How long.
        milliseconds: u64,
    },
    /// The connection ends in the middle of the body.
    Truncated,
    /// The data of another tenant, in body and header.
    OtherTenant {
        /// Whose.
        tenant: String,
    },
    /// The data of another tenant, in the body alone.
    OtherTenantsBody {
        /// Whose.
        tenant: String,
    },
    /// The answer says that it must not be stored.
    Uncacheable,
    /// The answer carries this data version.
    Version {
        /// Which.
        version: String,
    },
}
