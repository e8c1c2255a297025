//! One binary for all tests over sockets: what links once is linked once.

mod control_plane;
mod data_plane;
mod stage;
