//! Events of CloudFront Functions, which have a shape of their own.
//!
//! <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-event-structure.html>

use bytes::Bytes;
use http::header::COOKIE;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Map, Value, json};

use super::{EdgeError, EdgeRequest, EventConfig, RequestOutcome};
use crate::model::{EdgeEvent, StoredResponse};

/// The event of a viewer request, or of a viewer response.
pub(super) fn write(
    config: &EventConfig,
    event: EdgeEvent,
    request: &EdgeRequest,
    response: Option<&StoredResponse>,
) -> Value {
    let pairs = request
        .query
        .split('&')
        .filter(|part| !part.is_empty())
        .map(|part| part.split_once('=').unwrap_or((part, "")));
    let cookies = request
        .headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok());
    let cookies = cookies
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='));
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
            "querystring": write_pairs(pairs),
            "headers": write_headers(&request.headers),
            "cookies": write_pairs(cookies),
        },
    });
    if let Some(response) = response {
        let status = http::StatusCode::from_u16(response.status).ok();
        value["response"] = json!({
            "statusCode": response.status,
            "statusDescription": status.and_then(|status| status.canonical_reason()).unwrap_or_default(),
            "headers": write_headers(&response.headers),
            "cookies": {},
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
        let empty = StoredResponse {
            status: 200,
            headers: HeaderMap::new(),
            body: Bytes::new(),
        };
        return read_response(value, &empty).map(RequestOutcome::Respond);
    }
    let uri = value["uri"].as_str().filter(|uri| uri.starts_with('/'));
    let uri = uri.ok_or_else(|| {
        bad("is neither a request nor a response: no \"uri\" that begins with a slash")
    })?;
    let mut headers = read_headers(&value["headers"])?;
    headers.remove(COOKIE);
    let cookies = read_pairs(&value["cookies"], "; ");
    if !cookies.is_empty() {
        headers.insert(
            COOKIE,
            HeaderValue::from_str(&cookies).map_err(|_| bad("has a bad cookie"))?,
        );
    }
    Ok(RequestOutcome::Continue(EdgeRequest {
        method: before.method.clone(),
        uri: uri.to_owned(),
        query: read_pairs(&value["querystring"], "&"),
        headers,
        origin: None,
    }))
}

/// Reads what a viewer-response function returned, or a response made by a viewer-request function.
pub(super) fn read_response(
    value: &Value,
    before: &StoredResponse,
) -> Result<StoredResponse, EdgeError> {
    let status = value["statusCode"]
        .as_u64()
        .and_then(|status| u16::try_from(status).ok());
    let status = status
        .filter(|status| (200..600).contains(status))
        .ok_or_else(|| bad("has no statusCode from 200 to 599"))?;
    let text = value["body"]
        .as_str()
        .or_else(|| value["body"]["data"].as_str());
    let body = text.map_or_else(|| before.body.clone(), |text| Bytes::from(text.to_owned()));
    Ok(StoredResponse {
        status,
        headers: read_headers(&value["headers"])?,
        body,
    })
}

fn write_headers(headers: &HeaderMap) -> Value {
    let named = headers
        .keys()
        .filter(|name| *name != COOKIE)
        .flat_map(|name| {
            let values = headers
                .get_all(name)
                .iter()
                .filter_map(|value| value.to_str().ok());
            values.map(move |value| (name.as_str(), value))
        });
    write_pairs(named)
}

/// A value each; where a name comes more than once, all of them under `multiValue`.
fn write_pairs<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> Value {
    let mut map = Map::new();
    for (name, value) in pairs {
        let Some(entry) = map.get_mut(name) else {
            map.insert(name.to_owned(), json!({"value": value}));
            continue;
        };
        if entry.get("multiValue").is_none() {
            entry["multiValue"] = json!([{"value": entry["value"]}]);
        }
        if let Some(all) = entry["multiValue"].as_array_mut() {
            all.push(json!({"value": value}));
        }
    }
    Value::Object(map)
}

fn values_of(entry: &Value) -> Vec<&str> {
    match entry["multiValue"].as_array() {
        Some(all) => all.iter().filter_map(|one| one["value"].as_str()).collect(),
        None => entry["value"].as_str().into_iter().collect(),
    }
}

fn read_pairs(value: &Value, separator: &str) -> String {
    let entries = value.as_object().into_iter().flatten();
    let pairs = entries.flat_map(|(name, entry)| {
        values_of(entry).into_iter().map(move |value| {
            if value.is_empty() {
                name.clone()
            } else {
                format!("{name}={value}")
            }
        })
    });
    pairs.collect::<Vec<_>>().join(separator)
}

fn read_headers(value: &Value) -> Result<HeaderMap, EdgeError> {
    let mut headers = HeaderMap::new();
    for (name, entry) in value.as_object().into_iter().flatten() {
        let parsed =
            HeaderName::from_bytes(name.as_bytes()).map_err(|_| bad("has a bad header name"))?;
        for text in values_of(entry) {
            headers.append(
                &parsed,
                HeaderValue::from_str(text).map_err(|_| bad("has a bad header value"))?,
            );
        }
    }
    Ok(headers)
}

fn bad(what: &str) -> EdgeError {
    EdgeError::Failed(format!("the CloudFront function's answer {what}"))
}
