//! A certificate authority of the benchmark's own, with the chain that public ones have: root,
//! intermediate, leaf.

use std::fs;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use tokio_rustls::rustls::client::Resumption;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio_rustls::{TlsAcceptor, TlsConnector};

use crate::error::{BenchError, During};

/// A second host on this machine, beside `localhost`.
pub const OTHER_HOST: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);

/// Signs for the hosts on this machine.
#[derive(Clone)]
pub struct Authority {
    /// The root certificate, as a PEM file.
    pub file: PathBuf,
    server: Arc<ServerConfig>,
    client: Arc<ClientConfig>,
}

impl Authority {
    /// Makes the chain, and writes its root into `folder`.
    pub fn new(folder: &Path) -> Result<Self, BenchError> {
        let failed = || "no certificate could be made".to_owned();
        let root = KeyPair::generate().during(failed)?;
        let root = CertifiedIssuer::self_signed(issuer("warmfront-bench root"), root);
        let root = root.during(failed)?;
        let middle = KeyPair::generate().during(failed)?;
        let middle = CertifiedIssuer::signed_by(issuer("warmfront-bench"), middle, &root);
        let middle = middle.during(failed)?;
        let key = KeyPair::generate().during(failed)?;
        let hosts = ["localhost", "127.0.0.1", &OTHER_HOST.to_string()].map(str::to_owned);
        let leaf = CertificateParams::new(hosts);
        let leaf = leaf.and_then(|leaf| leaf.signed_by(&key, &middle));
        let leaf = leaf.during(failed)?;

        let private = PrivateKeyDer::Pkcs8(key.serialize_der().into());
        let chain = vec![leaf.der().clone(), middle.der().clone()];
        let no_tls = || "TLS could not be set up".to_owned();
        let provider = Arc::new(aws_lc_rs::default_provider());
        let mut server = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .and_then(|server| {
                server
                    .with_no_client_auth()
                    .with_single_cert(chain, private)
            })
            .during(no_tls)?;
        server.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];

        let mut roots = RootCertStore::empty();
        roots.add(root.der().clone()).during(no_tls)?;
        let mut client = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .during(no_tls)?
            .with_root_certificates(roots)
            .with_no_client_auth();
        // As in a process that has just begun: no host has given it a session yet.
        client.resumption = Resumption::disabled();

        let file = folder.join("authority.pem");
        fs::create_dir_all(folder)
            .and_then(|()| fs::write(&file, root.pem()))
            .during(|| format!("{} could not be written", file.display()))?;
        Ok(Self {
            file,
            server: Arc::new(server),
            client: Arc::new(client),
        })
    }

    /// What ends TLS, with HTTP/2 before HTTP/1.1.
    #[must_use]
    pub fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(&self.server))
    }

    /// What ends TLS, with HTTP/1.1 only, as the APIs of AWS have it.
    #[must_use]
    pub fn http1_acceptor(&self) -> TlsAcceptor {
        let mut server = (*self.server).clone();
        server.alpn_protocols = vec![b"http/1.1".to_vec()];
        TlsAcceptor::from(Arc::new(server))
    }

    /// What begins TLS as a client that trusts the root, with HTTP/1.1 only.
    #[must_use]
    pub fn connector(&self) -> TlsConnector {
        TlsConnector::from(Arc::clone(&self.client))
    }
}

fn issuer(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, name);
    params
}
