//! A run for one tenant and everybody else.

use std::collections::BTreeSet;

use pipeline::{Trial, trial};
use serde_json::json;

async fn copies(t: &Trial) -> BTreeSet<String> {
    let cached = t.cached().await;
    cached
        .iter()
        .map(|copy| format!("{} {:?}", copy.place, copy.key))
        .collect()
}

#[test]
fn every_cached_object_of_another_tenant_stays_a_hit() {
    trial(async |a| {
        let b = a.another().await;
        let person = b.member().await;
        let contract = pipeline::shipped_contract();
        let endpoints = contract["endpoints"].as_array().unwrap();
        let paths: Vec<String> = endpoints
            .iter()
            .map(|endpoint| {
                endpoint["path"]
                    .as_str()
                    .unwrap()
                    .replace("{tenant}", &b.tenant)
            })
            .collect();
        for path in &paths {
            assert_eq!(person.load(path).await.status, 200, "{path}");
        }
        let (before, asked) = (copies(&b).await, b.origin_requests().await.len());
        assert!(before.len() >= paths.len(), "{before:?}");

        a.refresh(json!({})).await.report();

        assert_eq!(copies(&b).await, before);
        for path in &paths {
            assert!(person.load(path).await.is_hit(), "{path}");
        }
        assert_eq!(b.origin_requests().await.len(), asked);
        assert_eq!(b.purge_calls().await.len(), 0);
    });
}

#[test]
fn tenants_whose_names_begin_alike_are_apart() {
    trial(async |a| {
        let longer = a.named(&format!("{}-eu", a.tenant)).await;
        let person = longer.member().await;
        let path = format!("/api/overview?organization={}", longer.tenant);
        assert_eq!(person.load(&path).await.status, 200);
        a.refresh(crate::overview()).await.report();
        assert!(person.load(&path).await.is_hit());
    });
}
