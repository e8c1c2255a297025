//! The local stack: brings it up, deploys onto it, takes it down.
//!
//! See the crate's README for its parts and for how tests use it.

pub mod aws;
mod cognito;
mod connection;
mod control;
mod delivery;
mod error;
mod folders;
pub mod gate;
mod localstack;
pub mod origin;
mod part;
mod port;
mod python;
mod reaper;
pub mod rules;

pub use cognito::{ServiceLogin, UserPool, Users};
pub use error::StackError;
pub use folders::Folders;
