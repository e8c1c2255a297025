//! The demo's report: what was measured, and which of its claims are true.

use std::{fs, path::Path, time::Duration};

use serde::Serialize;
use serde_json::Value;
use stack::{Page, StackError};

use super::{
    OTHER_TENANT, Seen, TENANT,
    check::{self, Check},
};

/// `target/demo/report.json`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Report {
    /// The execution's outcome, or `failed`.
    pub(super) outcome: String,
    pub(super) tenant: &'static str,
    /// The execution's wall time.
    pub(super) wall_ms: u64,
    pub(super) endpoints: Vec<EndpointRow>,
    pub(super) other_tenant: &'static str,
    pub(super) checks: Vec<Check>,
}

/// One endpoint as its user saw it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct EndpointRow {
    pub(super) path: String,
    pub(super) first: Load,
    /// After a change of data: with nothing done, with a purge, with Warmfront.
    pub(super) no_purge: Option<Load>,
    pub(super) purge_only: Option<Load>,
    pub(super) warmfront: Option<Load>,
    pub(super) verdict: String,
}

/// One load.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Load {
    pub(super) status: u16,
    pub(super) millis: u64,
    pub(super) hit: bool,
    pub(super) version: Option<String>,
    /// Whether that is the version that the origin had then.
    pub(super) current: bool,
}

impl Load {
    fn of(page: &Page, origin: &str) -> Self {
        Self {
            status: page.status,
            millis: millis(page.elapsed),
            hit: page.is_hit(),
            version: page.version.clone(),
            current: page.version.as_deref() == Some(origin),
        }
    }
}

impl Report {
    pub(super) fn of(seen: &Seen) -> Self {
        let [old, second, third] = &seen.versions;
        let execution = seen.execution.as_ref();
        let output = execution.and_then(|run| run.output.clone());
        let output = output.unwrap_or_default();
        let rows = seen.first.iter().enumerate().map(|(row, first)| {
            let load =
                |pages: &[Page], origin: &str| pages.get(row).map(|page| Load::of(page, origin));
            EndpointRow {
                path: first.path.clone(),
                first: Load::of(first, old),
                no_purge: load(&seen.no_purge, second),
                purge_only: load(&seen.purge_only, second),
                warmfront: load(&seen.warmfront, third),
                verdict: verdict(&output, &first.path),
            }
        });
        Self {
            outcome: output["outcome"].as_str().unwrap_or("failed").to_owned(),
            tenant: TENANT,
            wall_ms: millis(seen.wall),
            endpoints: rows.collect(),
            other_tenant: OTHER_TENANT,
            checks: check::all(seen),
        }
    }

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
fn verdict(output: &Value, path: &str) -> String {
    let rows = output["endpoints"].as_array().into_iter().flatten();
    let verdicts: Vec<&str> = rows
        .filter(|row| row["path"] == path)
        .filter_map(|row| row["verdict"].as_str())
        .collect();
    let worst = verdicts.iter().find(|verdict| **verdict != "fresh");
    (*worst.or(verdicts.first()).unwrap_or(&"not warmed")).to_owned()
}

fn millis(duration: Duration) -> u64 {
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
