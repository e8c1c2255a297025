//! The gate's control port: JSON over HTTP, so that tests in any process can script it.

use std::sync::Arc;

use axum::{Json, Router, extract::State, routing::get};

use super::{Shared, Tally};
use crate::rules;

pub(super) fn routes(shared: Arc<Shared>) -> Router {
    let faults = rules::routes(Arc::clone(&shared.rules));
    Router::new()
        .route("/tally", get(tally))
        .with_state(shared)
        .merge(faults)
}

async fn tally(State(shared): State<Arc<Shared>>) -> Json<Tally> {
    Json(shared.tally().clone())
}
