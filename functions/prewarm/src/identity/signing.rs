//! Signed cookies, for behaviours of the distribution that trust a key group.
//!
//! Cookies and not signed URLs: a URL goes into access logs, and its query string is the cache
//! key's. CloudFront Developer Guide, "Set signed cookies using a custom policy".

use std::fmt;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;
use jiff::Timestamp;
use rustls::SignatureScheme;
use rustls::crypto::aws_lc_rs::sign::any_supported_type;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use rustls::sign::SigningKey;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

/// What a key of CloudFront can be: RSA 2048 or ECDSA P-256. Both with SHA-256, which the cookie
/// `CloudFront-Hash-Algorithm` names; without it, CloudFront reckons with SHA-1.
const SCHEMES: &[SignatureScheme] = &[
    SignatureScheme::RSA_PKCS1_SHA256,
    SignatureScheme::ECDSA_NISTP256_SHA256,
];

/// A private key whose public key is in a trusted key group.
#[derive(Clone)]
pub(super) struct CookieSigner {
    key_id: String,
    key: Arc<dyn SigningKey>,
}

impl fmt::Debug for CookieSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CookieSigner")
            .field("key_id", &self.key_id)
            .finish_non_exhaustive()
    }
}

impl CookieSigner {
    /// Takes the id that CloudFront gave to the public key, and the private key in PEM. `None` if
    /// that is no such key.
    pub(super) fn new(key_id: &str, pem: &SecretString) -> Option<Self> {
        let is_id = !key_id.is_empty() && key_id.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let der = PrivateKeyDer::from_pem_slice(pem.expose_secret().as_bytes()).ok()?;
        let key = any_supported_type(&der).ok()?;
        (is_id && key.choose_scheme(SCHEMES).is_some()).then(|| Self {
            key_id: key_id.to_owned(),
            key,
        })
    }

    /// The `Cookie` header for every path of a host, for requests that begin before `until`.
    pub(super) fn cookies(&self, base: &Url, until: Timestamp) -> Option<HeaderValue> {
        let policy = format!(
            r#"{{"Statement":[{{"Resource":"{}/*","Condition":{{"DateLessThan":{{"AWS:EpochTime":{}}}}}}}]}}"#,
            base.origin().ascii_serialization(),
            until.as_second()
        );
        let signature = self
            .key
            .choose_scheme(SCHEMES)?
            .sign(policy.as_bytes())
            .ok()?;
        let cookie = format!(
            "CloudFront-Policy={}; CloudFront-Signature={}; CloudFront-Key-Pair-Id={}; \
             CloudFront-Hash-Algorithm=SHA256",
            encoded(policy.as_bytes()),
            encoded(&signature),
            self.key_id
        );
        let mut cookie = HeaderValue::try_from(cookie).ok()?;
        cookie.set_sensitive(true);
        Some(cookie)
    }
}

/// Base64, as CloudFront reads it in cookies.
fn encoded(bytes: &[u8]) -> String {
    STANDARD
        .encode(bytes)
        .replace('+', "-")
        .replace('=', "_")
        .replace('/', "~")
}
