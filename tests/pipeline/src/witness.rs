//! What the stand-ins saw of a run, compared with what the run tells: its report, or the cause of
//! its failure.

mod collect;
mod compare;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::Deserialize;
use stack::origin::OriginRequest;

/// What the stand-ins saw between the start of an execution and its end.
#[derive(Clone, Debug)]
pub(crate) struct Witness {
    /// When the execution started and ended, in milliseconds since 1970.
    span: (i64, i64),
    /// Whether no other execution of the tenant ran at that time.
    alone: bool,
    /// The states in which a function's try failed: of that try, the report knows nothing.
    stumbles: Vec<String>,
    /// The prewarmer's requests through the distribution.
    visits: Vec<Seen>,
    /// Accepted and refused requests for invalidations with an item of the tenant.
    purges: Vec<Seen>,
    /// What reached the origin.
    origin: Vec<OriginRequest>,
}

/// One entry of the distribution's history.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Seen {
    at_ms: i64,
    took_ms: i64,
    operation: String,
    path: String,
    pop: Option<String>,
    status: Option<u16>,
    x_cache: Option<String>,
    items: Vec<String>,
    subject: Option<String>,
    headers: BTreeMap<String, String>,
}

impl Seen {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    fn has_item(&self, item: &str) -> bool {
        self.items.iter().any(|held| held == item)
    }
}
