//! The origin's control port: JSON over HTTP, so that tests in any process can steer it.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Path, Query, State},
    routing::{get, put},
};
use serde::{Deserialize, Serialize};

use super::{Delay, OriginRequest, Shared};
use crate::rules;

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
    let faults = rules::routes(Arc::clone(&shared.rules));
    Router::new()
        .route("/tenants/{tenant}", put(set_version))
        .route("/delays", put(set_delay))
        .route("/requests", get(requests))
        .with_state(shared)
        .merge(faults)
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
