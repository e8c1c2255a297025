//! Logs in, requests a tenant's endpoints as browsers would, and proves that the cache is fresh.
//!
//! Promises: nothing is purged before the gate (*preflight*) has shown that the cache can be
//! refilled; a target is `fresh` only on evidence; nothing is started that the function cannot
//! finish; at most two wrong passwords per run; token and secret never leave the process.

pub mod base_url;
pub mod config;
pub mod course;
pub mod error;
pub mod evidence;
pub mod fetch;
pub mod handler;
pub mod login;
pub mod pace;
pub mod password_budget;
pub mod plan;
pub mod pointer;
pub mod preflight;
pub mod secret;
pub mod session;
pub mod settle;
pub mod verdict;
pub mod version;
pub mod warm;
