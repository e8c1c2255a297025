//! The demo's report: what was measured and which of its claims are true.

use std::{fs, path::Path, time::Duration};

use serde::Serialize;
use serde_json::Value;
use stack::StackError;

/// `target/demo/report.json`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Report {
    /// The execution's outcome, or `failed`.
    pub(super) outcome: String,
    pub(super) tenant: String,
    /// The execution's wall time.
    pub(super) wall_ms: u64,
    pub(super) endpoints: Vec<EndpointRow>,
    pub(super) other_tenant: OtherTenant,
    pub(super) checks: Vec<Check>,
}

/// One endpoint as its user saw it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct EndpointRow {
    pub(super) path: String,
    pub(super) verdict: String,
    /// First load.
    pub(super) cold_ms: u64,
    /// Load after the data changed, before the execution.
    pub(super) without_ms: u64,
    pub(super) without_version: String,
    /// Load after the execution.
    pub(super) after_ms: u64,
    pub(super) version: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OtherTenant {
    pub(super) tenant: String,
    pub(super) still_cached: bool,
}

/// Something that the demo claims.
#[derive(Serialize)]
pub(super) struct Check {
    pub(super) what: &'static str,
    pub(super) holds: bool,
}

impl Check {
    pub(super) fn of(what: &'static str, holds: bool) -> Self {
        Self { what, holds }
    }
}

impl Report {
    pub(super) fn holds(&self) -> bool {
        self.checks.iter().all(|check| check.holds)
    }

    pub(super) fn write(&self, file: &Path) -> Result<(), StackError> {
        let failed = |source| StackError::Io {
            what: format!("write {}", file.display()),
            source,
        };
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder).map_err(failed)?;
        }
        let text = serde_json::to_vec_pretty(self).expect("the report is plain data");
        fs::write(file, text).map_err(failed)
    }
}

/// The endpoint's verdict over all its variants: the first one that is not fresh, else fresh.
pub(super) fn verdict(output: &Value, path: &str) -> String {
    let rows = output["endpoints"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let verdicts: Vec<&str> = rows
        .iter()
        .filter(|row| row["path"] == path)
        .filter_map(|row| row["verdict"].as_str())
        .collect();
    let worst = verdicts
        .iter()
        .find(|verdict| **verdict != "fresh")
        .or(verdicts.first());
    (*worst.unwrap_or(&"not warmed")).to_owned()
}

pub(super) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_endpoint_is_fresh_only_when_all_its_variants_are() {
        let output = json!({ "endpoints": [
            { "path": "/a", "verdict": "fresh" },
            { "path": "/a", "verdict": "timedOut" },
            { "path": "/b", "verdict": "fresh" },
        ]});
        assert_eq!(verdict(&output, "/a"), "timedOut");
        assert_eq!(verdict(&output, "/b"), "fresh");
        assert_eq!(verdict(&output, "/c"), "not warmed");
        assert_eq!(verdict(&Value::Null, "/a"), "not warmed");
    }
}
