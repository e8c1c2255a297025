//! The forwarding half of the gate.

use std::sync::Arc;

use axum::{
    Router,
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, StatusCode, header},
    response::Response,
};
use bytes::Bytes;
use serde_json::{Value, json};

use super::{
    Shared,
    fault::{GateFault, Service, Verdict},
};
use crate::{connection::Connection, delivery};

/// Above the largest secret by far.
const BODY_LIMIT: usize = 1024 * 1024;

pub(super) fn routes(shared: Arc<Shared>) -> Router {
    Router::new().fallback(call).with_state(shared)
}

async fn call(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(connection): ConnectInfo<Connection>,
    request: Request,
) -> Response {
    let (head, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, BODY_LIMIT).await else {
        let answer = delivery::json(
            StatusCode::PAYLOAD_TOO_LARGE,
            &json!({ "message": "body too large" }),
        );
        return delivery::deliver(&connection, answer, delivery::Delivery::Whole).await;
    };
    let target = head
        .headers
        .get("x-amz-target")
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let (prefix, operation) = target.split_once('.').unwrap_or_default();
    let service = if prefix == "secretsmanager" {
        Service::SecretsManager
    } else {
        Service::Cognito
    };
    count(&shared, operation, &body);

    let text = String::from_utf8_lossy(&body);
    let fault = shared
        .rules
        .judge(|call| call.matches(operation, &text))
        .unwrap_or(GateFault::Pass);
    let (answer, how) = match fault.verdict(service) {
        Verdict::Answer(answer, how) => (answer, how),
        Verdict::Forward(how) => {
            let upstream = match service {
                Service::Cognito => &shared.cognito,
                Service::SecretsManager => &shared.secrets_manager,
            };
            let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
            let url = format!("{upstream}{path}");
            (
                forward(&shared.client, &url, head.method, head.headers, body).await,
                how,
            )
        }
    };
    delivery::deliver(&connection, answer, how).await
}

fn count(shared: &Shared, operation: &str, body: &Bytes) {
    let mut tally = shared.tally();
    *tally.calls.entry(operation.to_owned()).or_default() += 1;
    if operation != "AdminInitiateAuth" {
        return;
    }
    let call: Value = serde_json::from_slice(body).unwrap_or_default();
    if call["AuthFlow"] == "ADMIN_USER_PASSWORD_AUTH" {
        let user = call["AuthParameters"]["USERNAME"]
            .as_str()
            .unwrap_or_default();
        *tally.password_attempts.entry(user.to_owned()).or_default() += 1;
    }
}

async fn forward(
    client: &reqwest::Client,
    url: &str,
    method: http::Method,
    mut headers: HeaderMap,
    body: Bytes,
) -> Response<Bytes> {
    headers.remove(header::HOST);
    let sent = client
        .request(method, url)
        .headers(headers)
        .body(body)
        .send()
        .await;
    let gone = |error: reqwest::Error| {
        delivery::json(
            StatusCode::BAD_GATEWAY,
            &json!({ "message": format!("the gate cannot forward: {error}") }),
        )
    };
    let mut upstream = match sent {
        Ok(answer) => answer,
        Err(error) => return gone(error),
    };
    let status = upstream.status();
    let mut headers = std::mem::take(upstream.headers_mut());
    // The gate speaks its own HTTP to its client: lengths and connections are per hop.
    for name in [
        header::TRANSFER_ENCODING,
        header::CONNECTION,
        header::CONTENT_LENGTH,
    ] {
        headers.remove(name);
    }
    match upstream.bytes().await {
        Ok(body) => {
            let mut answer = Response::new(body);
            *answer.status_mut() = status;
            *answer.headers_mut() = headers;
            answer
        }
        Err(error) => gone(error),
    }
}
