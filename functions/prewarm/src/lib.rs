//! Logs in, requests a tenant's endpoints as browsers would, and proves that the cache is fresh.
//!
//! Promises:
//!
//! - nothing is purged before *Preflight* has shown that the cache can be refilled;
//! - a target is `fresh` only on evidence;
//! - no request is started that the function could not finish;
//! - token and secret never leave the process.
//!
//! The rooms, from the bottom up: [`plan`] (what may be requested, what is expected), [`identity`] (who
//! asks), [`fetch`] (one request), [`proof`] (what an answer proves), [`report`] (what a person reads),
//! [`batch`] (one call's share of the requests), [`outcome`] (what becomes of the run), [`handler`] (the
//! step).

pub mod batch;
pub mod config;
pub mod error;
pub mod fetch;
pub mod handler;
pub mod identity;
pub mod outcome;
pub mod ports;
mod preflight;
pub mod proof;
