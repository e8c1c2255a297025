//! JSON over HTTP, as the parts of the stack speak it: a connection for each call.

use bytes::Bytes;
use http::{Method, Request};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

use crate::error::{BenchError, During};

/// LocalStack's services look at the scope alone.
const AUTHORIZATION: &str = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/SERVICE/aws4_request, \
                             SignedHeaders=host, Signature=none";

/// One call of a control port; an answer that is not JSON is `null`.
pub(super) async fn call(
    method: Method,
    base: &str,
    path: &str,
    body: &Value,
) -> Result<Value, BenchError> {
    send(base, Request::builder().method(method).uri(path), body).await
}

/// One call of Step Functions.
pub(super) async fn step_functions(
    base: &str,
    operation: &str,
    body: &Value,
) -> Result<Value, BenchError> {
    let request = Request::builder()
        .method(Method::POST)
        .uri("/")
        .header("authorization", AUTHORIZATION.replace("SERVICE", "states"))
        .header("content-type", "application/x-amz-json-1.0")
        .header("x-amz-target", format!("AWSStepFunctions.{operation}"));
    send(base, request, body).await
}

/// One call of Lambda.
pub(super) async fn lambda(
    method: Method,
    base: &str,
    path: &str,
    body: &Value,
) -> Result<Value, BenchError> {
    let request = Request::builder()
        .method(method)
        .uri(format!("/2015-03-31/functions{path}"))
        .header("authorization", AUTHORIZATION.replace("SERVICE", "lambda"));
    send(base, request, body).await
}

async fn send(
    base: &str,
    request: http::request::Builder,
    body: &Value,
) -> Result<Value, BenchError> {
    let host = base.trim_start_matches("http://").trim_end_matches('/');
    let failed = || format!("{base} was not reached");
    let stream = TcpStream::connect(host).await.during(failed)?;
    let shaken = http1::handshake(TokioIo::new(stream)).await;
    let (mut sender, connection) = shaken.during(failed)?;
    tokio::spawn(connection);
    let body = match body {
        Value::Null => Bytes::new(),
        body => body.to_string().into(),
    };
    let mut request = request.header("host", host);
    if request
        .headers_ref()
        .is_some_and(|headers| !headers.contains_key("content-type"))
    {
        request = request.header("content-type", "application/json");
    }
    let request = request.body(Full::new(body)).during(failed)?;
    let answer = sender.send_request(request).await.during(failed)?;
    let status = answer.status();
    let bytes = answer
        .into_body()
        .collect()
        .await
        .during(failed)?
        .to_bytes();
    if !status.is_success() {
        let said = String::from_utf8_lossy(&bytes);
        return Err(BenchError::new(format!(
            "{base} answered {status}: {said:.500}"
        )));
    }
    Ok(serde_json::from_slice(&bytes).unwrap_or_default())
}
