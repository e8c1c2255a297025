//! Loopback listeners: plain or with TLS, HTTP/1.1 or HTTP/2.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use http::Request;
use hyper::body::Incoming;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use crate::reply::{CutOff, Reply};

/// A client that is slower with its headers is dropped.
const HEADER_PATIENCE: Duration = Duration::from_secs(30);
/// Twice what CloudFront takes, so that it is CloudFront's limit that answers.
const MAX_HEAD: usize = 48 << 10;

/// Binds a loopback port; 0 takes a free one.
pub(crate) async fn listen(port: u16) -> std::io::Result<(TcpListener, u16)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    let bound = listener.local_addr()?.port();
    Ok((listener, bound))
}

/// Serves connections until it is aborted; then they end too.
pub(crate) async fn accept<S, F>(listener: TcpListener, tls: Option<TlsAcceptor>, serve: S)
where
    S: Fn(Request<Incoming>, SocketAddr) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Result<Reply, CutOff>> + Send + 'static,
{
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, client)) => {
                    let serve = serve.clone();
                    let service = service_fn(move |request| serve(request, client));
                    connections.spawn(shake_hands(stream, tls.clone(), service));
                }
                // Out of file descriptors, most likely: those that close make room.
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn shake_hands<S>(stream: TcpStream, tls: Option<TlsAcceptor>, service: S)
where
    S: Service<Request<Incoming>, Response = Reply, Error = CutOff> + Send + 'static,
    S::Future: Send + 'static,
{
    let Some(tls) = tls else {
        return converse(stream, service).await;
    };
    match tokio::time::timeout(HEADER_PATIENCE, tls.accept(stream)).await {
        Ok(Ok(stream)) => converse(stream, service).await,
        Ok(Err(error)) => tracing::debug!(%error, "no TLS handshake"),
        Err(_) => tracing::debug!("no TLS handshake in time"),
    }
}

async fn converse<I, S>(stream: I, service: S)
where
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    S: Service<Request<Incoming>, Response = Reply, Error = CutOff> + Send + 'static,
    S::Future: Send + 'static,
{
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_PATIENCE)
        .max_buf_size(MAX_HEAD);
    builder
        .http2()
        .max_header_list_size(u32::try_from(MAX_HEAD).unwrap_or(u32::MAX));
    if let Err(error) = builder
        .serve_connection(TokioIo::new(stream), service)
        .await
    {
        tracing::debug!(error, "connection ended");
    }
}
