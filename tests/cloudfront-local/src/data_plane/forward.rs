//! What the origin is sent: what is in the cache key, what the origin request policy adds, what CloudFront adds.

use http::header::{ACCEPT_ENCODING, AUTHORIZATION, CONTENT_TYPE, COOKIE, HOST, USER_AGENT, VIA};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde_json::{Value, json};

use super::Visit;
use super::answer::{set, via};
use crate::edge_function::EdgeRequest;
use crate::model::{CacheKey, HeaderForwarding, Origin, Selection};

/// Headers of one connection, never passed on.
const HOP_BY_HOP: [&str; 10] = [
    "connection",
    "content-length",
    "expect",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Removes what belongs to one connection.
pub(super) fn strip_hop_by_hop(headers: &mut HeaderMap) {
    for name in HOP_BY_HOP {
        headers.remove(name);
    }
}

/// The request to an origin, as an origin-request function sees it; `query` is what is really sent.
pub(super) fn compose(visit: &Visit, origin: &Origin) -> (EdgeRequest, Option<String>) {
    let behavior = visit.behavior();
    let policy = &behavior.origin_request;
    let in_key = |name: &HeaderName| {
        behavior
            .cache
            .headers
            .iter()
            .any(|listed| listed == name.as_str())
    };
    let is_read = matches!(visit.request.method, Method::GET | Method::HEAD);
    let mut headers = HeaderMap::new();
    for (name, value) in &visit.request.headers {
        let is_forwarded = in_key(name)
            || policy.headers.takes(name.as_str())
            || *name == CONTENT_TYPE
            // Stripped from GET and HEAD unless the key or an all-viewer policy takes it.
            || (*name == AUTHORIZATION && !is_read);
        if is_forwarded && *name != COOKIE {
            headers.append(name, value.clone());
        }
    }
    strip_hop_by_hop(&mut headers);
    add_own(&mut headers, visit, origin);
    let takes = |selection: &Selection, other: &Selection, name: &str| {
        selection.takes(name) || other.takes(name)
    };
    let cookies: Vec<String> = visit
        .request
        .cookies()
        .filter(|(name, _)| takes(&behavior.cache.cookies, &policy.cookies, name))
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    if !cookies.is_empty()
        && let Ok(value) = HeaderValue::from_str(&cookies.join("; "))
    {
        headers.insert(COOKIE, value);
    }
    let query = union(
        visit.request.query.as_deref(),
        &behavior.cache.queries,
        &policy.queries,
    );
    // Origin events show the query only where all of it is forwarded: documented under "Query strings".
    let shows_query = behavior.cache.queries == Selection::All || policy.queries == Selection::All;
    let request = EdgeRequest {
        method: if is_read && behavior.cache.caches() {
            Method::GET
        } else {
            visit.request.method.clone()
        },
        uri: visit.request.path.clone(),
        query: query.clone().filter(|_| shows_query).unwrap_or_default(),
        headers,
        origin: Some(describe(origin)),
    };
    (request, query)
}

/// Headers that CloudFront writes itself.
fn add_own(headers: &mut HeaderMap, visit: &Visit, origin: &Origin) {
    let behavior = visit.behavior();
    if !headers.contains_key(HOST)
        && let Ok(host) = HeaderValue::from_str(&origin.domain_name)
    {
        headers.insert(HOST, host);
    }
    if !headers.contains_key(USER_AGENT) {
        headers.insert(USER_AGENT, HeaderValue::from_static("Amazon CloudFront"));
    }
    if behavior.cache.gzip || behavior.cache.brotli {
        let key = CacheKey::compose("", &behavior.cache, &visit.request);
        match key.encoding {
            Some(encoding) => headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(encoding)),
            None => headers.remove(ACCEPT_ENCODING),
        };
    }
    let came_through = visit.request.header("x-forwarded-for");
    let forwarded = came_through.map_or_else(
        || visit.config.client_ip.clone(),
        |before| format!("{before}, {}", visit.config.client_ip),
    );
    if let Ok(value) = HeaderValue::from_str(&forwarded) {
        headers.insert(HeaderName::from_static("x-forwarded-for"), value);
    }
    let added = match &behavior.origin_request.headers {
        HeaderForwarding::AllViewer { added } | HeaderForwarding::Only(added) => added.as_slice(),
        _ => &[],
    };
    if added.iter().any(|name| name == "cloudfront-viewer-address") {
        set(
            headers,
            HeaderName::from_static("cloudfront-viewer-address"),
            &visit.config.client_ip,
        );
    }
    set(headers, VIA, &via(&visit.config.domain_name));
    set(
        headers,
        HeaderName::from_static("x-amz-cf-id"),
        &visit.config.request_id,
    );
}

fn union(query: Option<&str>, first: &Selection, second: &Selection) -> Option<String> {
    if *first == Selection::All || *second == Selection::All {
        return query.map(str::to_owned);
    }
    let kept: Vec<&str> = query?
        .split('&')
        .filter(|part| {
            let name = part.split('=').next().unwrap_or_default();
            first.takes(name) || second.takes(name)
        })
        .collect();
    (!kept.is_empty()).then(|| kept.join("&"))
}

/// The origin as an event shows it.
fn describe(origin: &Origin) -> Value {
    let custom_headers: serde_json::Map<String, Value> = origin
        .custom_headers
        .iter()
        .map(|(name, value)| {
            (
                name.to_ascii_lowercase(),
                json!([{"key": name, "value": value}]),
            )
        })
        .collect();
    match &origin.custom {
        Some(custom) => json!({"custom": {
            "customHeaders": custom_headers,
            "domainName": origin.domain_name,
            "keepaliveTimeout": custom.keepalive_timeout.as_secs(),
            "path": origin.path,
            "port": if custom.protocol == "http-only" { custom.http_port } else { custom.https_port },
            "protocol": if custom.protocol == "http-only" { "http" } else { "https" },
            "readTimeout": custom.read_timeout.as_secs(),
            "sslProtocols": ["TLSv1.2"],
        }}),
        None => json!({"s3": {
            "authMethod": "none",
            "customHeaders": custom_headers,
            "domainName": origin.domain_name,
            "path": origin.path,
            "region": "us-east-1",
        }}),
    }
}
