//! Events of CloudFront Functions, which have a shape of their own.
//!
//! <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-event-structure.html>

use bytes::Bytes;
use http::header::{COOKIE, SET_COOKIE};
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};

use super::event::decode_base64;
use super::{EdgeError, EdgeRequest, EdgeResponse, EventConfig, RequestOutcome, headers, pairs};
use crate::model::EdgeEvent;

/// Headers that a function may read and not change.
/// <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/edge-functions-restrictions.html>
const READ_ONLY_IN_REQUESTS: [&str; 4] = ["content-length", "host", "transfer-encoding", "via"];
const READ_ONLY_IN_RESPONSES: [&str; 2] = ["warning", "via"];

/// The event of a viewer request, or of a viewer response.
pub(super) fn write(
    config: &EventConfig,
    event: EdgeEvent,
    request: &EdgeRequest,
    response: Option<&EdgeResponse>,
) -> Value {
    let mut value = json!({
        "version": "1.0",
        "context": {
            "distributionDomainName": config.domain_name,
            "distributionId": config.distribution,
            "eventType": event.name(),
            "requestId": config.request_id,
        },
        "viewer": {"ip": config.client_ip},
        "request": {
            "method": request.method.as_str(),
            "uri": request.uri,
            "querystring": pairs::write(pairs::split(&request.query, '&')),
            "headers": write_headers(&request.headers),
            "cookies": pairs::write(pairs::split(&cookie_line(&request.headers), ';')),
        },
    });
    if let Some(response) = response {
        let status = http::StatusCode::from_u16(response.status).ok();
        value["response"] = json!({
            "statusCode": response.status,
            "statusDescription": status.and_then(|status| status.canonical_reason()).unwrap_or_default(),
            "headers": write_headers(&response.headers),
            "cookies": write_set_cookies(&response.headers),
        });
    }
    value
}

/// Reads what a viewer-request function returned.
pub(super) fn read_request(
    value: &Value,
    before: &EdgeRequest,
) -> Result<RequestOutcome, EdgeError> {
    if value.get("statusCode").is_some() {
        let empty = EdgeResponse::new(200, HeaderMap::new());
        let made = read_response(value, &empty)?;
        return Ok(RequestOutcome::Respond(made.into_stored()));
    }
    let uri = value["uri"].as_str().filter(|uri| uri.starts_with('/'));
    let uri = uri.ok_or_else(|| {
        bad("is neither a request nor a response: no \"uri\" that begins with a slash")
    })?;
    if value["method"] != before.method.as_str() {
        return Err(bad("changes the method, which is read-only"));
    }
    let mut headers = read_headers(&value["headers"], &before.headers)?;
    headers::restore(&mut headers, &before.headers, &READ_ONLY_IN_REQUESTS)
        .map_err(|what| bad(&what))?;
    let line = cookie_line(&before.headers);
    let shown = pairs::write(pairs::split(&line, ';'));
    if value["cookies"] == shown {
        for line in before.headers.get_all(COOKIE) {
            headers.append(COOKIE, line.clone());
        }
    } else {
        let cookies = pairs::join(&line, ';', &shown, &value["cookies"]);
        if !cookies.is_empty() {
            let cookies = HeaderValue::from_str(&cookies);
            headers.insert(COOKIE, cookies.map_err(|_| bad("has a bad cookie"))?);
        }
    }
    let shown = pairs::write(pairs::split(&before.query, '&'));
    let query = pairs::join(&before.query, '&', &shown, &value["querystring"]);
    if query.bytes().any(|b| b <= b' ' || b == b'#') {
        return Err(bad(
            "has a query string with a space, a control character or \"#\"",
        ));
    }
    Ok(RequestOutcome::Continue(EdgeRequest {
        method: before.method.clone(),
        uri: uri.to_owned(),
        query,
        headers,
        origin: None,
    }))
}

/// Reads what a viewer-response function returned, or a response made by a viewer-request function.
pub(super) fn read_response(
    value: &Value,
    before: &EdgeResponse,
) -> Result<EdgeResponse, EdgeError> {
    let status = value["statusCode"]
        .as_u64()
        .and_then(|status| u16::try_from(status).ok());
    let status = status
        .filter(|status| (200..600).contains(status))
        .ok_or_else(|| bad("has no statusCode from 200 to 599"))?;
    let mut headers = read_headers(&value["headers"], &before.headers)?;
    headers::restore(&mut headers, &before.headers, &READ_ONLY_IN_RESPONSES)
        .map_err(|what| bad(&what))?;
    let shown = write_set_cookies(&before.headers);
    if value["cookies"] == shown {
        for line in before.headers.get_all(SET_COOKIE) {
            headers.append(SET_COOKIE, line.clone());
        }
    } else {
        for line in read_set_cookies(&value["cookies"], &shown) {
            let line = HeaderValue::from_str(&line);
            headers.append(SET_COOKIE, line.map_err(|_| bad("has a bad cookie"))?);
        }
    }
    Ok(EdgeResponse {
        status,
        headers,
        body: read_body(&value["body"])?,
    })
}

fn read_body(body: &Value) -> Result<Option<Bytes>, EdgeError> {
    let text = body.as_str().or_else(|| body["data"].as_str());
    let Some(text) = text else {
        return Ok(None);
    };
    if body["encoding"] == "base64" {
        let bytes = decode_base64(text).ok_or_else(|| bad("has a body that is not base64"))?;
        return Ok(Some(Bytes::from(bytes)));
    }
    Ok(Some(Bytes::from(text.to_owned())))
}

fn write_headers(headers: &HeaderMap) -> Value {
    let shown = headers.keys().filter(|name| {
        *name != COOKIE && *name != SET_COOKIE && !headers::is_disallowed(name.as_str())
    });
    let named = shown.flat_map(|name| {
        let values = headers.get_all(name).iter();
        let texts = values.filter_map(|value| value.to_str().ok());
        texts.map(move |text| (name.as_str(), json!({"value": text})))
    });
    pairs::write(named)
}

fn read_headers(value: &Value, before: &HeaderMap) -> Result<HeaderMap, EdgeError> {
    let shown = write_headers(before);
    let mut headers = HeaderMap::new();
    for (name, entry) in value.as_object().into_iter().flatten() {
        if headers::is_disallowed(name) {
            return Err(bad(&format!("sets the disallowed header {name:?}")));
        }
        if name.to_ascii_lowercase() != *name {
            return Err(bad(&format!(
                "has the header {name:?}, which is not lower-case"
            )));
        }
        let parsed =
            HeaderName::from_bytes(name.as_bytes()).map_err(|_| bad("has a bad header name"))?;
        for entry in pairs::entries(entry, &shown[name]) {
            let text = entry["value"].as_str();
            let text = text.ok_or_else(|| bad(&format!("has no text as value of {name:?}")))?;
            let value = HeaderValue::from_str(text).map_err(|_| bad("has a bad header value"))?;
            headers.append(&parsed, value);
        }
    }
    Ok(headers)
}

/// All `Cookie` headers as one.
fn cookie_line(headers: &HeaderMap) -> String {
    let lines = headers.get_all(COOKIE).iter();
    let lines: Vec<&str> = lines.filter_map(|value| value.to_str().ok()).collect();
    lines.join("; ")
}

fn write_set_cookies(headers: &HeaderMap) -> Value {
    let lines = headers.get_all(SET_COOKIE).iter();
    let cookies = lines.filter_map(|value| value.to_str().ok()).map(|line| {
        let (pair, attributes) = line.split_once(';').unwrap_or((line, ""));
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let mut entry = json!({"value": value.trim()});
        if !attributes.trim().is_empty() {
            entry["attributes"] = Value::from(attributes.trim());
        }
        (name.trim(), entry)
    });
    pairs::write(cookies)
}

fn read_set_cookies(value: &Value, shown: &Value) -> Vec<String> {
    let all = value.as_object().into_iter().flatten();
    let lines = all.flat_map(|(name, entry)| {
        let entries = pairs::entries(entry, &shown[name]).into_iter();
        entries.map(move |entry| {
            let value = entry["value"].as_str().unwrap_or_default();
            match entry["attributes"].as_str() {
                Some(attributes) => format!("{name}={value}; {attributes}"),
                None => format!("{name}={value}"),
            }
        })
    });
    lines.collect()
}

fn bad(what: &str) -> EdgeError {
    EdgeError::Failed(format!("the CloudFront function's answer {what}"))
}
