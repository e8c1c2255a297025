//! A run that meets no trouble.

use std::collections::BTreeSet;

use pipeline::trial;
use serde_json::json;
use warmfront::message::{Outcome, Verdict};

use crate::STRAIGHT;

#[test]
fn every_endpoint_is_fresh_after_one_purge_and_one_origin_request_each() {
    trial(async |t| {
        t.set_version(7).await;
        let ended = t
            .refresh(json!({ "expectedVersion": "7", "reason": "a test" }))
            .await;
        let report = ended.report();
        assert_eq!(ended.states(), STRAIGHT);
        assert_eq!(report.outcome, Outcome::Fresh);
        assert!(report.version_checked && !report.invalidation_timed_out);
        for row in &report.endpoints {
            assert_eq!(row.verdict, Verdict::Fresh, "{row:?}");
            assert_eq!(row.version.as_deref(), Some("7"), "{row:?}");
            assert_eq!((row.status, row.attempts), (Some(200), 2), "{row:?}");
        }

        let asked = t.origin_requests().await;
        let different: BTreeSet<_> = asked
            .iter()
            .map(|r| (&r.path, &r.query, &r.variants))
            .collect();
        assert_eq!(
            (report.endpoints.len(), asked.len(), different.len()),
            (10, 10, 10)
        );
        assert!(asked.iter().all(|request| request.user == "prewarmer"));

        let calls = t.purge_calls().await;
        assert_eq!(calls.len(), 1, "{calls:?}");
        assert_eq!(calls[0]["items"], json!([format!("#{}", t.tag())]));
        let ids: Vec<_> = report
            .invalidations
            .iter()
            .map(|purge| purge.id.clone())
            .collect();
        assert_eq!(ids, t.purges().await);
    });
}

#[test]
fn the_report_counts_what_the_distribution_saw() {
    trial(async |t| {
        let report = t.refresh(json!({})).await.report();
        let query = format!("organization={}", t.tenant);
        let seen = t
            .cloudfront()
            .history(&[("plane", "viewer"), ("path", &query)])
            .await
            .unwrap();
        assert_eq!(usize::try_from(report.totals.requests).unwrap(), seen.len());
        assert_eq!(report.totals.fresh, report.totals.targets);
        assert!(!report.version_checked, "no version was expected");
    });
}

#[test]
fn a_person_finds_the_new_data_cached() {
    trial(async |t| {
        let person = t.member().await;
        let paths = ["/api/overview", "/api/cost/summary"];
        let load = async |path: &str| {
            person
                .load(&format!("{path}?organization={}", t.tenant))
                .await
        };
        for path in paths {
            assert_eq!(load(path).await.header("x-data-version"), "1");
            assert!(load(path).await.is_hit());
        }
        t.set_version(2).await;
        assert_eq!(
            load(paths[0]).await.header("x-data-version"),
            "1",
            "cached until it is purged"
        );

        t.refresh(json!({ "expectedVersion": "2" })).await.report();
        let asked = t.origin_requests().await.len();
        for path in paths {
            let seen = load(path).await;
            assert_eq!(seen.header("x-data-version"), "2");
            assert!(seen.is_hit(), "{seen:?}");
            assert_eq!(seen.header("x-organization-id"), t.tenant);
        }
        assert_eq!(t.origin_requests().await.len(), asked);
    });
}

#[test]
fn a_scoped_run_purges_and_warms_its_scope_alone() {
    trial(async |t| {
        t.refresh(json!({})).await.report();
        let before = t.cached().await.len();
        let report = t.refresh(json!({ "scope": "inventory" })).await.report();
        let paths: BTreeSet<_> = report
            .endpoints
            .iter()
            .map(|row| row.path.split('?').next().unwrap())
            .collect();
        assert_eq!(paths, BTreeSet::from(["/api/inventory", "/api/overview"]));
        let calls = t.purge_calls().await;
        assert_eq!(
            calls[1]["items"],
            json!([format!("#{}:inventory", t.tag())])
        );
        assert_eq!(t.cached().await.len(), before);
        let asked = t.origin_requests().await;
        let of = |path: &str| asked.iter().filter(|request| request.path == path).count();
        assert_eq!(
            (of("/api/inventory"), of("/api/overview")),
            (4, 4),
            "warmed twice"
        );
        assert_eq!(
            (of("/api/cost/summary"), of("/api/security/findings")),
            (2, 2),
            "warmed once"
        );
    });
}

#[test]
fn the_same_name_and_input_start_nothing_twice() {
    trial(async |t| {
        let machine = &t.stack.state.pipeline.state_machine_alias_arn;
        let start = async || {
            let start = t
                .stack
                .step_functions
                .start_execution()
                .state_machine_arn(machine);
            let start = start.name(format!("{}-42", t.tenant));
            let input = json!({ "tenant": t.tenant, "endpoints": ["/api/overview"] });
            start.input(input.to_string()).send().await
        };
        t.set_delay(std::time::Duration::from_secs(2)).await;
        let first = start().await.unwrap().execution_arn;
        let second = start().await.unwrap().execution_arn;
        assert_eq!(first, second);
        pipeline::until("the one execution ends", async || {
            let describe = t
                .stack
                .step_functions
                .describe_execution()
                .execution_arn(&first);
            (describe.send().await.ok()?.status.as_str() == "SUCCEEDED").then_some(())
        })
        .await;
        assert_eq!(t.purges().await.len(), 1);
    });
}
