//! Brings a stand-in up on loopback ports and takes it down when dropped.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use serde::Serialize;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

use crate::data_plane::Door;
use crate::edge_function::EdgeFunctions;
use crate::fault::Fault;
use crate::history::{Entry, Filter};
use crate::model::{ProfileName, World};
use crate::options::{Options, OriginAddress};
use crate::reply::{CutOff, Reply};
use crate::site::Site;
use crate::template::{self, TemplateError};
use crate::{control_plane, control_port, data_plane};

/// A client that is slower with its headers is dropped.
const HEADER_PATIENCE: Duration = Duration::from_secs(30);
/// Twice what CloudFront takes, so that it is CloudFront's limit that answers.
const MAX_HEAD: usize = 48 << 10;

/// Why it does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The templates cannot be served.
    #[error("the templates cannot be served")]
    Template(#[from] TemplateError),
    /// A port is taken.
    #[error("cannot listen on 127.0.0.1:{port}")]
    Listen {
        /// The port asked for.
        port: u16,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
}

/// What a caller has to know; the binary prints it as its first line.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Ready {
    /// Base URL of the CloudFront API.
    pub control_plane: String,
    /// Base URL of the control port.
    pub control: String,
    /// Distributions in the templates' order.
    pub distributions: Vec<DistributionUrls>,
    /// Profile.
    pub profile: ProfileName,
    /// Seed of everything random.
    pub seed: u64,
    /// What the templates ask for and is not done, and origins without an address.
    pub not_modelled: Vec<String>,
}

/// One distribution.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DistributionUrls {
    /// Id.
    pub id: String,
    /// Logical id in its template.
    pub logical_id: String,
    /// Domain name that CloudFront would give it.
    pub domain_name: String,
    /// Base URL of its data plane, plain HTTP.
    pub url: String,
}

/// A running stand-in. Dropping it stops it.
#[derive(Debug)]
pub struct CloudFrontLocal {
    ready: Arc<Ready>,
    site: Arc<Site>,
    listeners: Vec<JoinHandle<()>>,
}

impl CloudFrontLocal {
    /// Reads the templates and begins to listen.
    ///
    /// # Errors
    /// If a template cannot be served or a port is taken.
    pub async fn start(options: Options) -> Result<Self, StartError> {
        let deployment = template::read(&options.templates, &options.parameter_map())?;
        let seed = options.seed.unwrap_or_else(|| fastrand::u64(..));
        let mut not_modelled = deployment.not_modelled;
        let origins = deployment
            .distributions
            .iter()
            .flat_map(|distribution| &distribution.origins);
        for origin in
            origins.filter(|origin| OriginAddress::find(&options.origins, origin).is_none())
        {
            let (id, domain) = (&origin.id, &origin.domain_name);
            not_modelled.push(format!(
                "origin {id} ({domain}) has no address: requests to it are answered 502"
            ));
        }
        let edge = EdgeFunctions::new(&options.node, &options.edge_hosts, deployment.functions);
        let mut world = World::new(
            deployment.distributions.clone(),
            options.knobs(),
            options.cache_capacity,
            seed,
        );
        for tenant in deployment.tenants {
            world.tenants.insert(tenant.id.clone(), tenant);
        }
        let site = Arc::new(Site::new(world, options.origins.clone(), edge));
        let mut listeners = Vec::new();
        let (control_plane, port) = listen(options.control_plane_port).await?;
        let control_plane_url = url(port);
        let for_calls = Arc::clone(&site);
        listeners.push(tokio::spawn(accept(control_plane, move |request, _| {
            control_plane::serve(Arc::clone(&for_calls), request)
        })));
        let mut distributions = Vec::new();
        for (index, distribution) in deployment.distributions.into_iter().enumerate() {
            let (listener, port) =
                listen(options.data_plane_ports.get(index).copied().unwrap_or(0)).await?;
            distributions.push(DistributionUrls {
                id: distribution.id.clone(),
                logical_id: distribution.logical_id.clone(),
                domain_name: distribution.domain_name.clone(),
                url: url(port),
            });
            let door = Arc::new(Door {
                distribution: Arc::new(distribution),
                is_https: !options.plain_is_http,
            });
            let site = Arc::clone(&site);
            listeners.push(tokio::spawn(accept(
                listener,
                move |request, client: SocketAddr| {
                    data_plane::serve(Arc::clone(&site), Arc::clone(&door), client.ip(), request)
                },
            )));
        }
        let (control, port) = listen(options.control_port).await?;
        let ready = Arc::new(Ready {
            control_plane: control_plane_url,
            control: url(port),
            distributions,
            profile: options.profile,
            seed,
            not_modelled,
        });
        let router = control_port::router(Arc::clone(&site), Arc::clone(&ready));
        listeners.push(tokio::spawn(async move {
            if let Err(error) = axum::serve(control, router).await {
                tracing::error!(%error, "the control port stopped");
            }
        }));
        Ok(Self {
            ready,
            site,
            listeners,
        })
    }

    /// Addresses, ids, seed.
    #[must_use]
    pub fn ready(&self) -> &Ready {
        &self.ready
    }

    /// Scripts a fault, as the control port does; gives its id.
    #[expect(
        clippy::must_use_candidate,
        reason = "most faults are never taken back"
    )]
    pub fn add_fault(&self, fault: Fault) -> u64 {
        self.site.faults().add(fault)
    }

    /// What happened so far.
    #[must_use]
    pub fn history(&self, filter: &Filter) -> Vec<Entry> {
        self.site.history().query(filter)
    }
}

impl Drop for CloudFrontLocal {
    fn drop(&mut self) {
        for listener in &self.listeners {
            listener.abort();
        }
    }
}

async fn listen(port: u16) -> Result<(TcpListener, u16), StartError> {
    let failed = |source| StartError::Listen { port, source };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
        .await
        .map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?.port();
    Ok((listener, bound))
}

fn url(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}

/// Serves connections until it is aborted; then they end too.
async fn accept<S, F>(listener: TcpListener, serve: S)
where
    S: Fn(http::Request<Incoming>, SocketAddr) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Result<Reply, CutOff>> + Send + 'static,
{
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, client)) => {
                    connections.spawn(converse(stream, client, serve.clone()));
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

async fn converse<S, F>(stream: TcpStream, client: SocketAddr, serve: S)
where
    S: Fn(http::Request<Incoming>, SocketAddr) -> F + Send + 'static,
    F: Future<Output = Result<Reply, CutOff>> + Send + 'static,
{
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_PATIENCE)
        .max_buf_size(MAX_HEAD);
    let service = service_fn(move |request| serve(request, client));
    if let Err(error) = builder
        .serve_connection(TokioIo::new(stream), service)
        .await
    {
        tracing::debug!(error, "connection ended");
    }
}
