//! Rules over a control port: the routes of a server, and the client of them.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    routing::{delete, get},
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::{Rule, Rules, Scripted};
use crate::{control::Control, error::StackError};

/// What rules consist of: calls that match, and faults.
pub(crate) trait Part: Clone + Serialize + DeserializeOwned + Send + Sync + 'static {}

impl<T: Clone + Serialize + DeserializeOwned + Send + Sync + 'static> Part for T {}

/// Lists, adds and removes rules.
pub(crate) fn routes<M: Part, F: Part>(rules: Arc<Rules<M, F>>) -> Router {
    Router::new()
        .route("/faults", get(list::<M, F>).post(add::<M, F>))
        .route("/faults/{id}", delete(remove::<M, F>))
        .with_state(rules)
}

async fn add<M: Part, F: Part>(
    State(rules): State<Arc<Rules<M, F>>>,
    Json(rule): Json<Rule<M, F>>,
) -> Json<Value> {
    Json(json!({ "id": rules.add(rule) }))
}

async fn list<M: Part, F: Part>(
    State(rules): State<Arc<Rules<M, F>>>,
) -> Json<Vec<Scripted<M, F>>> {
    Json(rules.list())
}

async fn remove<M: Part, F: Part>(
    State(rules): State<Arc<Rules<M, F>>>,
    Path(id): Path<u64>,
) -> StatusCode {
    if rules.remove(id) {
        StatusCode::NO_CONTENT
    } else {
        StatusCode::NOT_FOUND
    }
}

impl Control {
    /// Adds a rule and names it.
    pub(crate) async fn script(&self, rule: &impl Serialize) -> Result<u64, StackError> {
        self.add("/faults", rule).await
    }

    /// The rule with its counts.
    pub(crate) async fn rule<M: Part, F: Part>(
        &self,
        id: u64,
    ) -> Result<Scripted<M, F>, StackError> {
        let rules: Vec<Scripted<M, F>> = self.get("/faults").await?;
        let rule = rules.into_iter().find(|rule| rule.id == id);
        rule.ok_or_else(|| {
            let what = format!("find rule {id} of {}", self.part());
            StackError::unusable(what, "it was removed")
        })
    }

    /// Removes a rule.
    pub(crate) async fn unscript(&self, id: u64) -> Result<(), StackError> {
        self.delete(&format!("/faults/{id}")).await
    }
}
