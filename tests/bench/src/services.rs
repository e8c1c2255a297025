//! Stand-ins that answer at once: the AWS services that the functions call, and the distribution
//! that *prewarm* fills. They tell what the functions' main path needs, and nothing else.

use std::collections::HashSet;
use std::convert::Infallible;
use std::io;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http::header::ACCEPT_LANGUAGE;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use jiff::Timestamp;
use serde_json::json;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use crate::authority::{Authority, OTHER_HOST};
use crate::error::{BenchError, During};

/// As long as an id token of a user pool with a few claims.
const TOKEN: usize = 1_000;
/// As long as a dashboard's answer.
const ROWS: usize = 40;

/// The services of one account, in plain text or over TLS. End when dropped.
#[derive(Debug)]
pub struct Services {
    /// Where `CloudFront` and Secrets Manager are.
    pub api: String,
    /// Where Cognito is: a host of its own, so that no TLS session of the other one is of use.
    pub login: String,
    /// Where the distribution is.
    pub distribution: String,
    /// What the distribution has cached.
    cached: Arc<Cache>,
    serving: Vec<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Cache(Mutex<HashSet<String>>);

impl Services {
    /// Starts them; with an authority over TLS. AWS's APIs speak HTTP/1.1, a distribution both.
    pub async fn start(authority: Option<&Authority>) -> Result<Self, BenchError> {
        let cached = Arc::new(Cache::default());
        let mut serving = Vec::new();
        let mut place = async |host: Ipv4Addr, tls: Option<TlsAcceptor>| {
            let listener = TcpListener::bind((host, 0)).await?;
            let port = listener.local_addr()?.port();
            let scheme = if tls.is_some() { "https" } else { "http" };
            serving.push(tokio::spawn(accept(listener, tls, Arc::clone(&cached))));
            Ok::<_, io::Error>(format!("{scheme}://{host}:{port}"))
        };
        let no_port = || "a service has no port".to_owned();
        let http1 = || authority.map(Authority::http1_acceptor);
        let api = place(Ipv4Addr::LOCALHOST, http1()).await.during(no_port)?;
        let login = place(OTHER_HOST, http1()).await.during(no_port)?;
        let distribution = place(Ipv4Addr::LOCALHOST, authority.map(Authority::acceptor)).await;
        Ok(Self {
            api,
            login,
            distribution: distribution.during(no_port)?,
            cached,
            serving,
        })
    }

    /// Forgets what the distribution has cached.
    pub fn purge(&self) {
        self.cached
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }
}

impl Drop for Services {
    fn drop(&mut self) {
        for serving in &self.serving {
            serving.abort();
        }
    }
}

/// The token that a login gives.
#[must_use]
pub fn id_token() -> String {
    "i".repeat(TOKEN)
}

async fn accept(listener: TcpListener, tls: Option<TlsAcceptor>, cached: Arc<Cache>) {
    while let Ok((stream, _)) = listener.accept().await {
        stream.set_nodelay(true).ok();
        let (tls, cached) = (tls.clone(), Arc::clone(&cached));
        tokio::spawn(async move {
            match tls {
                // Whoever breaks off the handshake is not measured.
                Some(tls) => {
                    if let Ok(stream) = tls.accept(stream).await {
                        serve(stream, cached).await;
                    }
                }
                None => serve(stream, cached).await,
            }
        });
    }
}

async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin + 'static, cached: Arc<Cache>) {
    let service = service_fn(move |request| {
        let cached = Arc::clone(&cached);
        async move { Ok::<_, Infallible>(answer(request, &cached).await) }
    });
    let server = auto::Builder::new(TokioExecutor::new());
    // The client ends the connection when it ends.
    server
        .serve_connection(TokioIo::new(stream), service)
        .await
        .ok();
}

async fn answer(request: Request<Incoming>, cached: &Cache) -> Response<Full<Bytes>> {
    let path = request.uri().path().to_owned();
    let key = key(&request);
    let (parts, body) = request.into_parts();
    // Only so that the connection stays usable: what was sent is not looked at.
    body.collect().await.ok();
    if path.starts_with("/2020-05-31/distribution/") {
        let created = parts.method == Method::POST;
        return cloudfront(created, &path);
    }
    match parts
        .headers
        .get("x-amz-target")
        .map(http::HeaderValue::as_bytes)
    {
        Some(b"secretsmanager.GetSecretValue") => amz_json(&json!({
            "ARN": "arn:aws:secretsmanager:eu-central-1:111122223333:secret:prewarmer-AbCdEf",
            "Name": "prewarmer",
            "VersionId": "EXAMPLE1-90ab-cdef-fedc-ba987SECRET1",
            "SecretString": json!({"username": "prewarmer", "password": "none"}).to_string(),
            "VersionStages": ["AWSCURRENT"],
            "CreatedDate": 1_767_225_600.0,
        })),
        Some(_) => amz_json(&json!({
            "ChallengeParameters": {},
            "AuthenticationResult": {
                "AccessToken": "a".repeat(TOKEN),
                "ExpiresIn": 3600,
                "TokenType": "Bearer",
                "RefreshToken": "r".repeat(TOKEN),
                "IdToken": id_token(),
            },
        })),
        None => from_cache(key, cached),
    }
}

fn amz_json(value: &serde_json::Value) -> Response<Full<Bytes>> {
    Response::builder()
        .header("content-type", "application/x-amz-json-1.1")
        .header("x-amzn-requestid", "b2a1f6f4-65b2-4ccf-9a64-7a2c0a3cf0a5")
        .body(Full::from(value.to_string()))
        .expect("the headers are valid")
}

/// `CreateInvalidation`, `GetInvalidation` and `GetDistributionConfig`.
fn cloudfront(created: bool, path: &str) -> Response<Full<Bytes>> {
    let (status, xml) = if created {
        (StatusCode::CREATED, invalidation("InProgress"))
    } else if path.ends_with("/config") {
        (
            StatusCode::OK,
            include_str!("distribution-config.xml").to_owned(),
        )
    } else {
        (StatusCode::OK, invalidation("Completed"))
    };
    Response::builder()
        .status(status)
        .header("content-type", "text/xml")
        .header("etag", "E2QWRUHEXAMPLE")
        .header("x-amzn-requestid", "b2a1f6f4-65b2-4ccf-9a64-7a2c0a3cf0a5")
        .body(Full::from(xml))
        .expect("the headers are valid")
}

fn invalidation(status: &str) -> String {
    let now = Timestamp::now();
    format!(
        "<?xml version=\"1.0\"?>\n\
         <Invalidation xmlns=\"http://cloudfront.amazonaws.com/doc/2020-05-31/\">\
         <Id>I2J0I21PCUYOIK</Id><Status>{status}</Status><CreateTime>{now:.3}</CreateTime>\
         <InvalidationBatch><Paths><Quantity>1</Quantity><Items><Path>#tenant:acme</Path></Items>\
         </Paths><CallerReference>bench</CallerReference></InvalidationBatch></Invalidation>"
    )
}

fn key(request: &Request<Incoming>) -> String {
    let language = request.headers().get(ACCEPT_LANGUAGE);
    let language = language.and_then(|value| value.to_str().ok());
    format!("{} {}", request.uri().path(), language.unwrap_or_default())
}

/// A miss, then hits.
fn from_cache(key: String, cached: &Cache) -> Response<Full<Bytes>> {
    let is_new = cached
        .0
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .insert(key);
    let rows = vec![r#"{"service":"storage","region":"eu-central-1","cost":1234.5}"#; ROWS];
    let body = format!(r#"{{"organization":"acme","rows":[{}]}}"#, rows.join(","));
    let response = Response::builder()
        .header("content-type", "application/json")
        .header("cache-control", "max-age=0, s-maxage=86400")
        .header("x-amz-cf-pop", "FRA56-P4")
        .header("x-data-version", "42")
        .header("x-organization-id", "acme");
    let response = if is_new {
        response.header("x-cache", "Miss from cloudfront")
    } else {
        response
            .header("x-cache", "Hit from cloudfront")
            .header("age", "0")
    };
    response
        .body(Full::from(body))
        .expect("the headers are valid")
}
