//! The routes that the distribution's origin has.

use std::{
    collections::BTreeMap,
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
    data::{self, Data},
};
use crate::{
    connection::Connection,
    contract::{Contract, Endpoint},
    delivery::{self, Delivery},
};

/// Long enough that only a purge explains a fresh answer.
const CACHEABLE: HeaderValue = HeaderValue::from_static("public, max-age=86400");
const UNCACHEABLE: HeaderValue = HeaderValue::from_static("private, no-store");

pub(super) fn routes(shared: Arc<Shared>) -> Router {
    // A contract's paths may name the tenant anywhere: no router's pattern does.
    Router::new().fallback(get(serve)).with_state(shared)
}

async fn serve(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(connection): ConnectInfo<Connection>,
    uri: Uri,
    Query(query): Query<Vec<(String, String)>>,
    headers: HeaderMap,
) -> Response {
    let asked = match Asked::by(&shared, &uri, &query, &headers) {
        Ok(asked) => asked,
        Err(refusal) => return refusal.map(Into::into),
    };
    match asked.wanted {
        Wanted::Probe => probe(&shared.contract, &shared.data(), &asked).map(Into::into),
        Wanted::Report(_) => report(&shared, &connection, &asked).await,
    }
}

/// The cheap probe: the data version, never stored.
fn probe(contract: &Contract, data: &Data, asked: &Asked) -> Response<Bytes> {
    let version = data.version(&asked.tenant, contract);
    let body = json!({ "organization": asked.tenant, "version": version });
    stamped(contract, &body, &asked.tenant, &version, UNCACHEABLE)
}

/// A slow report.
async fn report(shared: &Shared, connection: &Connection, asked: &Asked) -> Response {
    let began = Instant::now();
    let (number, delay, version) = {
        let mut data = shared.data();
        data.requests.push(asked.request());
        // What is aggregated is what was there when the work began: a slow answer can be old when it comes.
        (
            data.requests.len() - 1,
            data.delay(&asked.tenant, &asked.path),
            data.version(&asked.tenant, &shared.contract),
        )
    };
    let fault = shared
        .rules
        .judge(|served| served.matches(&asked.tenant, &asked.path));
    let made = asked.answer(&shared.contract, fault, delay, version).await;

    if let Some(request) = shared.data().requests.get_mut(number) {
        request.status = Some(made.answer.status().as_u16());
        request.milliseconds = u64::try_from(began.elapsed().as_millis()).ok();
        request.version = made.version;
    }
    delivery::deliver(connection, made.answer, made.how).await
}

/// What a request is for.
#[derive(Clone)]
enum Wanted {
    Probe,
    Report(Endpoint),
}

/// An answer, the data version that it is stamped with, and how it goes out.
struct Made {
    answer: Response<Bytes>,
    version: Option<String>,
    how: Delivery,
}

/// A request that is allowed.
struct Asked {
    wanted: Wanted,
    path: String,
    query: String,
    tenant: String,
    variants: BTreeMap<String, String>,
    user: String,
}

impl Asked {
    fn by(
        shared: &Shared,
        uri: &Uri,
        query: &[(String, String)],
        headers: &HeaderMap,
    ) -> Result<Self, Response<Bytes>> {
        let refuse =
            |status, message: &str| Err(delivery::json(status, &json!({ "message": message })));
        let claims = match shared.verifier.verify(headers) {
            Ok(claims) => claims,
            Err(reason) => return refuse(StatusCode::UNAUTHORIZED, reason),
        };
        let text = |name: &str| {
            headers
                .get(name)
                .and_then(|value| value.to_str().ok())
                .map(str::to_owned)
        };
        let contract = &shared.contract;
        let names = &contract.tenant;
        let Some(tenant) = text(&names.header) else {
            let message = format!("the header {} must name the tenant", names.header);
            return refuse(StatusCode::BAD_REQUEST, &message);
        };
        let mut in_query = query
            .iter()
            .filter(|(name, _)| names.query_names.contains(name));
        if in_query.any(|(_, value)| *value != tenant) {
            return refuse(
                StatusCode::FORBIDDEN,
                "the query names another tenant than the header",
            );
        }
        if !claims.may_read(&tenant, contract) {
            return refuse(StatusCode::FORBIDDEN, "the token is another tenant's");
        }
        let Some(wanted) = wanted(contract, uri, &tenant) else {
            return refuse(StatusCode::NOT_FOUND, "the contract has no such endpoint");
        };
        let variants = contract.variants.iter().map(|variant| {
            let sent = text(&variant.header);
            let value = sent.unwrap_or_else(|| variant.default.clone());
            (variant.header.clone(), value)
        });
        Ok(Self {
            wanted,
            path: uri.path().to_owned(),
            query: uri.query().unwrap_or_default().to_owned(),
            variants: variants.collect(),
            tenant,
            user: claims.user,
        })
    }

    fn request(&self) -> OriginRequest {
        OriginRequest {
            at: jiff::Timestamp::now().as_millisecond(),
            tenant: self.tenant.clone(),
            path: self.path.clone(),
            query: self.query.clone(),
            variants: self.variants.clone(),
            user: self.user.clone(),
            status: None,
            milliseconds: None,
            version: None,
        }
    }

    async fn answer(
        &self,
        contract: &Contract,
        fault: Option<OriginFault>,
        delay: Duration,
        version: String,
    ) -> Made {
        let (mut tenant, mut in_body) = (self.tenant.clone(), self.tenant.clone());
        let (mut version, mut caching, mut how) = (version, CACHEABLE, Delivery::Whole);
        match fault {
            None => {}
            Some(OriginFault::Status { status }) => {
                let status =
                    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
                let answer = delivery::json(status, &json!({ "message": "scripted to fail" }));
                let version = None;
                return Made {
                    answer,
                    version,
                    how,
                };
            }
            Some(OriginFault::Reset) => how = Delivery::Reset,
            Some(OriginFault::Hang) => how = Delivery::Hang,
            Some(OriginFault::SlowBody { milliseconds }) => {
                how = Delivery::Slow(Duration::from_millis(milliseconds));
            }
            Some(OriginFault::Truncated) => how = Delivery::Truncated,
            Some(OriginFault::OtherTenant { tenant: other }) => {
                (tenant, in_body) = (other.clone(), other);
            }
            Some(OriginFault::OtherTenantsBody { tenant: other }) => in_body = other,
            Some(OriginFault::Uncacheable) => caching = UNCACHEABLE,
            Some(OriginFault::Version { version: other }) => version = other,
        }
        tokio::time::sleep(delay).await;
        let Wanted::Report(endpoint) = &self.wanted else {
            unreachable!("the probe is answered at once");
        };
        let body = data::body(endpoint, &in_body, &version, &self.variants, &self.query);
        let answer = stamped(contract, &body, &tenant, &version, caching);
        let version = Some(version);
        Made {
            answer,
            version,
            how,
        }
    }
}

/// The probe, or the endpoint with this path; of several with the same path, the one with this query.
fn wanted(contract: &Contract, uri: &Uri, tenant: &str) -> Option<Wanted> {
    let here = |endpoint: &&Endpoint| endpoint.is_at(uri.path(), tenant);
    if contract.probe.iter().any(|probe| here(&probe)) {
        return Some(Wanted::Probe);
    }
    let whole = uri.path_and_query().map(http::uri::PathAndQuery::as_str);
    let endpoints = || contract.endpoints.iter().filter(here);
    let exact = endpoints().find(|endpoint| Some(&*endpoint.of(tenant)) == whole);
    let endpoint = exact.or_else(|| endpoints().next())?;
    Some(Wanted::Report(endpoint.clone()))
}

fn stamped(
    contract: &Contract,
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
    let etag = format!("\"{etag}\"");
    let stamp = contract
        .version
        .as_ref()
        .map(|stamp| (&*stamp.header, version));
    let owner = contract.tenant.response_header.as_deref();
    let values = [
        Some(("etag", &*etag)),
        stamp,
        owner.map(|name| (name, tenant)),
    ];
    for (name, value) in values.into_iter().flatten() {
        // A scripted version or tenant that cannot stand in a header is left out.
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            answer.headers_mut().insert(name, value);
        }
    }
    answer.headers_mut().insert(header::CACHE_CONTROL, caching);
    answer
}
