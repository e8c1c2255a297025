//! What the origin knows: data versions, how long it takes to aggregate, and who asked for what.

use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::OriginRequest;
use crate::contract::{Contract, Endpoint};

/// Which version tenants have that nobody gave one.
const FIRST_VERSION: u32 = 1;

/// How long the origin aggregates; the most specific one counts.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Delay {
    /// For this tenant only.
    #[serde(default)]
    pub tenant: Option<String>,
    /// For this path only.
    #[serde(default)]
    pub path: Option<String>,
    /// The time.
    pub milliseconds: u64,
}

#[derive(Debug, Default)]
pub(super) struct Data {
    versions: HashMap<String, String>,
    delays: HashMap<(Option<String>, Option<String>), Duration>,
    pub(super) requests: Vec<OriginRequest>,
}

impl Data {
    pub(super) fn version(&self, tenant: &str, contract: &Contract) -> String {
        let given = self.versions.get(tenant).cloned();
        given.unwrap_or_else(|| contract.nth_version(FIRST_VERSION))
    }

    pub(super) fn set_version(&mut self, tenant: String, version: String) {
        self.versions.insert(tenant, version);
    }

    pub(super) fn set_delay(&mut self, delay: Delay) {
        self.delays.insert(
            (delay.tenant, delay.path),
            Duration::from_millis(delay.milliseconds),
        );
    }

    pub(super) fn delay(&self, tenant: &str, path: &str) -> Duration {
        let (tenant, path) = (Some(tenant.to_owned()), Some(path.to_owned()));
        [
            (tenant.clone(), path.clone()),
            (tenant, None),
            (None, path),
            (None, None),
        ]
        .iter()
        .find_map(|key| self.delays.get(key).copied())
        .unwrap_or_default()
    }
}

/// The aggregated answer, which names the tenant where the contract says. It differs by tenant, version and variant:
/// a mix-up shows.
pub(super) fn body(
    endpoint: &Endpoint,
    tenant: &str,
    version: &str,
    variants: &BTreeMap<String, String>,
    query: &str,
) -> Value {
    let rows: Vec<Value> = (1..=20)
        .map(|row| json!({ "name": format!("{tenant}-{row}"), "value": row * 10, "dataVersion": version }))
        .collect();
    let mut body = json!({
        "organization": tenant,
        "version": version,
        "variants": variants,
        "title": format!("Report of {}", endpoint.path),
        "query": query,
        "rows": rows,
    });
    if let Some(pointer) = &endpoint.tenant_pointer {
        place(&mut body, pointer.split('/').skip(1), tenant);
    }
    body
}

/// Writes the tenant at the end of a JSON pointer, and whatever lies on the way.
fn place<'a>(at: &mut Value, mut way: impl Iterator<Item = &'a str>, tenant: &str) {
    let Some(step) = way.next() else {
        *at = tenant.into();
        return;
    };
    let name = step.replace("~1", "/").replace("~0", "~");
    if let (Ok(index), Value::Null | Value::Array(_)) = (step.parse::<usize>(), &*at) {
        let mut items = at.as_array().cloned().unwrap_or_default();
        items.resize(items.len().max(index + 1), Value::Null);
        place(&mut items[index], way, tenant);
        *at = items.into();
    } else {
        if !at.is_object() {
            *at = json!({});
        }
        place(&mut at[name], way, tenant);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_names_the_tenant_where_the_contract_says() {
        for pointer in [
            "/organization",
            "/meta/owner~1id",
            "/items/1/org",
            "/rows/0/name",
        ] {
            let endpoint: Endpoint =
                serde_json::from_value(json!({ "path": "/a", "tenantPointer": pointer })).unwrap();
            let body = body(&endpoint, "acme", "1", &BTreeMap::new(), "");
            assert_eq!(body.pointer(pointer), Some(&json!("acme")), "{body}");
        }
    }

    #[test]
    fn the_most_specific_delay_counts() {
        let mut data = Data::default();
        let mut set = |tenant: Option<&str>, path: Option<&str>, milliseconds| {
            data.set_delay(Delay {
                tenant: tenant.map(Into::into),
                path: path.map(Into::into),
                milliseconds,
            });
        };
        set(None, None, 1);
        set(None, Some("/a"), 2);
        set(Some("acme"), None, 3);
        set(Some("acme"), Some("/a"), 4);
        let delays = [
            ("beta", "/b"),
            ("beta", "/a"),
            ("acme", "/b"),
            ("acme", "/a"),
        ]
        .map(|(tenant, path)| data.delay(tenant, path).as_millis());
        assert_eq!(delays, [1, 2, 3, 4]);
    }
}
