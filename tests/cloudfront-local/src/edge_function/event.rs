//! Lambda@Edge events, as documented, and what functions may answer.
//!
//! <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/lambda-event-structure.html>

use bytes::Bytes;
use http::{HeaderMap, Method};
use serde_json::{Value, json};

use super::{EdgeError, headers};
use crate::model::{EdgeEvent, StoredResponse};

/// Who is asked, and by which request.
#[derive(Clone, Debug)]
pub(crate) struct EventConfig {
    pub(crate) domain_name: String,
    pub(crate) distribution: String,
    pub(crate) request_id: String,
    pub(crate) client_ip: String,
}

/// A request as functions see it.
#[derive(Clone, Debug)]
pub(crate) struct EdgeRequest {
    pub(crate) method: Method,
    pub(crate) uri: String,
    pub(crate) query: String,
    pub(crate) headers: HeaderMap,
    /// The origin, at origin events.
    pub(crate) origin: Option<Value>,
}

/// The head of a response as functions see it, and as they leave it.
#[derive(Clone, Debug)]
pub(crate) struct EdgeResponse {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    /// A body that a function gave; nothing leaves the one that is there.
    pub(crate) body: Option<Bytes>,
}

impl EdgeResponse {
    pub(crate) fn new(status: u16, headers: HeaderMap) -> Self {
        Self {
            status,
            headers,
            body: None,
        }
    }

    /// A response that a request function made.
    pub(super) fn into_stored(self) -> StoredResponse {
        StoredResponse {
            status: self.status,
            headers: self.headers,
            body: self.body.unwrap_or_default(),
        }
    }
}

/// What a request function decided.
#[derive(Debug)]
pub(crate) enum RequestOutcome {
    /// Go on with this request.
    Continue(EdgeRequest),
    /// This is the answer.
    Respond(StoredResponse),
}

/// The event for a viewer request or an origin request.
pub(crate) fn for_request(config: &EventConfig, event: EdgeEvent, request: &EdgeRequest) -> Value {
    record(
        config,
        event,
        json!({"request": request_value(config, request)}),
    )
}

/// The event for an origin response or a viewer response.
pub(crate) fn for_response(
    config: &EventConfig,
    event: EdgeEvent,
    request: &EdgeRequest,
    response: &EdgeResponse,
) -> Value {
    let status = http::StatusCode::from_u16(response.status).ok();
    let shown = json!({
        "status": response.status.to_string(),
        "statusDescription": status.and_then(|status| status.canonical_reason()).unwrap_or_default(),
        "headers": headers::write(&response.headers),
    });
    record(
        config,
        event,
        json!({"request": request_value(config, request), "response": shown}),
    )
}

fn record(config: &EventConfig, event: EdgeEvent, mut cf: Value) -> Value {
    cf["config"] = json!({
        "distributionDomainName": config.domain_name,
        "distributionId": config.distribution,
        "eventType": event.name(),
        "requestId": config.request_id,
    });
    json!({"Records": [{"cf": cf}]})
}

fn request_value(config: &EventConfig, request: &EdgeRequest) -> Value {
    let mut value = json!({
        "clientIp": config.client_ip,
        "method": request.method.as_str(),
        "uri": request.uri,
        "querystring": request.query,
        "headers": headers::write(&request.headers),
    });
    if let Some(origin) = &request.origin {
        value["origin"] = origin.clone();
    }
    value
}

/// Reads what a request function returned.
pub(crate) fn read_request(
    value: &Value,
    before: &EdgeRequest,
    event: EdgeEvent,
) -> Result<RequestOutcome, EdgeError> {
    let is_response = value.get("status").is_some() && value.get("uri").is_none();
    if is_response {
        let empty = EdgeResponse::new(200, HeaderMap::new());
        let made = read_generated(value, &empty, event)?;
        return Ok(RequestOutcome::Respond(made.into_stored()));
    }
    let text = |name: &str| {
        value[name].as_str().map(str::to_owned).ok_or_else(|| {
            let problem = format!(
                "the function's {} answer is neither a request nor a response: no {name:?}",
                event.name()
            );
            EdgeError::Failed(problem)
        })
    };
    let uri = text("uri")?;
    if !uri.starts_with('/') {
        return Err(EdgeError::Failed(format!(
            "the function's uri {uri:?} does not begin with a slash"
        )));
    }
    if text("method")? != before.method.as_str() {
        return Err(EdgeError::Failed(
            "the function changes the method, which is read-only".to_owned(),
        ));
    }
    let origin = value.get("origin");
    if origin.is_some() && origin != before.origin.as_ref() {
        return Err(EdgeError::Failed(
            "the function changes the origin, which is not modelled".to_owned(),
        ));
    }
    Ok(RequestOutcome::Continue(EdgeRequest {
        method: before.method.clone(),
        uri,
        query: value["querystring"].as_str().unwrap_or_default().to_owned(),
        headers: headers::read(&value["headers"], &before.headers, event)?,
        origin: before.origin.clone(),
    }))
}

/// Reads what a response function returned; a body is replaced only if it gives one.
pub(crate) fn read_response(
    value: &Value,
    before: &EdgeResponse,
    event: EdgeEvent,
) -> Result<EdgeResponse, EdgeError> {
    if value.get("status").is_none() {
        return Err(EdgeError::Failed(format!(
            "the function's {} answer is no response: no \"status\"",
            event.name()
        )));
    }
    read_generated(value, before, event)
}

fn read_generated(
    value: &Value,
    before: &EdgeResponse,
    event: EdgeEvent,
) -> Result<EdgeResponse, EdgeError> {
    let bad = |problem: String| {
        EdgeError::Failed(format!("the function's {} answer {problem}", event.name()))
    };
    let status = match &value["status"] {
        Value::String(text) => text.parse().ok(),
        other => other.as_u64().and_then(|number| u16::try_from(number).ok()),
    };
    let status = status
        .filter(|status| (200..600).contains(status))
        .ok_or_else(|| bad(format!("has the status {}", value["status"])))?;
    let body = match value["body"].as_str() {
        None => None,
        Some(text) if value["bodyEncoding"] == "base64" => {
            Some(Bytes::from(decode_base64(text).ok_or_else(|| {
                bad("has a body that is not base64".to_owned())
            })?))
        }
        Some(text) => Some(Bytes::from(text.to_owned())),
    };
    let limit = match event {
        EdgeEvent::ViewerRequest | EdgeEvent::ViewerResponse => 40 << 10,
        EdgeEvent::OriginRequest | EdgeEvent::OriginResponse => 1 << 20,
    };
    let size = body.as_ref().map_or(0, Bytes::len);
    if size > limit {
        return Err(bad(format!(
            "has a body of {size} bytes; {limit} are allowed"
        )));
    }
    let headers = headers::read(&value["headers"], &before.headers, event)?;
    Ok(EdgeResponse {
        status,
        headers,
        body,
    })
}

pub(super) fn decode_base64(text: &str) -> Option<Vec<u8>> {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.decode(text).ok()
}
