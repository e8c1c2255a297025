//! TLS for the data plane: a certificate authority that lives as long as the stand-in.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::{self, ServerConfig};

/// Why TLS could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// No key or certificate came about.
    #[error("cannot make a certificate for {names}")]
    Certificate {
        /// Names it was to be for.
        names: String,
        /// Why not.
        #[source]
        source: rcgen::Error,
    },
    /// The TLS library refuses it.
    #[error("cannot set up TLS")]
    Config(#[from] rustls::Error),
}

/// The authority that clients have to trust.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

impl Authority {
    pub(crate) fn new() -> Result<Self, TlsError> {
        let failed = |source| TlsError::Certificate {
            names: "the test authority".to_owned(),
            source,
        };
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params
            .distinguished_name
            .push(DnType::CommonName, "cloudfront-local test authority");
        let key = KeyPair::generate().map_err(failed)?;
        let pem = params.self_signed(&key).map_err(failed)?.pem();
        Ok(Self {
            issuer: Issuer::new(params, key),
            pem,
        })
    }

    /// Its certificate, for clients.
    pub(crate) fn pem(&self) -> &str {
        &self.pem
    }

    /// What ends TLS for these host names; HTTP/2 is offered before HTTP/1.1.
    pub(crate) fn acceptor(&self, names: Vec<String>) -> Result<TlsAcceptor, TlsError> {
        let told = names.join(", ");
        let failed = |source| TlsError::Certificate {
            names: told.clone(),
            source,
        };
        let key = KeyPair::generate().map_err(failed)?;
        let params = CertificateParams::new(names).map_err(failed)?;
        let certificate = params.signed_by(&key, &self.issuer).map_err(failed)?;
        let private = PrivateKeyDer::Pkcs8(key.serialize_der().into());
        let provider = Arc::new(aws_lc_rs::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], private)?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(TlsAcceptor::from(Arc::new(config)))
    }
}
