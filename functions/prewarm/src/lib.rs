//! Logs in, requests a tenant's endpoints as browsers would, and proves that the cache is fresh.
//!
//! Promises: nothing is purged before *Preflight* has shown that the cache can be refilled; a target
//! is `fresh` only on evidence; nothing is started that the function cannot finish; token and
//! secret never leave the process.
//!
//! From the bottom up: [`plan`] (what is requested and expected), [`identity`] (the service user),
//! [`fetch`] (one request), [`proof`] (what an answer proves), [`batch`] (a call's share of the
//! requests), [`outcome`] and [`report`] (what becomes of the run), [`handler`] (the step).

pub mod batch;
pub mod config;
pub mod error;
pub mod fetch;
pub mod handler;
pub mod identity;
pub mod outcome;
pub mod plan;
pub mod ports;
mod preflight;
pub mod proof;
pub mod report;
