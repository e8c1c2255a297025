//! The variants of a tenant's responses, and what a browser sends to get each.

use crate::contract::{Contract, Variant, VariantSource};
use crate::message::VariantValues;
use crate::tenant::TenantId;
use http::header::{ACCEPT, ACCEPT_ENCODING, COOKIE, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue};

/// What browsers accept. CloudFront normalises it to the codings in the key; without it, a copy
/// that no browser reads would be filled.
pub(super) const BROWSER_CODINGS: &str = "gzip, deflate, br, zstd";
/// Where no variant depends on the browser: who is asking, for the origin's logs.
const OWN_USER_AGENT: &str = concat!("Warmfront/", env!("CARGO_PKG_VERSION"));

/// One value of each variant header.
#[derive(Clone, Debug)]
pub struct VariantChoice {
    /// Variant header → value.
    pub values: VariantValues,
    /// Every request header that matters, except the token.
    pub headers: HeaderMap,
}

/// The headers of a browser's request for the tenant, in the default variant.
#[must_use]
pub fn default_headers(contract: &Contract, tenant: &TenantId) -> HeaderMap {
    choices(contract, tenant).swap_remove(0).headers
}

/// How many variants of each endpoint are requested.
pub(super) fn count(contract: &Contract) -> usize {
    let prewarmed = |variant: &Variant| variant.values.iter().filter(|v| v.prewarm).count();
    contract.variants.iter().map(prewarmed).product()
}

/// Every variant that is requested, the default one first.
pub(super) fn choices(contract: &Contract, tenant: &TenantId) -> Vec<VariantChoice> {
    let mut choices = vec![VariantChoice {
        values: VariantValues::new(),
        headers: common_headers(contract, tenant),
    }];
    for variant in &contract.variants {
        choices = choices
            .iter()
            .flat_map(|choice| {
                prewarmed(variant).map(move |(value, send)| {
                    let mut choice = choice.clone();
                    choice
                        .values
                        .insert(variant.header.clone(), value.to_owned());
                    match (&variant.from, send) {
                        (VariantSource::Header(from), Some(send)) => {
                            insert(&mut choice.headers, from, send);
                        }
                        // The edge lets the prewarm group choose it, as it lets it choose the tenant.
                        _ => insert(&mut choice.headers, &variant.header, value),
                    }
                    choice
                })
            })
            .collect();
    }
    choices
}

fn common_headers(contract: &Contract, tenant: &TenantId) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(BROWSER_CODINGS));
    headers.insert(USER_AGENT, HeaderValue::from_static(OWN_USER_AGENT));
    insert(&mut headers, &contract.tenant.header, tenant.as_str());
    for (name, value) in &contract.cache_key.sent_headers {
        insert(&mut headers, name, value);
    }
    let cookies = contract.cache_key.sent_cookies.iter();
    let cookies: Vec<_> = cookies
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    if !cookies.is_empty() {
        insert(&mut headers, COOKIE.as_str(), &cookies.join("; "));
    }
    headers
}

/// The values to prewarm with what is sent for them, the default one first.
fn prewarmed(variant: &Variant) -> impl Iterator<Item = (&str, Option<&str>)> {
    let values = || variant.values.iter().filter(|value| value.prewarm);
    let default = values().filter(|value| value.value == variant.default);
    let others = values().filter(|value| value.value != variant.default);
    default
        .chain(others)
        .map(|value| (value.value.as_str(), value.send.as_deref()))
}

fn insert(headers: &mut HeaderMap, name: &str, value: &str) {
    let name = HeaderName::try_from(name).expect("the contract checks its header names");
    let value = HeaderValue::try_from(value).expect("the contract checks what is sent");
    headers.insert(name, value);
}
