//! A request header with few values, by which answers differ.

use std::fmt;

use serde::Serialize;

/// What stands before the claim's name in a variant's `from`.
const CLAIM: &str = "claim:";

/// A normalised request header with few values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Variant {
    /// The normalised header, lower-case; part of the cache key.
    pub header: String,
    /// What it is computed from.
    pub from: VariantSource,
    /// The value when nothing matches.
    pub default: String,
    /// Every value.
    pub values: Vec<VariantValue>,
}

/// What a variant is computed from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VariantSource {
    /// A header that browsers send, lower-case.
    Header(String),
    /// A claim of the viewer's token.
    Claim(String),
}

/// One value of a variant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct VariantValue {
    /// The value.
    pub value: String,
    /// What in the browser's header, or which values of the claim, lead to it.
    pub matches: Vec<String>,
    /// What the prewarmer sends in the browser's header to get it; none for a claim.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub send: Option<String>,
    /// Whether it is prewarmed.
    pub prewarm: bool,
}

impl Variant {
    /// The header, and what stands in it, by which the prewarmer gets `value`. Of a claim, which
    /// its own token does not have, it names the value in the variant's header.
    #[must_use]
    pub fn request<'a>(&'a self, value: &'a VariantValue) -> (&'a str, &'a str) {
        match &self.from {
            VariantSource::Header(name) => (name, value.send.as_deref().unwrap_or_default()),
            VariantSource::Claim(_) => (&self.header, &value.value),
        }
    }
}

impl VariantSource {
    /// Reads a header's name, or a claim's after `claim:`.
    #[must_use]
    pub fn parse(given: &str) -> Self {
        match given.strip_prefix(CLAIM) {
            Some(claim) => Self::Claim(claim.to_owned()),
            None => Self::Header(given.to_owned()),
        }
    }
}

impl fmt::Display for VariantSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Header(name) => f.write_str(name),
            Self::Claim(name) => write!(f, "{CLAIM}{name}"),
        }
    }
}
