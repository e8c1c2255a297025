//! Runs at the same time.

use futures_util::future::join_all;
use pipeline::trial;
use serde_json::json;
use stack::origin::OriginFault;
use warmfront::message::Outcome;

use crate::OVERVIEW;

#[test]
fn two_runs_of_one_tenant_end_with_the_newest_data_cached() {
    trial(async |t| {
        t.set_version(2).await;
        t.set_delay(std::time::Duration::from_millis(500)).await;
        let machine = t.stack.state.pipeline.state_machine_alias_arn.clone();
        let first = t.start(&machine, json!({ "expectedVersion": "2" })).await;
        first.reaches("Prewarm").await;
        t.set_version(3).await;
        let second = t.start(&machine, json!({ "expectedVersion": "3" })).await;
        let (first, second) = (first.ended().await.report(), second.ended().await.report());
        assert_eq!(
            (first.outcome, second.outcome),
            (Outcome::Fresh, Outcome::Fresh)
        );
        let asked: usize = first.invalidations.len() + second.invalidations.len();
        assert_eq!(
            t.purges().await.len(),
            asked,
            "both reports tell their own purges"
        );
        let copies = t.cached().await;
        assert!(!copies.is_empty());
        assert!(
            copies
                .iter()
                .all(|copy| copy.headers["x-data-version"] == "3"),
            "{copies:?}"
        );
    });
}

#[test]
fn two_runs_that_start_together_both_tell_the_truth() {
    trial(async |t| {
        let machine = t.stack.state.pipeline.state_machine_alias_arn.clone();
        let start = async || t.start(&machine, json!({})).await.ended().await.report();
        let (first, second) = futures_util::future::join(start(), start()).await;
        assert_eq!(
            (first.outcome, second.outcome),
            (Outcome::Fresh, Outcome::Fresh)
        );
        assert_ne!(first.invalidations[0].id, second.invalidations[0].id);
    });
}

#[test]
fn ten_tenants_at_once_do_not_touch_each_other() {
    trial(async |t| {
        let tenants = join_all((0..10).map(async |_| t.another().await)).await;
        let machine = &t.stack.state.pipeline.state_machine_alias_arn;
        // One of them is in trouble; the others do not notice.
        tenants[3]
            .origin_fault(OVERVIEW, 1, 0, OriginFault::Status { status: 500 })
            .await;
        let ended = join_all(tenants.iter().map(async |tenant| {
            tenant
                .start(machine, json!({ "endpoints": [OVERVIEW] }))
                .await
                .ended()
                .await
        }))
        .await;
        for (number, (tenant, ended)) in tenants.iter().zip(ended).enumerate() {
            if number == 3 {
                ended.failed("Prewarm", "PrewarmIncomplete");
            } else {
                let report = ended.report();
                assert_eq!(
                    (report.outcome, report.tenant.as_str()),
                    (Outcome::Fresh, tenant.tenant.as_str())
                );
            }
            assert_eq!(tenant.purges().await.len(), 1);
            let calls = tenant.purge_calls().await;
            assert_eq!(calls[0]["items"], json!([format!("#{}", tenant.tag())]));
        }
    });
}
