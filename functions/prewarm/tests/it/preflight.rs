//! Preflight: what is wrong is said before anything is purged.

use serde_json::{Value, json};
use warmfront::failure::{ErrorName, Failure};
use warmfront::message::Next;

use crate::edge::{Act, status, with};
use crate::world::{World, small};

#[tokio::test(start_paused = true)]
async fn answers_with_everything_that_the_state_machine_reads() {
    let world = World::new();
    let answer = world.preflight(json!({"tenant": "Acme"})).await.unwrap();
    assert_eq!(answer.next, Next::Invalidate);
    let state = serde_json::to_value(&answer).unwrap();
    assert_eq!(state["run"]["tenant"], "acme");
    for key in ["scope", "expectedVersion", "distributionTenant"] {
        assert_eq!(state["run"].get(key), Some(&Value::Null), "{key}");
    }
    assert_eq!(state["run"]["mode"], "refresh");
    assert_eq!(state["purge"]["ordinal"], 1);
    assert_eq!(state["progress"]["remaining"].as_array().unwrap().len(), 10);
    assert_eq!(state["progress"]["remaining"][9], json!({"t": 9}));
    assert_eq!(state.get("report"), None);
    assert!(
        world.edge.asked().is_empty(),
        "without an expected version there is nothing to probe"
    );
}

#[tokio::test(start_paused = true)]
async fn reports_every_problem_of_the_input_together() {
    let world = World::new();
    let error = world
        .preflight(json!({
            "tenant": "acme",
            "expectedVersion": "seven",
            "endpoints": ["/api/overview", "/api/nothing", "/api/more"],
        }))
        .await
        .unwrap_err();
    assert_eq!(error.name(), ErrorName::InvalidInput);
    let message = error.to_string();
    for part in [
        "\"seven\" is not a whole number",
        "\"/api/nothing\"",
        "\"/api/more\"",
    ] {
        assert!(message.contains(part), "{message}");
    }
    assert_eq!(world.cognito.passwords().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn refuses_a_version_that_nothing_can_be_compared_with() {
    let mut world = World::new();
    world.step.config.contract.version = None;
    world.step.config.contract.probe = None;
    let error = world.preflight(small()).await.unwrap_err();
    assert_eq!(error.name(), ErrorName::InvalidInput);
    assert!(error.to_string().contains("no version header"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn an_origin_that_is_behind_or_does_not_answer_is_not_ready() {
    let behind = with(200, &[("x-data-version", "6")]);
    for (act, part) in [
        (behind, "x-data-version \"6\", \"7\" or later is expected"),
        (with(200, &[]), "without x-data-version"),
        (with(200, &[("x-data-version", "x")]), "not a whole number"),
        (status(503), "answered 503"),
        (status(404), "answered 404"),
        (status(429), "answered 429"),
        (Act::Break, "broke off"),
        (Act::Hang, "no complete answer in time"),
    ] {
        let world = World::new();
        world.edge.script("/api/version", &[act]);
        let error = world.preflight(small()).await.unwrap_err();
        assert_eq!(error.name(), ErrorName::OriginNotReady);
        assert!(error.to_string().contains(part), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_later_version_is_ready_as_well() {
    let world = World::new();
    world.edge.with_state(|state| state.version = 10);
    world.preflight(small()).await.unwrap();
    assert_eq!(world.edge.asked()[0].path, "/api/version?organization=acme");
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_refuses_the_service_user_is_a_misconfiguration() {
    for refusal in [status(401), status(403), status(302)] {
        let world = World::new();
        world
            .edge
            .script("/api/version", &[refusal.clone(), refusal]);
        let error = world.preflight(small()).await.unwrap_err();
        assert_eq!(error.name(), ErrorName::LoginMisconfigured);
        assert!(error.to_string().contains("/api/version"), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_secret_that_changed_is_proven_again() {
    let world = World::new();
    world.preflight(small()).await.unwrap();
    world.preflight(small()).await.unwrap();
    assert_eq!(world.cognito.passwords().len(), 1);
    world
        .cognito
        .with_state(|state| state.current.0 = "v2".into());
    world.preflight(small()).await.unwrap();
    assert_eq!(world.cognito.passwords().len(), 2);
}
