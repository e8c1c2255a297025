//! Key value stores of CloudFront Functions: in memory, from a file.
//!
//! <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/kvs-with-functions.html>

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::options::KeyValueFile;
use crate::template::KeyValueStore;

/// Why a store cannot be filled.
#[derive(Debug, thiserror::Error)]
pub enum KeyValueError {
    /// The file cannot be read.
    #[error("cannot read the key values {path}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// It is not in the form that CloudFront imports.
    #[error(
        "{path} holds no key values: {{\"data\":[{{\"key\":\"a\",\"value\":\"1\"}}]}} is expected"
    )]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Where and why.
        #[source]
        source: serde_json::Error,
    },
}

/// What a function reads.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct KeyValues {
    data: BTreeMap<String, String>,
    /// When it was made.
    created: String,
}

#[derive(Deserialize)]
struct Import {
    data: Vec<Pair>,
}

#[derive(Deserialize)]
struct Pair {
    key: String,
    value: String,
}

impl KeyValues {
    /// Fills a store from the file that is given for its name or logical id; without one it is empty.
    pub(crate) fn read(
        store: &KeyValueStore,
        files: &[KeyValueFile],
    ) -> Result<Self, KeyValueError> {
        let mut given = files.iter();
        let file = given.find(|file| file.is_for(store));
        let pairs = match file {
            None => Vec::new(),
            Some(KeyValueFile { path, .. }) => {
                let text = std::fs::read_to_string(path).map_err(|source| {
                    let path = path.clone();
                    KeyValueError::Unreadable { path, source }
                })?;
                let import: Import = serde_json::from_str(&text).map_err(|source| {
                    let path = path.clone();
                    KeyValueError::Malformed { path, source }
                })?;
                import.data
            }
        };
        let data = pairs.into_iter().map(|pair| (pair.key, pair.value));
        Ok(Self {
            data: data.collect(),
            created: jiff::Timestamp::now()
                .strftime("%Y-%m-%dT%H:%M:%SZ")
                .to_string(),
        })
    }
}
