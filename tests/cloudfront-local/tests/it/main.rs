//! One binary for all tests over sockets: what links once is linked once.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]
#![expect(
    clippy::disallowed_methods,
    reason = "the origin of a test answers late on purpose"
)]

mod binary;
mod clients;
mod compression;
mod configuration;
mod control_plane;
mod cookies;
mod data_plane;
mod error_pages;
mod expiry;
mod functions;
mod hostile;
mod key_values;
mod languages;
mod looks;
mod managed;
mod model;
mod origins;
mod overhead;
mod random_load;
mod ranges;
mod readme;
mod request_headers;
mod samples;
mod signed;
mod stage;
mod streaming;
mod templates;
mod tiers;
mod tls;
