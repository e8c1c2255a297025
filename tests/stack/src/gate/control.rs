//! The gate's control port: JSON over HTTP, so that tests in any process can script it.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    routing::{delete, get},
};
use serde_json::{Value, json};

use super::{GateRule, GateRuleState, Shared, Tally};

pub(super) fn routes(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/faults", get(list).post(add))
        .route("/faults/{id}", delete(remove))
        .route("/tally", get(tally))
        .with_state(shared)
}

async fn add(State(shared): State<Arc<Shared>>, Json(rule): Json<GateRule>) -> Json<Value> {
    Json(json!({ "id": shared.rules.add(rule) }))
}

async fn list(State(shared): State<Arc<Shared>>) -> Json<Vec<GateRuleState>> {
    Json(shared.rules.list())
}

async fn remove(State(shared): State<Arc<Shared>>, Path(id): Path<u64>) -> StatusCode {
    if shared.rules.remove(id) {
        StatusCode::NO_CONTENT
    } else {
        StatusCode::NOT_FOUND
    }
}

async fn tally(State(shared): State<Arc<Shared>>) -> Json<Tally> {
    Json(shared.tally().clone())
}
