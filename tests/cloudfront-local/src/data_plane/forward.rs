//! What the origin is sent: what is in the cache key, what the origin request policy adds, what CloudFront adds.

use http::header::{ACCEPT_ENCODING, AUTHORIZATION, COOKIE, HOST, USER_AGENT, VIA};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde_json::{Value, json};

use super::Visit;
use super::answer::{set, via};
use crate::edge_function::EdgeRequest;
use crate::model::{CacheKey, Origin, SIGNED_COOKIES, Selection};

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Headers of one connection, never passed on.
const HOP_BY_HOP: [&str; 11] = [
    "connection",
    "content-length",
    "expect",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Headers of a viewer that no origin is sent, unless they are in the key.
/// <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/RequestAndResponseBehaviorCustomOrigin.html>
const REMOVED: [&str; 3] = ["x-forwarded-proto", "x-http-method-override", "x-real-ip"];

/// Headers of a viewer that every origin is sent; of conditions and ranges the cache takes out what it answers itself.
const FORWARDED: [&str; 7] = [
    "content-type",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "range",
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
    let is_read = matches!(visit.request.method, Method::GET | Method::HEAD);
    let mut headers = forwarded(visit);
    strip_hop_by_hop(&mut headers);
    add_own(&mut headers, visit, origin);
    let takes = |name: &str| behavior.cache.cookies.takes(name) || policy.cookies.takes(name);
    let cookies = visit.request.cookies();
    let cookies: Vec<String> = cookies
        .filter(|(name, _)| !SIGNED_COOKIES.contains(name) && takes(name))
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    if !cookies.is_empty()
        && let Ok(value) = HeaderValue::from_str(&cookies.join("; "))
    {
        headers.insert(COOKIE, value);
    }
    let query = query_for(visit, origin);
    // Origin events show the query only where all of it is forwarded: documented under "Query strings".
    let shows_query = behavior.cache.queries == Selection::All || policy.queries == Selection::All;
    let request = EdgeRequest {
        method: if is_read && visit.is_cached() {
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

/// The viewer's headers that the origin is sent, but cookies.
fn forwarded(visit: &Visit) -> HeaderMap {
    let behavior = visit.behavior();
    let policy = &behavior.origin_request.headers;
    let in_key = |text: &str| behavior.cache.headers.iter().any(|listed| listed == text);
    let is_read = matches!(visit.request.method, Method::GET | Method::HEAD);
    let is_forwarded = |name: &HeaderName| {
        let text = name.as_str();
        let is_removed = REMOVED.contains(&text) || text.starts_with("x-edge-");
        in_key(text)
            || (policy.takes(text) && !is_removed)
            || FORWARDED.contains(&text)
            // CloudFront's own: a viewer's were taken out at the door.
            || text.starts_with("cloudfront-")
            // Stripped from GET and HEAD unless the key or an all-viewer policy takes it.
            || (*name == AUTHORIZATION && !is_read)
    };
    let headers = visit.request.headers.iter();
    headers
        .filter(|(name, _)| **name != COOKIE && is_forwarded(name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
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
    // Both lists grow by one at each step.
    let extended = |name: &str, separator: &str, own: &str| {
        let before = visit.request.header(name);
        before.map_or_else(
            || own.to_owned(),
            |before| format!("{before}{separator}{own}"),
        )
    };
    let client = &visit.config.client_ip;
    let lists = [
        (FORWARDED_FOR, extended(FORWARDED_FOR.as_str(), ",", client)),
        (
            VIA,
            extended(VIA.as_str(), ", ", &via(&visit.config.domain_name)),
        ),
    ];
    for (name, text) in lists {
        if let Ok(value) = HeaderValue::from_str(&text) {
            headers.insert(name, value);
        }
    }
    set(
        headers,
        HeaderName::from_static("x-amz-cf-id"),
        &visit.config.request_id,
    );
}

/// Parameters by which a request changes the headers of S3's answer.
/// <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-origin-request-policies.html>
const OF_S3: [&str; 3] = [
    "response-content-disposition",
    "response-content-encoding",
    "response-content-type",
];

/// The parameters that are in the key or that the origin request policy adds, in the viewer's order.
fn query_for(visit: &Visit, origin: &Origin) -> Option<String> {
    let behavior = visit.behavior();
    let policy = &behavior.origin_request;
    let (first, second) = (&behavior.cache.queries, &policy.queries);
    let is_spared =
        |name: &str| policy.spares_s3 && origin.custom.is_none() && OF_S3.contains(&name);
    let query = visit.request.query.as_deref()?;
    let parts = query.split('&');
    let is_sent = |part: &&str| {
        let name = part.split('=').next().unwrap_or_default();
        (first.takes(name) || second.takes(name)) && !is_spared(name)
    };
    let kept: Vec<&str> = parts.filter(is_sent).collect();
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
