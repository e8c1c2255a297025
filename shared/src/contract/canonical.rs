//! The contract written in one way: every default filled in, durations in seconds, fields and names
//! in a fixed order. It is a contract again, and reads as the same one.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::ser::{Serialize, SerializeStruct, Serializer};
use sha2::{Digest, Sha256};

use super::{CacheKey, Contract, VariantSource};

/// Bytes of the digest: of the few contracts that a system ever has, no two share it by chance.
const DIGEST_BYTES: usize = 8;

impl Contract {
    /// The contract as JSON, written in one way.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("its maps have text keys")
    }

    /// 16 hexadecimal characters that differ when the contract does, however it is spelled: a run
    /// notices by them that the contract changed under it.
    #[must_use]
    pub fn digest(&self) -> String {
        use std::fmt::Write;
        let hash = Sha256::digest(self.to_json());
        let mut digest = String::with_capacity(2 * DIGEST_BYTES);
        for byte in &hash[..DIGEST_BYTES] {
            write!(digest, "{byte:02x}").expect("a string takes what is written");
        }
        digest
    }
}

impl Serialize for CacheKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(serde::Serialize)]
        struct Sent<'a> {
            headers: &'a BTreeMap<String, String>,
            cookies: &'a BTreeMap<String, String>,
        }
        let mut key = serializer.serialize_struct("CacheKey", 6)?;
        key.serialize_field("headers", &self.headers)?;
        key.serialize_field("queryNames", &self.query_names)?;
        key.serialize_field("cookies", &self.cookies)?;
        key.serialize_field("encodings", &self.encodings)?;
        key.serialize_field("warmed", &self.warmed)?;
        let sent = Sent {
            headers: &self.sent_headers,
            cookies: &self.sent_cookies,
        };
        key.serialize_field("sent", &sent)?;
        key.end()
    }
}

impl Serialize for VariantSource {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A duration in whole seconds, as the contract spells it.
pub(super) fn seconds<S: Serializer>(
    duration: &Duration,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&format_args!("{}s", duration.as_secs()))
}

/// The paths in the section that they stand in.
pub(super) fn migration<S: Serializer>(paths: &[String], serializer: S) -> Result<S::Ok, S::Error> {
    let mut section = serializer.serialize_struct("Migration", 1)?;
    section.serialize_field("paths", paths)?;
    section.end()
}
