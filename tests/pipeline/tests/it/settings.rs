//! Functions whose settings or contract are wrong: every fault in one message, nothing purged.

use pipeline::{Ended, Function, Pipeline, Step, Trial, trial};

use crate::overview;

async fn run(t: &Trial, function: Function) -> Ended {
    let own = Pipeline::with(t, vec![function]).await;
    t.start(&own.state_machine, overview()).await.ended().await
}

fn has_all(cause: &str, parts: &[&str]) {
    for part in parts {
        assert!(cause.contains(part), "{part:?} is not in: {cause}");
    }
}

#[test]
fn a_prewarmer_with_wrong_settings_names_all_of_them_before_the_purge() {
    trial(async |t| {
        let function = Function::prewarm()
            .unset("USER_POOL_ID")
            .set("CLIENT_ID", "")
            .set("BASE_URL", "ftp://example.com/x")
            .set("PREWARM_CONCURRENCY", "many")
            .set("ERROR_CACHING_TTL", "10")
            .set("STALE_REPAIRS", "-1")
            .contract_text("{");
        let ended = run(t, function).await;
        let parts = [
            "USER_POOL_ID is not set",
            "CLIENT_ID",
            "ftp://example.com/x",
            "PREWARM_CONCURRENCY",
            "\"many\"",
            "ERROR_CACHING_TTL",
            "STALE_REPAIRS",
            "contract.json",
        ];
        has_all(ended.failed("Preflight", "InvalidConfiguration"), &parts);
        assert_eq!(ended.stumbles().len(), 1);
        assert_eq!(t.purge_calls().await.len(), 0);
    });
}

#[test]
fn a_contract_with_several_faults_names_all_of_them_before_the_purge() {
    trial(async |t| {
        let function = Function::prewarm().contract(|contract| {
            contract["tagHeader"] = "".into();
            contract["tenant"]["header"] = "x y".into();
            contract["endpoints"][0]["timeout"] = "soon".into();
            contract["endpoints"][1]["scope"] = "sales".into();
            contract["endpoints"][2]["path"] = "https://elsewhere.example/api".into();
        });
        let ended = run(t, function).await;
        let parts = [
            "tagHeader",
            "tenant.header",
            "endpoints[0]",
            "soon",
            "endpoints[1]",
            "sales",
            "endpoints[2]",
        ];
        has_all(ended.failed("Preflight", "InvalidContract"), &parts);
        assert_eq!(t.purge_calls().await.len(), 0);
    });
}

#[test]
fn a_missing_distribution_and_a_broken_contract_are_told_together() {
    trial(async |t| {
        let function = Function::of(&[Step::Invalidate])
            .unset("DISTRIBUTION_ID")
            .contract_text("{}");
        let ended = run(t, function).await;
        let cause = ended.failed("Invalidate", "InvalidConfiguration");
        has_all(
            cause,
            &[
                "DISTRIBUTION_ID is not set",
                "tagHeader is missing",
                "endpoints is missing",
            ],
        );
        assert_eq!(t.purge_calls().await.len(), 0);
    });
}

#[test]
fn a_poll_with_malformed_durations_names_both() {
    trial(async |t| {
        let function = Function::of(&[Step::AwaitInvalidation])
            .set("POLL_BUDGET", "a while")
            .set("POLL_WINDOW", "-3s");
        let ended = run(t, function).await;
        let cause = ended.failed("AwaitInvalidation", "InvalidConfiguration");
        has_all(cause, &["POLL_BUDGET", "a while", "POLL_WINDOW", "-3s"]);
    });
}

#[test]
fn a_function_without_time_for_its_slowest_endpoint_says_so_before_the_purge() {
    trial(async |t| {
        let ended = run(t, Function::prewarm().timeout(60)).await;
        let cause = ended.failed("Preflight", "InvalidConfiguration");
        has_all(cause, &["110", "raise the function's timeout"]);
        assert_eq!(t.purge_calls().await.len(), 0);
    });
}
