//! What happened, for tests to read: a bounded list, oldest dropped first.

use std::collections::{BTreeMap, VecDeque};

use http::HeaderMap;
use serde::{Deserialize, Serialize};

use crate::model::Time;

/// How many entries are kept.
const MAX_ENTRIES: usize = 20_000;
/// How many bytes of them.
const MAX_BYTES: usize = 64 << 20;
/// What one entry costs beside its texts.
const OVERHEAD: usize = 512;
/// Headers whose values are never kept.
const SECRET_HEADERS: [&str; 3] = ["authorization", "cookie", "set-cookie"];

/// Where something happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Plane {
    /// A call of the CloudFront API.
    Control,
    /// A viewer's request.
    Viewer,
    /// A request to an origin.
    Origin,
    /// A run of an edge function.
    Edge,
}

/// One thing that happened. What does not apply is absent.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// Counts up from 1.
    pub sequence: u64,
    /// When it began, in milliseconds of the model's clock.
    pub at_ms: Time,
    /// How long it took, in milliseconds of real time.
    pub took_ms: u64,
    /// Where.
    pub plane: Plane,
    /// API operation, HTTP method, or edge event.
    pub operation: String,
    /// Distribution or distribution tenant.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub target: String,
    /// Path with query.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub path: String,
    /// POP that served it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pop: Option<String>,
    /// HTTP status; absent when there was no answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// `X-Cache` as the viewer was told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub x_cache: Option<String>,
    /// Items of the invalidation that the call was about.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<String>,
    /// Invalidation that the call was about, or edge function that ran.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Error code of the answer, or what went wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The scripted fault that struck.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<u64>,
    /// Request headers; secrets are replaced by `***`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// Log lines of an edge function.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub logs: Vec<String>,
}

impl Entry {
    pub(crate) fn new(plane: Plane, operation: &str, at: Time) -> Self {
        Self {
            sequence: 0,
            at_ms: at,
            took_ms: 0,
            plane,
            operation: operation.to_owned(),
            target: String::new(),
            path: String::new(),
            pop: None,
            status: None,
            x_cache: None,
            items: Vec::new(),
            subject: None,
            error: None,
            fault: None,
            headers: BTreeMap::new(),
            logs: Vec::new(),
        }
    }
}

impl Entry {
    fn weight(&self) -> usize {
        let texts = self.items.iter().chain(&self.logs).map(String::len);
        let headers = self
            .headers
            .iter()
            .map(|(name, value)| name.len() + value.len());
        OVERHEAD + self.path.len() + texts.chain(headers).sum::<usize>()
    }
}

/// Headers as they may be kept.
pub(crate) fn keepable(headers: &HeaderMap) -> BTreeMap<String, String> {
    headers
        .iter()
        .map(|(name, value)| {
            let text = if SECRET_HEADERS.contains(&name.as_str()) {
                "***".to_owned()
            } else {
                String::from_utf8_lossy(value.as_bytes()).into_owned()
            };
            (name.as_str().to_owned(), text)
        })
        .collect()
}

/// Which entries are wanted: all that is given has to hold.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Filter {
    /// Entries after this sequence number.
    pub since: Option<u64>,
    /// Entries of this plane.
    pub plane: Option<Plane>,
    /// Entries of this operation.
    pub operation: Option<String>,
    /// Entries of this distribution or tenant.
    pub target: Option<String>,
    /// Entries whose path with query contains this.
    pub path: Option<String>,
    /// Entries with an invalidation item that contains this.
    pub item: Option<String>,
    /// Entries of this POP.
    pub pop: Option<String>,
    /// Entries with a kept request header `name:value part`.
    pub header: Option<String>,
    /// Entries with this status.
    pub status: Option<u16>,
}

impl Filter {
    fn admits(&self, entry: &Entry) -> bool {
        fn is<T: PartialEq>(wanted: Option<&T>, found: &T) -> bool {
            wanted.is_none_or(|wanted| wanted == found)
        }
        let part = |wanted: &Option<String>, found: &str| {
            wanted
                .as_ref()
                .is_none_or(|wanted| found.contains(wanted.as_str()))
        };
        let has_header = self.header.as_ref().is_none_or(|wanted| {
            let (name, value) = wanted.split_once(':').unwrap_or((wanted, ""));
            let found = entry.headers.get(&name.to_ascii_lowercase());
            found.is_some_and(|found| found.contains(value.trim()))
        });
        self.since.is_none_or(|since| entry.sequence > since)
            && is(self.plane.as_ref(), &entry.plane)
            && is(self.operation.as_ref(), &entry.operation)
            && is(self.target.as_ref(), &entry.target)
            && part(&self.path, &entry.path)
            && (self.item.is_none() || entry.items.iter().any(|item| part(&self.item, item)))
            && (self.pop.is_none() || self.pop == entry.pop)
            && has_header
            && (self.status.is_none() || self.status == entry.status)
    }
}

/// The list.
#[derive(Debug, Default)]
pub(crate) struct History {
    entries: VecDeque<Entry>,
    bytes: usize,
    sequence: u64,
}

impl History {
    pub(crate) fn push(&mut self, mut entry: Entry) {
        self.sequence += 1;
        entry.sequence = self.sequence;
        self.bytes += entry.weight();
        while (self.bytes > MAX_BYTES || self.entries.len() >= MAX_ENTRIES)
            && let Some(oldest) = self.entries.pop_front()
        {
            self.bytes -= oldest.weight();
        }
        self.entries.push_back(entry);
    }

    pub(crate) fn query(&self, filter: &Filter) -> Vec<Entry> {
        self.entries
            .iter()
            .filter(|entry| filter.admits(entry))
            .cloned()
            .collect()
    }

    pub(crate) fn clear(&mut self) {
        self.entries.clear();
        self.bytes = 0;
    }
}
