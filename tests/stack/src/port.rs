//! Free loopback ports for programs that cannot choose one themselves.

use std::net::TcpListener;

use crate::error::StackError;

/// A port that was free a moment ago. The kernel hands out others first before it repeats one.
pub(crate) fn free() -> Result<u16, StackError> {
    TcpListener::bind(("127.0.0.1", 0))
        .and_then(|listener| listener.local_addr())
        .map(|address| address.port())
        .map_err(StackError::io("find a free port"))
}
