//! A loopback listener whose connections a handler can break off, as a crashing server or a network would.

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
};

use axum::{
    Router,
    extract::connect_info::Connected,
    serve::{IncomingStream, Listener},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

use crate::error::StackError;

/// A server's task; dropping it ends the server and its connections.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) endpoint: String,
    task: JoinHandle<()>,
}

impl Server {
    /// Serves these routes on a free loopback port.
    pub(crate) async fn start(what: &str, routes: Router) -> Result<Self, StackError> {
        let failed = || StackError::io(format!("listen for {what}"));
        let listener = TcpListener::bind(("127.0.0.1", 0))
            .await
            .map_err(failed())?;
        let endpoint = format!("http://{}", listener.local_addr().map_err(failed())?);
        let service = routes.into_make_service_with_connect_info::<Connection>();
        let task = tokio::spawn(async move {
            // It ends only with the task: accepting never gives up.
            let _ = axum::serve(Breakable(listener), service).await;
        });
        Ok(Self { endpoint, task })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// What a handler knows of the connection that its request came on.
#[derive(Clone, Debug, Default)]
pub(crate) struct Connection {
    broken: Arc<AtomicBool>,
}

impl Connection {
    /// The next byte that is written resets the connection instead.
    pub(crate) fn reset(&self) {
        self.broken.store(true, Ordering::Release);
    }
}

impl Connected<IncomingStream<'_, Breakable>> for Connection {
    fn connect_info(stream: IncomingStream<'_, Breakable>) -> Self {
        stream.io().connection.clone()
    }
}

/// Accepts connections that can be broken.
pub(crate) struct Breakable(TcpListener);

impl Listener for Breakable {
    type Io = BreakableStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        let (stream, peer) = Listener::accept(&mut self.0).await;
        let _ = stream.set_nodelay(true);
        (
            BreakableStream {
                stream,
                connection: Connection::default(),
            },
            peer,
        )
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.0.local_addr()
    }
}

/// A connection that ends with RST once it is broken.
pub(crate) struct BreakableStream {
    stream: TcpStream,
    connection: Connection,
}

impl BreakableStream {
    fn check(&self) -> io::Result<()> {
        if self.connection.broken.load(Ordering::Acquire) {
            // With nothing to linger for, dropping the socket sends RST.
            self.stream.set_zero_linger()?;
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        Ok(())
    }
}

impl AsyncRead for BreakableStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.check()?;
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for BreakableStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.check()?;
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check()?;
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
