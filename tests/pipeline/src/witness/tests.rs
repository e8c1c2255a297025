//! A report that agrees, and what is said of each one that was doctored.

use serde_json::{Value, json};
use stack::origin::OriginRequest;
use warmfront::message::Report;

use super::{Seen, Witness};

/// When the execution started; it took a minute.
const START: i64 = 1_800_000_000_000;
const PHONE: &str = "Mozilla/5.0 (Linux; Android 14; Mobile) AppleWebKit/537.36";
const DESK: &str = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36";
const PATH: &str = "/api/overview?organization=acme";

fn visit(at: i64, user_agent: &str, x_cache: &str) -> Seen {
    let entry = json!({
        "atMs": START + at, "tookMs": 2_000, "path": PATH, "pop": "FRA56-P4", "status": 200,
        "xCache": format!("{x_cache} from cloudfront"),
        "headers": { "accept-language": "de-DE,de;q=0.9", "user-agent": user_agent },
    });
    serde_json::from_value(entry).unwrap()
}

fn witness() -> Witness {
    let request = json!({
        "at": START + 10_000, "tenant": "acme", "path": "/api/overview", "query": "organization=acme",
        "variants": { "x-locale-bucket": "de", "x-device-class": "desktop" }, "user": "prewarmer", "status": 200,
        "milliseconds": 1_990, "version": "7",
    });
    let request: OriginRequest = serde_json::from_value(request).unwrap();
    let purge = json!({ "atMs": START + 5_000, "subject": "I1", "items": ["#tenant:acme"] });
    Witness {
        span: (START, START + 60_000),
        alone: true,
        stumbles: Vec::new(),
        visits: vec![
            visit(10_000, DESK, "Miss"),
            visit(10_100, PHONE, "Miss"),
            visit(13_000, DESK, "Hit"),
        ],
        purges: vec![serde_json::from_value(purge).unwrap()],
        origin: vec![request],
    }
}

fn told() -> Value {
    let at = |millis: i64| {
        format!(
            "2027-01-15T08:00:{:02}.{:03}Z",
            millis / 1_000,
            millis % 1_000
        )
    };
    json!({
        "tenant": "acme", "mode": "refresh", "scope": null, "outcome": "fresh", "versionChecked": true,
        "expectedVersion": "7", "invalidationTimedOut": false,
        "invalidations": [{ "id": "I1", "status": "Completed", "seconds": 3 }],
        "endpoints": [{
            "path": PATH, "variant": { "x-locale-bucket": "de", "x-device-class": "desktop" },
            "required": true, "verdict": "fresh", "status": 200, "xCache": "Hit from cloudfront",
            "age": 1, "pop": "FRA56-P4", "version": "7", "bytes": 100, "millis": 2_003,
            "attempts": 2, "askedAt": at(12_999),
        }],
        "totals": { "targets": 1, "fresh": 1, "requests": 2, "bytes": 100, "millis": 59_000 },
    })
}

fn disputes(witness: &Witness, told: Value) -> Vec<String> {
    let report: Report = serde_json::from_value(told).unwrap();
    witness.disputes(&report)
}

#[test]
fn a_true_report_agrees() {
    assert_eq!(disputes(&witness(), told()), Vec::<String>::new());
}

#[test]
fn a_doctored_report_is_disputed() {
    let doctored = [
        ("/endpoints/0/attempts", json!(1), "requested 2 times"),
        ("/endpoints/0/attempts", json!(3), "requested 2 times"),
        ("/endpoints/0/version", json!("8"), "gave no version"),
        ("/endpoints/0/age", json!(30), "gave no version"),
        (
            "/endpoints/0/xCache",
            json!("RefreshHit from cloudfront"),
            "last answer",
        ),
        (
            "/endpoints/0/xCache",
            json!("Miss from cloudfront"),
            "last answer",
        ),
        ("/endpoints/0/status", json!(203), "last answer"),
        ("/endpoints/0/pop", json!("NRT57-P1"), "last answer"),
        (
            "/endpoints/0/askedAt",
            json!("2027-01-15T08:00:13.500Z"),
            "last answer",
        ),
        ("/endpoints/0/millis", json!(1_500), "took 2000 ms"),
        (
            "/endpoints/0/path",
            json!("/api/other?organization=acme"),
            "requested 0 times",
        ),
        (
            "/endpoints/0/variant/x-locale-bucket",
            json!("en"),
            "requested 0 times",
        ),
        (
            "/endpoints/0/variant/x-device-class",
            json!("mobile"),
            "requested 1 times",
        ),
        ("/invalidations/0/id", json!("I2"), "I1 is not told"),
        ("/invalidations/0/seconds", json!(90), "not 90 s old"),
        ("/invalidations", json!([]), "I1 is not told"),
        ("/scope", json!("cost"), "not #tenant:acme:cost"),
        ("/totals/requests", json!(1), "not the sums"),
        ("/totals/fresh", json!(0), "not the sums"),
        ("/totals/bytes", json!(99), "not the sums"),
        ("/totals/millis", json!(61_000), "it took 60000 ms"),
    ];
    for (what, value, dispute) in doctored {
        let mut told = told();
        *told.pointer_mut(what).unwrap() = value;
        let disputes = disputes(&witness(), told);
        assert!(
            disputes.iter().any(|found| found.contains(dispute)),
            "{what}: {disputes:?}"
        );
    }
}

#[test]
fn what_another_run_or_a_lost_try_did_is_not_held_against_a_report() {
    let mut more = witness();
    more.visits.push(visit(20_000, DESK, "Hit"));
    let mut purge = more.purges[0].clone();
    purge.subject = Some("I2".into());
    more.purges.push(purge);
    assert_eq!(
        disputes(&more, told()).len(),
        3,
        "purge, number, last answer"
    );
    let beside_another = Witness {
        alone: false,
        ..more.clone()
    };
    assert!(disputes(&beside_another, told()).is_empty());
    let after_lost_tries = Witness {
        stumbles: vec!["Invalidate".into(), "Prewarm".into()],
        ..more
    };
    assert!(disputes(&after_lost_tries, told()).is_empty());
}

#[test]
fn a_cause_is_compared_with_what_was_answered() {
    let cause = |status: Value| {
        let mut told = told();
        told["endpoints"][0]["status"] = status;
        witness().disputes_of_cause(&format!("Something is not fresh.\n{told}"))
    };
    assert!(cause(json!(200)).is_empty() && cause(Value::Null).is_empty());
    assert_eq!(cause(json!(503)).len(), 1);
    assert!(
        witness()
            .disputes_of_cause("the password is refused")
            .is_empty()
    );
}
