//! Headers in events: arrays of key and value under lower-cased names, and which of them a function may touch.
//!
//! <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/edge-functions-restrictions.html>

use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Map, Value, json};

use super::EdgeError;
use crate::model::EdgeEvent;

const DISALLOWED: [&str; 14] = [
    "connection",
    "expect",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "trailer",
    "upgrade",
    "x-accel-buffering",
    "x-accel-charset",
    "x-accel-limit-rate",
    "x-accel-redirect",
    "x-forwarded-proto",
    "x-real-ip",
];
const DISALLOWED_PREFIXES: [&str; 3] = ["x-amz-cf-", "x-edge-", "x-cache"];
const DISALLOWED_AMZN: [&str; 10] = [
    "x-amzn-auth",
    "x-amzn-cf-billing",
    "x-amzn-cf-id",
    "x-amzn-cf-xff",
    "x-amzn-errortype",
    "x-amzn-fle-profile",
    "x-amzn-header-count",
    "x-amzn-header-order",
    "x-amzn-lambda-integration-tag",
    "x-amzn-requestid",
];

pub(super) fn is_disallowed(name: &str) -> bool {
    DISALLOWED.contains(&name)
        || DISALLOWED_AMZN.contains(&name)
        || DISALLOWED_PREFIXES
            .iter()
            .any(|prefix| name.starts_with(prefix))
}

fn read_only(event: EdgeEvent) -> &'static [&'static str] {
    match event {
        EdgeEvent::ViewerRequest => &["content-length", "host", "transfer-encoding", "via"],
        EdgeEvent::OriginRequest => &[
            "accept-encoding",
            "content-length",
            "if-modified-since",
            "if-none-match",
            "if-range",
            "if-unmodified-since",
            "transfer-encoding",
            "via",
        ],
        EdgeEvent::OriginResponse => &["transfer-encoding", "via"],
        EdgeEvent::ViewerResponse => &[
            "content-encoding",
            "content-length",
            "transfer-encoding",
            "warning",
            "via",
        ],
    }
}

/// Headers as an event shows them.
pub(super) fn write(headers: &HeaderMap) -> Value {
    let mut map = Map::new();
    for name in headers.keys().filter(|name| !is_disallowed(name.as_str())) {
        let values = headers.get_all(name).iter();
        let list: Vec<Value> = values
            .map(|value| json!({"key": name.as_str(), "value": String::from_utf8_lossy(value.as_bytes())}))
            .collect();
        map.insert(name.as_str().to_owned(), Value::Array(list));
    }
    Value::Object(map)
}

/// Headers as a function left them. What it may not see is put back, what it may not touch must be as it was.
pub(super) fn read(
    value: &Value,
    before: &HeaderMap,
    event: EdgeEvent,
) -> Result<HeaderMap, EdgeError> {
    let bad =
        |what: String| EdgeError::Failed(format!("the function's {} answer {what}", event.name()));
    let mut headers = HeaderMap::new();
    for (name, list) in value.as_object().into_iter().flatten() {
        if name.to_ascii_lowercase() != *name {
            return Err(bad(format!(
                "has the header {name:?} under a name that is not lower-case"
            )));
        }
        if is_disallowed(name) {
            return Err(bad(format!("sets the disallowed header {name:?}")));
        }
        let parsed = HeaderName::from_bytes(name.as_bytes())
            .map_err(|_| bad(format!("has the bad header name {name:?}")))?;
        let list = list
            .as_array()
            .ok_or_else(|| bad(format!("has no array of key and value under {name:?}")))?;
        for item in list {
            let text = item["value"]
                .as_str()
                .ok_or_else(|| bad(format!("has no text as value of {name:?}")))?;
            let value = HeaderValue::from_str(text)
                .map_err(|_| bad(format!("has a bad value of {name:?}")))?;
            headers.append(&parsed, value);
        }
    }
    if event == EdgeEvent::ViewerRequest
        && headers.contains_key(VIEWER_COUNTRY)
        && !before.contains_key(VIEWER_COUNTRY)
    {
        return Err(bad(format!("adds {VIEWER_COUNTRY:?}")));
    }
    restore(&mut headers, before, read_only(event)).map_err(bad)?;
    Ok(headers)
}

/// A viewer-request function must not add it.
const VIEWER_COUNTRY: &str = "cloudfront-viewer-country";

/// Puts back what a function may not see; what it may not touch must be as it was.
pub(super) fn restore(
    headers: &mut HeaderMap,
    before: &HeaderMap,
    read_only: &[&str],
) -> Result<(), String> {
    for name in read_only {
        let same = headers
            .get_all(*name)
            .iter()
            .eq(before.get_all(*name).iter());
        if !same {
            return Err(format!("changes the read-only header {name:?}"));
        }
    }
    for name in before.keys().filter(|name| is_disallowed(name.as_str())) {
        for value in before.get_all(name) {
            headers.append(name, value.clone());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pairs = pairs.iter().map(|(name, value)| {
            (
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            )
        });
        pairs.collect()
    }

    #[test]
    fn what_a_function_may_not_see_survives_it() {
        let before = map(&[("x-amz-cf-id", "1"), ("accept", "*/*")]);
        let shown = write(&before);
        assert_eq!(
            shown,
            json!({"accept": [{"key": "accept", "value": "*/*"}]})
        );
        assert_eq!(
            read(&shown, &before, EdgeEvent::ViewerRequest).unwrap(),
            before
        );
    }

    #[test]
    fn refuses_what_a_function_may_not_touch() {
        let before = map(&[("host", "a"), ("via", "1.1 x")]);
        let same = json!({"host": [{"value": "a"}], "via": [{"value": "1.1 x"}]});
        assert!(read(&same, &before, EdgeEvent::ViewerRequest).is_ok());
        let cases = [
            json!({"host": [{"value": "b"}], "via": [{"value": "1.1 x"}]}),
            json!({"host": [{"value": "a"}]}),
            json!({"host": [{"value": "a"}], "via": [{"value": "1.1 x"}], "x-cache": [{"value": "Hit"}]}),
            json!({"host": [{"value": "a"}], "via": [{"value": "1.1 x"}], "X-Big": [{"value": "a"}]}),
            json!({"host": [{"value": "a"}], "via": [{"value": "1.1 x"}], "x-a": "text"}),
        ];
        for answer in cases {
            let outcome = read(&answer, &before, EdgeEvent::ViewerRequest);
            assert!(matches!(outcome, Err(EdgeError::Failed(_))), "{answer}");
        }
    }
}
