//! Logs in, requests a tenant's endpoints as browsers would, and proves that the cache is fresh.
//!
//! Promises: nothing is purged before the gate (*preflight*) has shown that the cache can be
//! refilled; a target is `fresh` only on evidence; nothing is started that the function cannot
//! finish; one call sends at most two passwords that are refused; token and secret never leave the process.

pub mod base_url;
pub mod config;
pub mod course;
pub mod error;
pub mod evidence;
pub mod fetch;
pub mod handler;
pub mod identity;
pub mod pace;
pub mod plan;
pub mod ports;
pub mod preflight;
pub mod settle;
pub mod verdict;
pub mod warm;
