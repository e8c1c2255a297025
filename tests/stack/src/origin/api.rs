//! The routes that the distribution's origin has.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    Router,
    extract::{ConnectInfo, Query, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header},
    response::Response,
    routing::get,
};
use bytes::Bytes;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::{
    OriginFault, OriginRequest, Shared,
    data::{self, ENDPOINTS},
};
use crate::{
    connection::Connection,
    delivery::{self, Delivery},
};

const TENANT: HeaderName = HeaderName::from_static("x-organization-id");
const LOCALE: HeaderName = HeaderName::from_static("x-locale-bucket");
const DEVICE: HeaderName = HeaderName::from_static("x-device-class");
const VERSION: HeaderName = HeaderName::from_static("x-data-version");
/// Long enough that only a purge explains a fresh answer.
const CACHEABLE: HeaderValue = HeaderValue::from_static("public, max-age=86400");
const UNCACHEABLE: HeaderValue = HeaderValue::from_static("private, no-store");

pub(super) fn routes(shared: Arc<Shared>) -> Router {
    let mut routes = Router::new().route("/api/version", get(version));
    for path in ENDPOINTS {
        routes = routes.route(path, get(report));
    }
    routes
        .fallback(async || {
            delivery::json(
                StatusCode::NOT_FOUND,
                &json!({ "message": "no such endpoint" }),
            )
            .map(axum::body::Body::from)
        })
        .with_state(shared)
}

/// The cheap probe: the data version, never stored.
async fn version(
    State(shared): State<Arc<Shared>>,
    uri: Uri,
    Query(query): Query<Vec<(String, String)>>,
    headers: HeaderMap,
) -> Response {
    let asked = match Asked::by(&shared, uri.path(), uri.query(), &query, &headers) {
        Ok(asked) => asked,
        Err(refusal) => return refusal.map(Into::into),
    };
    let version = shared.data().version(&asked.tenant);
    let body = json!({ "organization": asked.tenant, "version": version });
    stamped(&body, &asked.tenant, &version, UNCACHEABLE).map(Into::into)
}

/// A slow report.
async fn report(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(connection): ConnectInfo<Connection>,
    uri: Uri,
    Query(query): Query<Vec<(String, String)>>,
    headers: HeaderMap,
) -> Response {
    let asked = match Asked::by(&shared, uri.path(), uri.query(), &query, &headers) {
        Ok(asked) => asked,
        Err(refusal) => return refusal.map(Into::into),
    };
    let began = Instant::now();
    let (number, delay, version) = {
        let mut data = shared.data();
        data.requests.push(asked.request());
        // What is aggregated is what was there when the work began: a slow answer can be old when it comes.
        (
            data.requests.len() - 1,
            data.delay(&asked.tenant, &asked.path),
            data.version(&asked.tenant),
        )
    };
    let fault = shared
        .rules
        .judge(|served| served.matches(&asked.tenant, &asked.path));
    let (answer, how) = asked.answer(fault, delay, version).await;

    if let Some(request) = shared.data().requests.get_mut(number) {
        request.status = Some(answer.status().as_u16());
        request.milliseconds = u64::try_from(began.elapsed().as_millis()).ok();
        let version = answer.headers().get(&VERSION);
        request.version = version
            .and_then(|version| version.to_str().ok())
            .map(str::to_owned);
    }
    delivery::deliver(&connection, answer, how).await
}

/// A request that is allowed.
struct Asked {
    path: String,
    query: String,
    tenant: String,
    locale: String,
    device: String,
    user: String,
}

impl Asked {
    fn by(
        shared: &Shared,
        path: &str,
        raw_query: Option<&str>,
        query: &[(String, String)],
        headers: &HeaderMap,
    ) -> Result<Self, Response<Bytes>> {
        let refuse =
            |status, message: &str| Err(delivery::json(status, &json!({ "message": message })));
        let claims = match shared.verifier.verify(headers) {
            Ok(claims) => claims,
            Err(reason) => return refuse(StatusCode::UNAUTHORIZED, reason),
        };
        let text = |name: &HeaderName| {
            headers
                .get(name)
                .and_then(|value| value.to_str().ok())
                .map(str::to_owned)
        };
        let Some(tenant) = text(&TENANT) else {
            return refuse(
                StatusCode::BAD_REQUEST,
                "the header x-organization-id must name the organization",
            );
        };
        let named = query
            .iter()
            .filter(|(name, _)| name == "organization" || name == "organization_id");
        if named.into_iter().any(|(_, value)| *value != tenant) {
            return refuse(
                StatusCode::FORBIDDEN,
                "the query names another organization than the header",
            );
        }
        if !claims.may_read(&tenant) {
            return refuse(StatusCode::FORBIDDEN, "the token is another organization's");
        }
        Ok(Self {
            path: path.to_owned(),
            query: raw_query.unwrap_or_default().to_owned(),
            tenant,
            locale: text(&LOCALE).unwrap_or_else(|| "en".to_owned()),
            device: text(&DEVICE).unwrap_or_else(|| "desktop".to_owned()),
            user: claims.user,
        })
    }

    fn request(&self) -> OriginRequest {
        OriginRequest {
            at: jiff::Timestamp::now().as_millisecond(),
            tenant: self.tenant.clone(),
            path: self.path.clone(),
            query: self.query.clone(),
            locale: self.locale.clone(),
            device: self.device.clone(),
            user: self.user.clone(),
            status: None,
            milliseconds: None,
            version: None,
        }
    }

    async fn answer(
        &self,
        fault: Option<OriginFault>,
        delay: Duration,
        version: String,
    ) -> (Response<Bytes>, Delivery) {
        let (mut tenant, mut version, mut caching, mut how) =
            (self.tenant.clone(), version, CACHEABLE, Delivery::Whole);
        match fault {
            None => {}
            Some(OriginFault::Status { status }) => {
                let status =
                    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
                let answer = delivery::json(status, &json!({ "message": "scripted to fail" }));
                return (answer, Delivery::Whole);
            }
            Some(OriginFault::Reset) => how = Delivery::Reset,
            Some(OriginFault::Hang) => how = Delivery::Hang,
            Some(OriginFault::SlowBody { milliseconds }) => {
                how = Delivery::Slow(Duration::from_millis(milliseconds));
            }
            Some(OriginFault::Truncated) => how = Delivery::Truncated,
            Some(OriginFault::OtherTenant { tenant: other }) => tenant = other,
            Some(OriginFault::Uncacheable) => caching = UNCACHEABLE,
            Some(OriginFault::Version { version: other }) => version = other,
        }
        tokio::time::sleep(delay).await;
        let body = data::body(&self.path, &tenant, &version, &self.locale, &self.query);
        (stamped(&body, &tenant, &version, caching), how)
    }
}

fn stamped(
    body: &serde_json::Value,
    tenant: &str,
    version: &str,
    caching: HeaderValue,
) -> Response<Bytes> {
    let mut answer = delivery::json(StatusCode::OK, body);
    let etag = Sha256::digest(answer.body())
        .iter()
        .take(8)
        .fold(String::new(), |tag, byte| tag + &format!("{byte:02x}"));
    let values = [
        (TENANT, tenant.to_owned()),
        (VERSION, version.to_owned()),
        (header::ETAG, format!("\"{etag}\"")),
    ];
    for (name, value) in values {
        // A scripted version or tenant that cannot stand in a header is left out.
        if let Ok(value) = HeaderValue::from_str(&value) {
            answer.headers_mut().insert(name, value);
        }
    }
    answer.headers_mut().insert(header::CACHE_CONTROL, caching);
    answer
}
