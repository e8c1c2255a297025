//! One binary for all tests over sockets: what links once is linked once.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]
#![expect(
    clippy::disallowed_methods,
    reason = "the origin of a test answers late on purpose"
)]

mod binary;
mod clients;
mod control_plane;
mod data_plane;
mod functions;
mod hostile;
mod model;
mod overhead;
mod stage;
mod tiers;
mod tls;
