//! What the demo claims, and what speaks against it.

use serde::Serialize;
use stack::{Execution, Page};

use super::{OTHER_TENANT, Seen};

/// Something that the demo claims.
#[derive(Serialize)]
pub(super) struct Check {
    pub(super) what: &'static str,
    pub(super) holds: bool,
    /// What was seen instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) why: Option<String>,
}

fn check(what: &'static str, why: Option<String>) -> Check {
    Check {
        what,
        holds: why.is_none(),
        why,
    }
}

/// All claims about what was seen.
pub(super) fn all(seen: &Seen) -> Vec<Check> {
    let [old, second, third] = &seen.versions;
    let first = check(
        "the dashboard loads",
        unlike(&seen.first, |page| page.status == 200),
    );
    if !first.holds {
        return vec![first];
    }
    let of = |version: &str| {
        let version = version.to_owned();
        move |page: &Page| page.status == 200 && page.version.as_ref() == Some(&version)
    };
    let other = match seen.other_requests {
        0 => unlike(&seen.other_afterwards, Page::is_hit),
        asked => Some(format!(
            "the origin was asked for {OTHER_TENANT} {asked} times"
        )),
    };
    vec![
        first,
        check(
            "the first load comes from the origin",
            unlike(&seen.first, |page| !page.is_hit()),
        ),
        check(
            "the next one comes from the cache",
            unlike(&seen.again, Page::is_hit),
        ),
        check(
            "with no purge people see old data",
            unlike(&seen.no_purge, of(old)),
        ),
        check(
            "with a purge only the data is new",
            unlike(&seen.purge_only, of(second)),
        ),
        check(
            "and somebody waits for the origin",
            unlike(&seen.purge_only, |page| !page.is_hit()),
        ),
        check(
            "the run of Warmfront ends fresh",
            not_fresh(seen.execution.as_ref()),
        ),
        check(
            "after it the data is new",
            unlike(&seen.warmfront, of(third)),
        ),
        check(
            "and comes from the cache",
            unlike(&seen.warmfront, Page::is_hit),
        ),
        check("the other tenant's pages stayed cached", other),
    ]
}

/// The first page that is not as it should be, in words.
fn unlike(pages: &[Page], like: impl Fn(&Page) -> bool) -> Option<String> {
    let page = pages.iter().find(|page| !like(page))?;
    let cache = page.header("x-cache").unwrap_or("no x-cache");
    let version = page.version.as_deref().unwrap_or("none");
    let said = page.body["message"].as_str().unwrap_or_default();
    let (path, status) = (&page.path, page.status);
    Some(format!(
        "{path} answered {status} ({cache}, data version {version}) {said}"
    ))
}

fn not_fresh(execution: Option<&Execution>) -> Option<String> {
    let Some(execution) = execution else {
        return Some("it was not started".to_owned());
    };
    if let Some(output) = &execution.output {
        let rows = output["endpoints"].as_array();
        let mut rows = rows.into_iter().flatten();
        let row = rows.find(|row| row["verdict"] != "fresh");
        let found = row.map(|row| format!("{} is {}", row["path"], row["verdict"]));
        let outcome = &output["outcome"];
        return found.or_else(|| (outcome != "fresh").then(|| format!("its outcome is {outcome}")));
    }
    let error = execution.error.as_deref().unwrap_or("no error name");
    let cause = execution.cause.as_deref().unwrap_or_default();
    Some(format!(
        "{error}: {}",
        cause.lines().next().unwrap_or_default()
    ))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;

    fn page(status: u16, cache: &str, version: &str) -> Page {
        let mut headers = http::HeaderMap::new();
        headers.insert("x-cache", cache.parse().unwrap());
        Page {
            path: "/a".to_owned(),
            status,
            headers,
            body: json!({ "message": "because" }),
            elapsed: Duration::from_millis(4),
            version: Some(version.to_owned()),
        }
    }

    #[test]
    fn a_dashboard_that_does_not_load_is_the_only_thing_said() {
        let seen = Seen {
            first: vec![page(403, "LambdaGeneratedResponse from cloudfront", "none")],
            ..Seen::default()
        };
        let checks = all(&seen);
        assert_eq!(checks.len(), 1);
        let why = checks[0].why.as_ref().unwrap();
        assert!(
            why.contains("/a answered 403") && why.ends_with("because"),
            "{why}"
        );
    }

    #[test]
    fn old_data_after_a_run_is_told_with_its_version() {
        let versions = ["1", "2", "3"].map(str::to_owned);
        let (miss, hit) = ("Miss from cloudfront", "Hit from cloudfront");
        let seen = Seen {
            versions,
            first: vec![page(200, miss, "1")],
            again: vec![page(200, hit, "1")],
            no_purge: vec![page(200, hit, "1")],
            purge_only: vec![page(200, miss, "2")],
            warmfront: vec![page(200, hit, "2")],
            other_afterwards: vec![page(200, hit, "1")],
            ..Seen::default()
        };
        let wrong: Vec<_> = all(&seen)
            .into_iter()
            .filter(|check| !check.holds)
            .collect();
        let what: Vec<_> = wrong.iter().map(|check| check.what).collect();
        assert_eq!(
            what,
            [
                "the run of Warmfront ends fresh",
                "after it the data is new"
            ]
        );
        assert!(wrong[1].why.as_ref().unwrap().contains("data version 2"));
    }
}
