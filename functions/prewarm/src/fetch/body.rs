//! Watches a body pass: counts it, and finds the tenant that it names. Keeps none of it.

use std::io::{self, Write};

use brotli_decompressor::DecompressorWriter;
use flate2::write::MultiGzDecoder;
use http::HeaderMap;
use http::header::CONTENT_ENCODING;

use super::pointer::{Found, PointerSearch};
use super::printable;

/// Buffer between a body and the search in it.
const DECODED_AT_A_TIME: usize = 4_096;

/// Watches one body.
pub struct BodyWatch {
    pointer: Option<String>,
    search: Search,
    bytes: u64,
}

/// Which tenant a body names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NamedTenant {
    /// The contract does not ask.
    NotAsked,
    /// This one, as it is written.
    Named(String),
    /// None, where the contract says that one is named.
    Missing,
    /// The body's coding cannot be read.
    Unreadable(String),
}

enum Search {
    Off,
    Plain(PointerSearch),
    Gzip(Box<MultiGzDecoder<Sink>>),
    Brotli(Box<DecompressorWriter<Sink>>),
    Ended(NamedTenant),
}

/// The decoded body's way into the search.
struct Sink(PointerSearch);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.read(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl BodyWatch {
    /// Looks for a tenant's name at `pointer`, if there is one.
    #[must_use]
    pub fn new(pointer: Option<&str>) -> Self {
        Self {
            pointer: pointer.map(str::to_owned),
            search: Search::Off,
            bytes: 0,
        }
    }

    /// Begins the body of an answer with these headers.
    pub fn begin(&mut self, headers: &HeaderMap) {
        let Some(pointer) = &self.pointer else { return };
        let search = PointerSearch::new(pointer);
        let coding = headers
            .get(CONTENT_ENCODING)
            .map(|coding| String::from_utf8_lossy(coding.as_bytes()).to_ascii_lowercase());
        self.search = match coding.as_deref().map(str::trim) {
            None | Some("" | "identity") => Search::Plain(search),
            Some("gzip" | "x-gzip") => Search::Gzip(Box::new(MultiGzDecoder::new(Sink(search)))),
            Some("br") => Search::Brotli(Box::new(DecompressorWriter::new(
                Sink(search),
                DECODED_AT_A_TIME,
            ))),
            // CloudFront asks origins for br and gzip only.
            Some(other) => Search::Ended(NamedTenant::Unreadable(printable(other))),
        };
    }

    /// Takes the next bytes, as transferred.
    pub fn chunk(&mut self, bytes: &[u8]) {
        self.bytes += bytes.len() as u64;
        let (written, done) = match &mut self.search {
            Search::Off | Search::Ended(_) => return,
            Search::Plain(search) => {
                search.read(bytes);
                (Ok(()), search.is_done())
            }
            Search::Gzip(decoder) => (decoder.write_all(bytes), decoder.get_ref().0.is_done()),
            Search::Brotli(decoder) => (decoder.write_all(bytes), decoder.get_ref().0.is_done()),
        };
        if done || written.is_err() {
            self.end_search();
        }
    }

    /// Bytes so far, as transferred.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// What the complete body names.
    #[must_use]
    pub fn finish(mut self) -> NamedTenant {
        self.end_search();
        match self.search {
            Search::Ended(named) => named,
            _ => NamedTenant::NotAsked,
        }
    }

    /// Drops the decoder: the rest of the body is only counted.
    fn end_search(&mut self) {
        let search = match std::mem::replace(&mut self.search, Search::Off) {
            Search::Off => return,
            Search::Plain(search) => search,
            Search::Gzip(mut decoder) => {
                // Writes what it still holds. A damaged end shows as a name that is missing.
                decoder.try_finish().ok();
                std::mem::replace(decoder.get_mut(), Sink(PointerSearch::new(""))).0
            }
            Search::Brotli(mut decoder) => {
                decoder.close().ok();
                std::mem::replace(decoder.get_mut(), Sink(PointerSearch::new(""))).0
            }
            Search::Ended(named) => {
                self.search = Search::Ended(named);
                return;
            }
        };
        self.search = Search::Ended(match search.finish() {
            Found::Text(named) => NamedTenant::Named(printable(&named)),
            Found::Nothing => NamedTenant::Missing,
        });
    }
}
