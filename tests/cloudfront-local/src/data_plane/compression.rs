//! Compression of what the origin sends plain.
//!
//! <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/ServingCompressedFiles.html>

use std::io::Write;

use brotli::CompressorWriter;
use bytes::Bytes;
use flate2::write::GzEncoder;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, ETAG};
use http::{HeaderMap, HeaderValue};

use super::Visit;
use crate::model::CacheKey;

/// Types that are compressed.
const TYPES: [&str; 48] = [
    "application/dash+xml",
    "application/eot",
    "application/font",
    "application/font-sfnt",
    "application/javascript",
    "application/json",
    "application/opentype",
    "application/otf",
    "application/pdf",
    "application/pkcs7-mime",
    "application/protobuf",
    "application/rss+xml",
    "application/truetype",
    "application/ttf",
    "application/vnd.apple.mpegurl",
    "application/vnd.mapbox-vector-tile",
    "application/vnd.ms-fontobject",
    "application/wasm",
    "application/xhtml+xml",
    "application/xml",
    "application/x-font-opentype",
    "application/x-font-truetype",
    "application/x-font-ttf",
    "application/x-httpd-cgi",
    "application/x-javascript",
    "application/x-mpegurl",
    "application/x-opentype",
    "application/x-otf",
    "application/x-perl",
    "application/x-ttf",
    "font/eot",
    "font/opentype",
    "font/otf",
    "font/ttf",
    "image/svg+xml",
    "text/css",
    "text/csv",
    "text/html",
    "text/javascript",
    "text/js",
    "text/plain",
    "text/richtext",
    "text/tab-separated-values",
    "text/xml",
    "text/x-component",
    "text/x-java-source",
    "text/x-script",
    "vnd.apple.mpegurl",
];
/// Sizes that are compressed, in bytes.
const SIZES: std::ops::RangeInclusive<u64> = 1_000..=10_000_000;
/// Brotli's middle way between speed and size.
const BROTLI_QUALITY: u32 = 5;
const BROTLI_WINDOW: u32 = 22;
const BUFFER: usize = 4096;

/// A body being compressed, piece by piece.
pub(super) enum Encoder {
    Gzip(Box<GzEncoder<Vec<u8>>>),
    Brotli(Box<CompressorWriter<Vec<u8>>>),
}

impl Encoder {
    /// The encoder for an answer of the origin, where the guide says that it is compressed; then its headers tell so.
    pub(super) fn choose(
        visit: &Visit,
        status: u16,
        headers: &mut HeaderMap,
        length: Option<u64>,
    ) -> Option<Self> {
        let behavior = visit.behavior();
        let policy = &behavior.cache;
        let lists_encoding = policy.headers.iter().any(|name| name == "accept-encoding");
        let kind = headers.get(CONTENT_TYPE)?.to_str().ok()?;
        let kind = kind
            .split(';')
            .next()
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase();
        let is_compressed = behavior.compress
            && policy.caches()
            && !lists_encoding
            && [200, 403, 404].contains(&status)
            && length.is_some_and(|length| SIZES.contains(&length))
            && TYPES.contains(&kind.as_str())
            && !headers.contains_key(CONTENT_ENCODING);
        if !is_compressed {
            return None;
        }
        let accepted = CacheKey::compose("", policy, &visit.request).encoding?;
        let (encoder, name) = if accepted == "gzip" {
            let encoder = GzEncoder::new(Vec::new(), flate2::Compression::default());
            (Self::Gzip(Box::new(encoder)), "gzip")
        } else {
            let writer = CompressorWriter::new(Vec::new(), BUFFER, BROTLI_QUALITY, BROTLI_WINDOW);
            (Self::Brotli(Box::new(writer)), "br")
        };
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static(name));
        weaken_tag(headers);
        Some(encoder)
    }

    /// What the next piece of the body becomes.
    pub(super) fn push(&mut self, piece: &[u8]) -> Bytes {
        let written = match self {
            Self::Gzip(encoder) => encoder.write_all(piece).and_then(|()| encoder.flush()),
            Self::Brotli(encoder) => encoder.write_all(piece).and_then(|()| encoder.flush()),
        };
        written.expect("writing into memory does not fail");
        Bytes::from(match self {
            Self::Gzip(encoder) => std::mem::take(encoder.get_mut()),
            Self::Brotli(encoder) => std::mem::take(encoder.get_mut()),
        })
    }

    /// What is left at the end.
    pub(super) fn finish(self) -> Bytes {
        Bytes::from(match self {
            Self::Gzip(encoder) => encoder.finish().expect("writing into memory does not fail"),
            Self::Brotli(encoder) => encoder.into_inner(),
        })
    }
}

/// A strong entity tag becomes a weak one; what is no entity tag goes.
fn weaken_tag(headers: &mut HeaderMap) {
    let Some(tag) = headers.get(ETAG) else {
        return;
    };
    let weak = match tag.as_bytes() {
        [b'W', b'/', ..] => return,
        [b'"', ..] => HeaderValue::from_bytes(&[b"W/", tag.as_bytes()].concat()).ok(),
        _ => None,
    };
    match weak {
        Some(weak) => headers.insert(ETAG, weak),
        None => headers.remove(ETAG),
    };
}
