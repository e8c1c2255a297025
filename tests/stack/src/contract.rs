//! What the stack takes from a contract: how tenants, versions and variants are named, and which endpoints there are.
//!
//! Whether a contract is right is said by the CDK app, which is synthesized with the same file.

use std::{fs, path::Path};

use serde::{Deserialize, Serialize};

use crate::error::StackError;

/// Stands for the tenant in paths.
const TENANT: &str = "{tenant}";

/// The parts of a contract that matter here.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Contract {
    /// What every tag of a tenant begins with.
    pub tag_prefix: String,
    /// How requests, answers and tokens name the tenant.
    pub tenant: TenantNames,
    /// Headers of the cache key that are made from a browser's.
    pub variants: Vec<Variant>,
    /// How the origin stamps its data version.
    #[serde(default)]
    pub version: Option<Version>,
    /// What people open first.
    pub endpoints: Vec<Endpoint>,
    /// The cheap endpoint that tells the data version.
    #[serde(default)]
    pub probe: Option<Endpoint>,
}

/// How requests, answers and tokens name the tenant.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TenantNames {
    /// Request header.
    pub header: String,
    /// Query parameters.
    pub query_names: Vec<String>,
    /// Claim of a token.
    pub claim: String,
    /// Group that may name any tenant.
    pub superadmin_group: String,
    /// Group of the prewarmer, if it has one of its own.
    #[serde(default)]
    pub prewarm_group: Option<String>,
    /// Response header.
    #[serde(default)]
    pub response_header: Option<String>,
}

/// A header of the cache key that is made from a browser's.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Variant {
    /// The header of the key.
    pub header: String,
    /// The browser's header.
    pub from: String,
    /// The value that stands for everything else.
    pub default: String,
    /// All values.
    pub values: Vec<VariantValue>,
}

/// One of a variant's values.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct VariantValue {
    /// What stands in the key.
    pub value: String,
    /// What a browser sends to get it; nothing where it is made from a claim.
    #[serde(default)]
    pub send: String,
    /// Whether it is prewarmed.
    #[serde(default = "yes")]
    pub prewarm: bool,
}

fn yes() -> bool {
    true
}

impl Variant {
    /// What the browser of most people sends: the default, if it is warmed, else what is.
    #[must_use]
    pub fn usual(&self) -> &str {
        let warmed = || self.values.iter().filter(|value| value.prewarm);
        let value = warmed()
            .find(|value| value.value == self.default)
            .or_else(|| warmed().next())
            .or(self.values.first());
        value.map_or("", |value| &value.send)
    }
}

/// How the origin stamps its data version.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Version {
    /// Response header.
    pub header: String,
    /// `integer`, `timestamp` or `opaque`.
    pub order: String,
}

/// An endpoint, its path with `{tenant}`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Endpoint {
    /// With its query.
    pub path: String,
    /// Whether a run fails without it.
    #[serde(default = "yes")]
    pub required: bool,
    /// Where the body names the tenant.
    #[serde(default)]
    pub tenant_pointer: Option<String>,
}

impl Endpoint {
    /// The path with its query for a tenant.
    #[must_use]
    pub fn of(&self, tenant: &str) -> String {
        self.path.replace(TENANT, tenant)
    }

    /// Whether a request of this tenant for this path, without its query, is for this endpoint.
    pub(crate) fn is_at(&self, path: &str, tenant: &str) -> bool {
        self.of(tenant).split('?').next() == Some(path)
    }
}

impl Contract {
    /// Reads a contract.
    pub fn read(file: &Path) -> Result<Self, StackError> {
        let what = format!("read the contract {}", file.display());
        let text = fs::read(file).map_err(StackError::io(what.clone()))?;
        serde_json::from_slice(&text).map_err(|error| StackError::unusable(what, error.to_string()))
    }

    /// The cache tag of a tenant.
    #[must_use]
    pub fn tag(&self, tenant: &str) -> String {
        format!("{}{tenant}", self.tag_prefix)
    }

    /// The data version that comes as the `nth`, in the contract's order.
    #[must_use]
    pub fn nth_version(&self, nth: u32) -> String {
        match self.version.as_ref().map(|version| version.order.as_str()) {
            Some("timestamp") => format!("2026-01-01T00:00:{nth:02}Z"),
            Some("opaque") => format!("v{nth}"),
            _ => nth.to_string(),
        }
    }

    /// The group that the prewarmer is in.
    #[must_use]
    pub fn service_group(&self) -> &str {
        let names = &self.tenant;
        names
            .prewarm_group
            .as_ref()
            .unwrap_or(&names.superadmin_group)
    }
}
