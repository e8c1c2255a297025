//! The local stack: brings it up, deploys onto it, takes it down.
//!
//! See the crate's README for its parts and for how tests use it.
#![expect(
    clippy::disallowed_methods,
    reason = "a launcher waits for its parts; the ban on sleeping is for functions, where the state machine waits"
)]

pub mod aws;
mod browser;
mod cdk;
mod cloudfront;
mod cognito;
mod connection;
mod contract;
mod control;
mod delivery;
mod error;
mod execution;
mod folders;
mod function_process;
pub mod gate;
mod http_client;
mod localstack;
mod next_steps;
mod options;
pub mod origin;
mod part;
mod platform;
mod port;
mod purge;
mod python;
mod reaper;
pub mod rules;
mod running;
mod settings;
mod stack;
mod state;
mod supervisor;
mod swap;
mod watch;

pub use browser::{Browser, Page};
pub use cloudfront::{CachedCopy, CachedKey, CloudFrontControl};
pub use cognito::{ServiceLogin, UserPool, Users};
pub use contract::Contract;
pub use error::StackError;
pub use execution::Execution;
pub use folders::Folders;
pub use next_steps::NextStep;
pub use options::Options;
pub use platform::Platform;
pub use running::Running;
pub use stack::{STATE_VARIABLE, Stack, Tenant};
pub use state::{Endpoints, Pipeline, State};
pub use supervisor::{Supervisor, request_stop};
pub use watch::{Judged, Progress};
