//! Brings a stand-in up on loopback ports and takes it down when dropped.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use serde::Serialize;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::data_plane::Door;
use crate::edge_function::{EdgeFunctions, KeyValueError};
use crate::fault::Fault;
use crate::history::{Entry, Filter};
use crate::listener::{accept, listen};
use crate::model::{Distribution, EdgeFunctionId, Pop, ProfileName, World};
use crate::options::{Options, OriginAddress};
use crate::site::Site;
use crate::template::{self, FunctionCode, KeyValueStore, TemplateError};
use crate::tls::{Authority, TlsError};
use crate::{control_plane, control_port, data_plane};

/// Why it does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The templates cannot be served.
    #[error("the templates cannot be served")]
    Template(#[from] TemplateError),
    /// A key value store cannot be filled.
    #[error("a key value store cannot be filled")]
    KeyValues(#[from] KeyValueError),
    /// The data plane gets no TLS.
    #[error("the data plane gets no TLS")]
    Tls(#[from] TlsError),
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
    /// Public keys of the templates: logical id, and the id that signed URLs and cookies name.
    pub public_keys: BTreeMap<String, String>,
    /// PEM certificate of the authority behind every `tlsUrl`.
    pub ca_certificate: String,
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
    /// Base URL of its data plane with TLS, HTTP/1.1 and HTTP/2.
    pub tls_url: String,
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
        let deployment = template::read(&options.sources())?;
        let seed = options.seed.unwrap_or_else(|| fastrand::u64(..));
        let mut not_modelled = deployment.not_modelled;
        not_modelled.extend(unmapped_origins(&options, &deployment.distributions));
        not_modelled.extend(empty_stores(&options, &deployment.functions));
        let edge = EdgeFunctions::new(
            &options.node,
            &options.edge_hosts,
            &options.key_values,
            deployment.functions,
        )?;
        let distributions = deployment.distributions;
        let (knobs, capacity) = (options.knobs(), options.cache_capacity);
        let mut world = World::new(distributions.clone(), knobs, capacity, seed);
        for tenant in deployment.tenants {
            world.tenants.insert(tenant.id.clone(), tenant);
        }
        let origins = options.origins.clone();
        let site = Arc::new(Site::new(world, origins, edge, deployment.app));
        let authority = Authority::new()?;
        let mut listeners = Listeners {
            site: Arc::clone(&site),
            tasks: Vec::new(),
        };
        let control_plane = listeners.control_plane(&options).await?;
        let mut urls = Vec::new();
        for (index, distribution) in distributions.into_iter().enumerate() {
            let one = Arc::new(distribution);
            urls.push(
                listeners
                    .data_plane(&options, &authority, index, one)
                    .await?,
            );
        }
        let (control, port) = bind(options.control_port).await?;
        let ready = Arc::new(Ready {
            control_plane,
            control: url(port),
            distributions: urls,
            public_keys: deployment.public_keys,
            ca_certificate: authority.pem().to_owned(),
            profile: options.profile,
            seed,
            not_modelled,
        });
        listeners.control_port(control, &ready);
        Ok(Self {
            ready,
            site,
            listeners: listeners.tasks,
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

    pub(crate) fn site(&self) -> &Site {
        &self.site
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

/// The tasks that listen.
struct Listeners {
    site: Arc<Site>,
    tasks: Vec<JoinHandle<()>>,
}

impl Listeners {
    /// Gives the URL of the CloudFront API.
    async fn control_plane(&mut self, options: &Options) -> Result<String, StartError> {
        let (listener, port) = bind(options.control_plane_port).await?;
        let site = Arc::clone(&self.site);
        let serve = move |request, _| control_plane::serve(Arc::clone(&site), request);
        self.tasks.push(tokio::spawn(accept(listener, None, serve)));
        Ok(url(port))
    }

    /// Opens the two ports of a distribution.
    async fn data_plane(
        &mut self,
        options: &Options,
        authority: &Authority,
        index: usize,
        distribution: Arc<Distribution>,
    ) -> Result<DistributionUrls, StartError> {
        let asked = |ports: &[u16]| ports.get(index).copied().unwrap_or(0);
        let (plain, plain_port) = bind(asked(&options.data_plane_ports)).await?;
        let (secure, secure_port) = bind(asked(&options.tls_ports)).await?;
        let acceptor = authority.acceptor(host_names(&distribution))?;
        for (listener, acceptor) in [(plain, None), (secure, Some(acceptor))] {
            let is_https = acceptor.is_some() || !options.plain_is_http;
            let door = Arc::new(Door {
                distribution: Arc::clone(&distribution),
                is_https,
            });
            let site = Arc::clone(&self.site);
            let serve = move |request, client: SocketAddr| {
                data_plane::serve(Arc::clone(&site), Arc::clone(&door), client, request)
            };
            let task = tokio::spawn(accept(listener, acceptor, serve));
            self.tasks.push(task);
        }
        Ok(DistributionUrls {
            id: distribution.id.clone(),
            logical_id: distribution.logical_id.clone(),
            domain_name: distribution.domain_name.clone(),
            url: url(plain_port),
            tls_url: format!("https://127.0.0.1:{secure_port}"),
        })
    }

    fn control_port(&mut self, listener: TcpListener, ready: &Arc<Ready>) {
        let router = control_port::router(Arc::clone(&self.site), Arc::clone(ready));
        self.tasks.push(tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                tracing::error!(%error, "the control port stopped");
            }
        }));
    }
}

/// Origins that no address is given for.
fn unmapped_origins<'a>(
    options: &'a Options,
    distributions: &'a [Distribution],
) -> impl Iterator<Item = String> + 'a {
    let origins = distributions.iter().flat_map(|one| &one.origins);
    let unmapped = origins.filter(|one| OriginAddress::find(&options.origins, one).is_none());
    unmapped.map(|origin| {
        let (id, domain) = (&origin.id, &origin.domain_name);
        format!("origin {id} ({domain}) has no address: requests to it are answered 502")
    })
}

/// Key value stores that no file is given for.
fn empty_stores(
    options: &Options,
    functions: &BTreeMap<EdgeFunctionId, FunctionCode>,
) -> Vec<String> {
    let stores = functions.values().filter_map(|code| code.store.as_ref());
    let is_given = |store: &KeyValueStore| options.key_values.iter().any(|file| file.is_for(store));
    let empty = stores.filter(|store| !is_given(store)).map(|store| {
        let (id, name) = (&store.logical_id, &store.name);
        format!("{id}: the key value store is empty; fill it with --key-values {name}=FILE")
    });
    empty.collect()
}

async fn bind(port: u16) -> Result<(TcpListener, u16), StartError> {
    listen(port)
        .await
        .map_err(|source| StartError::Listen { port, source })
}

fn url(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}

/// Names that a viewer may use: CloudFront's, the distribution's own, and those of this machine.
fn host_names(distribution: &Distribution) -> Vec<String> {
    let aliases = distribution.config["Aliases"]
        .as_array()
        .into_iter()
        .flatten();
    let own = aliases.filter_map(|name| name.as_str()).map(str::to_owned);
    let fixed = ["*.cloudfront.net", "localhost", "127.0.0.1"].map(str::to_owned);
    let prefix = distribution
        .domain_name
        .split('.')
        .next()
        .unwrap_or_default();
    let pops = Pop::all()
        .iter()
        .map(|pop| format!("{prefix}.{}.cloudfront.net", pop.name));
    fixed.into_iter().chain(pops).chain(own).collect()
}
