//! The pipeline on the local stack: real engine, real functions, real edge code.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod binaries;
mod cross_tenant;
mod edges;
mod faults;
mod happy_path;
mod input;
mod isolation;
mod logging;
mod login;
mod modes;
mod next_steps;
mod overlap;
mod polling;
mod prewarm;
mod purge;
mod readiness;
mod redrive;
mod resilience;
mod resumption;
mod secrecy;
mod settings;
mod untagged;

use pipeline::OVERVIEW;

/// Input fields that narrow a run to that endpoint.
fn overview() -> serde_json::Value {
    serde_json::json!({ "endpoints": [OVERVIEW] })
}

/// The states of a run that meets no trouble.
const STRAIGHT: [&str; 8] = [
    "Preflight",
    "WhatFirst",
    "Invalidate",
    "AwaitInvalidation",
    "IsInvalidationSettled",
    "Prewarm",
    "WhatRemains",
    "Done",
];
