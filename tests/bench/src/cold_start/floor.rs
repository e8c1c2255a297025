//! The network's own time: the same requests from a client that is set up already.

use std::time::{Duration, Instant};

use bytes::Bytes;
use http::Request;
use http::header::HOST;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;

use super::trust::Trust;
use crate::error::{BenchError, During};
use crate::services::Services;

/// A client without anything to set up.
pub(super) struct Floor<'a> {
    tls: TlsConnector,
    services: &'a Services,
}

/// The requests on one connection.
struct Connection<'a> {
    base: &'a str,
    requests: Vec<Request<Full<Bytes>>>,
}

impl<'a> Floor<'a> {
    /// Trusts the test's root alone, and has read it.
    pub(super) fn new(trust: &Trust, services: &'a Services) -> Self {
        Self {
            tls: trust.authority.connector(),
            services,
        }
    }

    /// Does what a function's first invocation asks of the network.
    pub(super) async fn conversation(&self, function: &str) -> Result<Duration, BenchError> {
        let connections = self.connections(function);
        let began = Instant::now();
        for connection in connections {
            self.talk(connection)
                .await
                .during(|| "the network's own time".into())?;
        }
        Ok(began.elapsed())
    }

    fn connections(&self, function: &str) -> Vec<Connection<'a>> {
        let Services {
            api,
            login,
            distribution,
            ..
        } = self.services;
        let cloudfront = "/2020-05-31/distribution/E1A2SI6ABUP8J5";
        let service = |base, target: &str| Connection {
            base,
            requests: vec![request("POST", "/", &[("x-amz-target", target)])],
        };
        match function {
            "invalidate" => vec![Connection {
                base: api,
                requests: vec![
                    request("GET", &format!("{cloudfront}/config"), &[]),
                    request("POST", &format!("{cloudfront}/invalidation"), &[]),
                ],
            }],
            "poll" => vec![Connection {
                base: api,
                requests: vec![request("GET", &format!("{cloudfront}/invalidation/I"), &[])],
            }],
            _ => {
                let page = |language| {
                    let path = "/api/overview?organization=acme";
                    request("GET", path, &[("accept-language", language)])
                };
                vec![
                    service(api, "secretsmanager.GetSecretValue"),
                    service(login, "AWSCognitoIdentityProviderService.AdminInitiateAuth"),
                    Connection {
                        base: distribution,
                        requests: vec![page("en"), page("de"), page("en"), page("de")],
                    },
                ]
            }
        }
    }

    async fn talk(&self, connection: Connection<'_>) -> Result<(), BenchError> {
        let what = || format!("{} does not answer", connection.base);
        let (scheme, host) = connection.base.split_once("://").unwrap_or_default();
        let stream = TcpStream::connect(host).await.during(what)?;
        stream.set_nodelay(true).during(what)?;
        if scheme == "https" {
            let address = stream.peer_addr().during(what)?.ip();
            let name = ServerName::from(address);
            let stream = self.tls.connect(name, stream).await.during(what)?;
            exchange(stream, host, connection.requests)
                .await
                .during(what)
        } else {
            exchange(stream, host, connection.requests)
                .await
                .during(what)
        }
    }
}

fn request(method: &str, path: &str, headers: &[(&str, &str)]) -> Request<Full<Bytes>> {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Full::default()).expect("it is well formed")
}

async fn exchange(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    host: &str,
    requests: Vec<Request<Full<Bytes>>>,
) -> Result<(), hyper::Error> {
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let connection = tokio::spawn(connection);
    for mut request in requests {
        let host = host.parse().expect("a host is a header value");
        request.headers_mut().insert(HOST, host);
        sender.ready().await?;
        sender
            .send_request(request)
            .await?
            .into_body()
            .collect()
            .await?;
    }
    connection.abort();
    Ok(())
}
