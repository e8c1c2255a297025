//! Signed URLs and signed cookies: who may ask where a behavior has trusted key groups.
//!
//! <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-signed-urls.html>

mod policy;

use aws_lc_rs::signature::{
    ECDSA_P256_SHA1_ASN1, ECDSA_P256_SHA256_ASN1, RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY,
    RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey, VerificationAlgorithm,
};
use base64::Engine as _;
use bytes::Bytes;
use http::HeaderValue;
use http::header::CONTENT_TYPE;

use super::visit::host_name;
use super::{Answer, Visit};
use crate::model::Signer;

/// Query parameters that carry a signature; cookies have the same names after `CloudFront-`.
const PARAMETERS: [&str; 5] = [
    "Expires",
    "Policy",
    "Signature",
    "Key-Pair-Id",
    "Hash-Algorithm",
];

/// Refuses a request without a valid signature where one is asked for. The parameters that carry it are taken out of the
/// query: neither the key nor the origin sees them.
pub(super) fn check(visit: &mut Visit) -> Option<Answer> {
    let signers = visit.behavior().signers.clone()?;
    let signature = Carried::of(visit);
    let whole = visit.request.query.take();
    visit.request.query = without_signature(whole.as_deref());
    let outcome = signature.ok_or(Refused::MissingKey);
    outcome
        .and_then(|signature| signature.verify(visit, &signers))
        .err()
        .map(Refused::answer)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refused {
    MissingKey,
    Denied,
}

impl Refused {
    fn answer(self) -> Answer {
        let (code, message) = match self {
            Self::MissingKey => (
                "MissingKey",
                "Missing Key-Pair-Id query parameter or cookie value",
            ),
            Self::Denied => ("AccessDenied", "Access denied"),
        };
        let mut answer = Answer::error(403, message);
        let body = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>{code}</Code><Message>{message}</Message></Error>"
        );
        answer.body = super::body::Body::Whole(Bytes::from(body));
        let kind = HeaderValue::from_static("text/xml");
        answer.headers.insert(CONTENT_TYPE, kind);
        answer
    }
}

/// What a request carries.
struct Carried {
    key_pair_id: String,
    signature: Vec<u8>,
    is_sha256: bool,
    /// The policy as it was signed, or the end of a canned one.
    statement: Statement,
}

enum Statement {
    Custom(Vec<u8>),
    Canned { expires: String },
}

impl Carried {
    /// By the query, else by cookies. Nothing if neither names a key.
    fn of(visit: &Visit) -> Option<Self> {
        let query = visit.request.query.clone().unwrap_or_default();
        let in_query = |name: &str| {
            let pairs = query.split('&').filter_map(|part| part.split_once('='));
            let mut values = pairs.filter(|(found, _)| *found == name);
            values.next().map(|(_, value)| value.to_owned())
        };
        let in_cookies = |name: &str| {
            let name = format!("CloudFront-{name}");
            let mut cookies = visit.request.cookies();
            cookies
                .find(|(found, _)| *found == name)
                .map(|(_, value)| value.to_owned())
        };
        Self::read(in_query).or_else(|| Self::read(in_cookies))
    }

    fn read(value: impl Fn(&str) -> Option<String>) -> Option<Self> {
        let statement = match value("Policy") {
            Some(policy) => Statement::Custom(decode(&policy)?),
            None => Statement::Canned {
                expires: value("Expires")?,
            },
        };
        Some(Self {
            key_pair_id: value("Key-Pair-Id")?,
            signature: decode(&value("Signature")?)?,
            is_sha256: value("Hash-Algorithm").is_some_and(|name| name == "SHA256"),
            statement,
        })
    }

    fn verify(&self, visit: &Visit, signers: &[Signer]) -> Result<(), Refused> {
        let mut trusted = signers.iter();
        let signer = trusted.find(|signer| signer.key_pair_id == self.key_pair_id);
        let signer = signer.ok_or(Refused::Denied)?;
        let now = visit.site.clock.now().as_millis() / 1000;
        let urls = urls(visit);
        let is_granted = match &self.statement {
            Statement::Custom(text) => {
                self.is_signed(signer, text) && policy::grants(text, &urls, visit.client.ip(), now)
            }
            Statement::Canned { expires } => {
                let is_current = expires.parse::<u64>().is_ok_and(|end| now < end);
                let is_for = |url: &String| {
                    let text = policy::canned(url, expires);
                    self.is_signed(signer, text.as_bytes())
                };
                is_current && urls.iter().any(is_for)
            }
        };
        is_granted.then_some(()).ok_or(Refused::Denied)
    }

    fn is_signed(&self, signer: &Signer, text: &[u8]) -> bool {
        let algorithms: [&'static dyn VerificationAlgorithm; 2] = if self.is_sha256 {
            [&RSA_PKCS1_2048_8192_SHA256, &ECDSA_P256_SHA256_ASN1]
        } else {
            [
                &RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY,
                &ECDSA_P256_SHA1_ASN1,
            ]
        };
        algorithms.into_iter().any(|algorithm| {
            let key = UnparsedPublicKey::new(algorithm, &signer.public_key);
            key.verify(text, &self.signature).is_ok()
        })
    }
}

/// The URLs that a request stands for: under the name that the viewer used and under the distribution's own, whichever
/// protocol the port counts as.
fn urls(visit: &Visit) -> Vec<String> {
    let headers = &visit.request.headers;
    let sent = visit.request.header("host").unwrap_or_default();
    let names = [sent.as_str(), host_name(headers), &visit.config.domain_name];
    let target = visit.request.target();
    let of = |scheme| names.map(|name| format!("{scheme}://{name}{target}"));
    [of("https"), of("http")].concat()
}

fn without_signature(query: Option<&str>) -> Option<String> {
    let parts = query?.split('&');
    let kept: Vec<&str> = parts
        .filter(|part| !PARAMETERS.contains(&part.split('=').next().unwrap_or_default()))
        .collect();
    (!kept.is_empty()).then(|| kept.join("&"))
}

/// Base64 in the form that URLs carry: `-`, `_` and `~` for `+`, `=` and `/`.
fn decode(text: &str) -> Option<Vec<u8>> {
    let plain = text.replace('-', "+").replace('_', "=").replace('~', "/");
    base64::engine::general_purpose::STANDARD.decode(plain).ok()
}
