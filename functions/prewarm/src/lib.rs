//! Logs in, requests a tenant's endpoints as browsers would, and proves that the cache is fresh.
//!
//! Promises:
//!
//! - nothing is purged before *Preflight* has shown that the cache can be refilled;
//! - a target is `fresh` only on evidence;
//! - no request is started that the function could not finish;
//! - token and secret never leave the process.
//!
//! The rooms, from the bottom up: [`ports`] (what is outside), [`identity`] (who asks), [`fetch`] (one
//! request), [`proof`] (what an answer proves), [`batch`] (one call's share of the requests), [`outcome`]
//! (what becomes of the run), [`handler`] (the step). What may be requested is the shared crate's
//! [`plan`](warmfront::plan), what a person reads its [`report`](warmfront::report).

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
