//! One template, and the physical ids of what is in it. They are made up, but the same on every start: derived from
//! stack and logical id.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

/// The account that pseudo parameters name.
pub(super) const ACCOUNT: &str = "000000000000";

/// One template.
#[derive(Debug)]
pub(crate) struct Stack {
    pub(crate) name: String,
    pub(crate) folder: PathBuf,
    pub(crate) manifest: PathBuf,
    pub(super) parameters: BTreeMap<String, String>,
    body: Value,
}

impl Stack {
    pub(crate) fn new(path: &Path, body: Value, parameters: BTreeMap<String, String>) -> Self {
        let file = path.file_name().unwrap_or_default().to_string_lossy();
        let name = file.split('.').next().unwrap_or_default().to_owned();
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        Self {
            manifest: folder.join(format!("{name}.assets.json")),
            name,
            folder,
            parameters,
            body,
        }
    }

    /// Resources of a type, whose conditions are not looked at: the caller resolves them.
    pub(crate) fn resources_of<'a>(
        &'a self,
        kind: &'a str,
    ) -> impl Iterator<Item = (&'a str, &'a Value)> {
        self.section("Resources")
            .into_iter()
            .flatten()
            .filter(move |(_, resource)| resource["Type"] == kind)
            .map(|(id, resource)| (id.as_str(), &resource["Properties"]))
    }

    pub(crate) fn resource(&self, logical_id: &str) -> Option<&Value> {
        self.section("Resources")?.get(logical_id)
    }

    pub(super) fn section(&self, name: &str) -> Option<&Map<String, Value>> {
        self.body.get(name)?.as_object()
    }

    /// A physical id: same template, same id.
    pub(crate) fn physical_id(&self, logical_id: &str, length: usize) -> String {
        const ALPHABET: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
        // FNV-1a: stable over versions of Rust, which the standard hasher is not.
        let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
        for byte in self.name.bytes().chain([b'/']).chain(logical_id.bytes()) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        let mut rng = fastrand::Rng::with_seed(hash);
        (0..length)
            .map(|_| char::from(ALPHABET[rng.usize(..ALPHABET.len())]))
            .collect()
    }

    pub(crate) fn viewer_function_arn(&self, logical_id: &str) -> String {
        format!(
            "arn:aws:cloudfront::{ACCOUNT}:function/{}-{logical_id}",
            self.name
        )
    }

    /// ARN of a function; its version, where one is referred to, is always 1.
    pub(crate) fn function_arn(&self, logical_id: &str) -> String {
        format!(
            "arn:aws:lambda:us-east-1:{ACCOUNT}:function:{}-{logical_id}",
            self.name
        )
    }

    pub(crate) fn distribution_id(&self, logical_id: &str) -> String {
        format!("E{}", self.physical_id(logical_id, 13))
    }

    pub(crate) fn tenant_id(&self, logical_id: &str) -> String {
        format!("dt_{}", self.physical_id(logical_id, 20))
    }

    pub(crate) fn key_pair_id(&self, logical_id: &str) -> String {
        format!("K{}", self.physical_id(logical_id, 13))
    }

    pub(crate) fn domain_name(&self, logical_id: &str) -> String {
        format!(
            "d{}.cloudfront.net",
            self.physical_id(logical_id, 13).to_ascii_lowercase()
        )
    }
}
