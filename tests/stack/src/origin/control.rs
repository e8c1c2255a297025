//! The origin's control port: JSON over HTTP, so that tests in any process can steer it.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Path, Query, State},
    http::StatusCode,
    routing::{delete, get, put},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Delay, OriginRequest, OriginRule, OriginRuleState, Shared};

/// A tenant's data.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Tenant {
    pub(super) version: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct About {
    tenant: Option<String>,
}

pub(super) fn routes(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/tenants/{tenant}", put(set_version))
        .route("/delays", put(set_delay))
        .route("/faults", get(list).post(add))
        .route("/faults/{id}", delete(remove))
        .route("/requests", get(requests))
        .with_state(shared)
}

async fn set_version(
    State(shared): State<Arc<Shared>>,
    Path(tenant): Path<String>,
    Json(data): Json<Tenant>,
) {
    shared.data().set_version(tenant, data.version);
}

async fn set_delay(State(shared): State<Arc<Shared>>, Json(delay): Json<Delay>) {
    shared.data().set_delay(delay);
}

async fn add(State(shared): State<Arc<Shared>>, Json(rule): Json<OriginRule>) -> Json<Value> {
    Json(json!({ "id": shared.rules.add(rule) }))
}

async fn list(State(shared): State<Arc<Shared>>) -> Json<Vec<OriginRuleState>> {
    Json(shared.rules.list())
}

async fn remove(State(shared): State<Arc<Shared>>, Path(id): Path<u64>) -> StatusCode {
    if shared.rules.remove(id) {
        StatusCode::NO_CONTENT
    } else {
        StatusCode::NOT_FOUND
    }
}

async fn requests(
    State(shared): State<Arc<Shared>>,
    Query(about): Query<About>,
) -> Json<Vec<OriginRequest>> {
    let mut requests = shared.data().requests.clone();
    if let Some(tenant) = about.tenant {
        requests.retain(|request| request.tenant == tenant);
    }
    Json(requests)
}
