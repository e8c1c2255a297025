//! What the origin knows: data versions, how long it takes to aggregate, and who asked for what.

use std::{collections::HashMap, time::Duration};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::OriginRequest;

/// The slow, cached endpoints.
pub const ENDPOINTS: [&str; 5] = [
    "/api/overview",
    "/api/cost/summary",
    "/api/cost/trend",
    "/api/inventory",
    "/api/security/findings",
];

const FIRST_VERSION: &str = "1";

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
    pub(super) fn version(&self, tenant: &str) -> String {
        self.versions
            .get(tenant)
            .map_or(FIRST_VERSION, String::as_str)
            .to_owned()
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

/// The aggregated answer. It differs by tenant, version and locale: a mix-up shows.
pub(super) fn body(path: &str, tenant: &str, version: &str, locale: &str, query: &str) -> Value {
    let title = match (path.rsplit('/').next().unwrap_or_default(), locale) {
        (name, "de") => format!("Bericht: {name}"),
        (name, _) => format!("Report: {name}"),
    };
    let rows: Vec<Value> = (1..=20)
        .map(|row| json!({ "name": format!("{tenant}-{row}"), "value": row * 10, "dataVersion": version }))
        .collect();
    json!({
        "organization": tenant,
        "version": version,
        "locale": locale,
        "title": title,
        "query": query,
        "rows": rows,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

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
