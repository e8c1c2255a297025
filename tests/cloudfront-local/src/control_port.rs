//! The control port: JSON, for tests, and one page for people. Its routes are the table in the README.

mod contents;
mod page;

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};

use crate::fault::Fault;
use crate::history::{Entry, Filter};
use crate::model::{Profile, ProfileName, Tenant, Time};
use crate::server::Ready;
use crate::site::Site;

#[derive(Clone)]
struct Port {
    site: Arc<Site>,
    ready: Arc<Ready>,
}

/// A refused request: what was wrong with it.
type Refused = (StatusCode, String);

pub(crate) fn router(site: Arc<Site>, ready: Arc<Ready>) -> Router {
    Router::new()
        .route(
            "/",
            get(async |State(port): State<Port>| Json((*port.ready).clone())),
        )
        .route("/page", get(page::page))
        .route("/cache", get(contents::cache).delete(contents::evict))
        .route("/purges", get(contents::purges))
        .route("/history", get(history).delete(clear_history))
        .route("/faults", get(faults).post(add_fault).delete(clear_faults))
        .route("/faults/{id}", delete(remove_fault))
        .route(
            "/profile",
            get(profile).put(set_profile).patch(patch_profile),
        )
        .route("/tenants", get(tenants).post(add_tenant))
        .route("/clock", get(clock))
        .route("/clock/{action}", post(set_clock))
        .route("/pops/{name}/{state}", post(set_pop))
        .with_state(Port { site, ready })
}

async fn history(State(port): State<Port>, Query(filter): Query<Filter>) -> Json<Vec<Entry>> {
    Json(port.site.history().query(&filter))
}

async fn clear_history(State(port): State<Port>) -> StatusCode {
    port.site.history().clear();
    StatusCode::NO_CONTENT
}

async fn faults(State(port): State<Port>) -> Json<Vec<Fault>> {
    Json(port.site.faults().all().to_vec())
}

#[derive(Serialize)]
struct Added {
    id: u64,
}

async fn add_fault(State(port): State<Port>, body: String) -> Result<Json<Added>, Refused> {
    let fault: Fault = read(&body)?;
    Ok(Json(Added {
        id: port.site.faults().add(fault),
    }))
}

async fn remove_fault(State(port): State<Port>, Path(id): Path<u64>) -> StatusCode {
    if port.site.faults().remove(id) {
        StatusCode::NO_CONTENT
    } else {
        StatusCode::NOT_FOUND
    }
}

async fn clear_faults(State(port): State<Port>) -> StatusCode {
    port.site.faults().clear();
    StatusCode::NO_CONTENT
}

async fn profile(State(port): State<Port>) -> Json<Profile> {
    Json(port.site.state().world.profile.clone())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    name: ProfileName,
}

async fn set_profile(State(port): State<Port>, body: String) -> Result<Json<Profile>, Refused> {
    let named: Named = read(&body)?;
    let mut state = port.site.state();
    state.world.profile = named.name.profile();
    Ok(Json(state.world.profile.clone()))
}

async fn patch_profile(State(port): State<Port>, body: String) -> Result<Json<Profile>, Refused> {
    let changes: serde_json::Map<String, serde_json::Value> = read(&body)?;
    let mut state = port.site.state();
    let mut merged = serde_json::to_value(&state.world.profile).map_err(|error| refused(&error))?;
    for (name, value) in changes {
        merged[name] = value;
    }
    state.world.profile = serde_json::from_value(merged).map_err(|error| refused(&error))?;
    Ok(Json(state.world.profile.clone()))
}

async fn tenants(State(port): State<Port>) -> Json<Vec<Tenant>> {
    Json(port.site.state().world.tenants.values().cloned().collect())
}

async fn add_tenant(State(port): State<Port>, body: String) -> Result<StatusCode, Refused> {
    let tenant: Tenant = read(&body)?;
    let mut state = port.site.state();
    if !state.world.distributions.contains_key(&tenant.distribution) {
        return Err((
            StatusCode::BAD_REQUEST,
            format!("there is no distribution {:?}", tenant.distribution),
        ));
    }
    state.world.tenants.insert(tenant.id.clone(), tenant);
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ClockState {
    now_ms: Time,
    stopped: bool,
}

async fn clock(State(port): State<Port>) -> Json<ClockState> {
    let clock = &port.site.clock;
    Json(ClockState {
        now_ms: clock.now(),
        stopped: clock.is_stopped(),
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    ms: u64,
}

async fn set_clock(
    State(port): State<Port>,
    Path(action): Path<String>,
    body: String,
) -> Result<Json<ClockState>, Refused> {
    match action.as_str() {
        "stop" => port.site.clock.stop(),
        "run" => port.site.clock.run(),
        "advance" => port
            .site
            .clock
            .advance(Duration::from_millis(read::<Step>(&body)?.ms)),
        other => {
            return Err((
                StatusCode::NOT_FOUND,
                format!("{other:?} is no action: stop, run or advance"),
            ));
        }
    }
    Ok(clock(State(port)).await)
}

async fn set_pop(
    State(port): State<Port>,
    Path((name, to)): Path<(String, String)>,
) -> Result<StatusCode, Refused> {
    let Some(pop) = crate::model::Pop::named(&name) else {
        return Err((StatusCode::NOT_FOUND, format!("there is no POP {name:?}")));
    };
    let mut state = port.site.state();
    state.pops_down.retain(|down| down != pop.name);
    match to.as_str() {
        "up" => {}
        "down" => state.pops_down.push(pop.name.to_owned()),
        other => {
            return Err((
                StatusCode::NOT_FOUND,
                format!("{other:?} is no state of a POP: up or down"),
            ));
        }
    }
    Ok(StatusCode::NO_CONTENT)
}

fn read<T: for<'de> Deserialize<'de>>(body: &str) -> Result<T, Refused> {
    serde_json::from_str(body).map_err(|error| refused(&error))
}

fn refused(error: &serde_json::Error) -> Refused {
    (StatusCode::BAD_REQUEST, error.to_string())
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}
