//! A page that shows the cache live, for people. It asks this port only.

use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY};
use axum::http::{HeaderName, HeaderValue};
use axum::response::Html;

const PAGE: &str = include_str!("page.html");

/// Nothing but itself and this port: whatever an origin puts into a tag or a path cannot send the reader elsewhere.
const POLICY: &str = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; \
                      connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

pub(super) async fn page() -> ([(HeaderName, HeaderValue); 2], Html<&'static str>) {
    let headers = [
        (CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    (headers, Html(PAGE))
}
