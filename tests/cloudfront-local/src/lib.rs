//! CloudFront on one machine: the control plane and the caching data plane of the distributions in a CloudFormation
//! template. A test tool: it binds loopback only, keeps everything in memory and verifies no signature of an API call.
//!
//! [`CloudFrontLocal::start`] runs it inside a test; the binary of the same name runs it beside one. [`model`] is
//! what it does as plain state, for simulations in virtual time.

#![expect(
    clippy::disallowed_methods,
    reason = "the ban on pauses is for functions; answering late is what this crate is asked for"
)]

mod assertions;
mod clock;
mod control_plane;
mod control_port;
mod data_plane;
mod edge_function;
pub mod fault;
mod history;
mod listener;
pub mod model;
mod options;
mod reply;
mod server;
mod site;
pub mod template;
mod tls;

pub use assertions::{Answer, NoAnswer};
pub use edge_function::KeyValueError;
pub use history::{Entry, Filter, Plane};
pub use options::{KeyValueFile, Options, OriginAddress, RewrittenHost};
pub use server::{CloudFrontLocal, DistributionUrls, Ready, StartError};
pub use tls::TlsError;
