//! From an answer to what the viewer reads: CloudFront's own headers, policies, generated errors.

use bytes::Bytes;
use http::header::{AGE, CONTENT_LENGTH, CONTENT_TYPE, ETAG, IF_NONE_MATCH, SERVER, VIA};
use http::{HeaderMap, HeaderName, HeaderValue};

use super::{Effect, Visit};
use crate::model::{Copy, StoredResponse};
use crate::reply::{self, CutOff, Reply};

const X_CACHE: HeaderName = HeaderName::from_static("x-cache");
const X_AMZ_CF_POP: HeaderName = HeaderName::from_static("x-amz-cf-pop");
const X_AMZ_CF_ID: HeaderName = HeaderName::from_static("x-amz-cf-id");

/// Where an answer came from, as `X-Cache` tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    Hit,
    RefreshHit,
    Miss,
    Error,
    LambdaGenerated,
    FunctionGenerated,
    Redirect,
}

impl Source {
    fn x_cache(self, status: u16) -> &'static str {
        match self {
            Self::LambdaGenerated => "LambdaGeneratedResponse from cloudfront",
            Self::FunctionGenerated => "FunctionGeneratedResponse from cloudfront",
            Self::Redirect => "Redirect from cloudfront",
            _ if status >= 400 => "Error from cloudfront",
            Self::Hit => "Hit from cloudfront",
            Self::RefreshHit => "RefreshHit from cloudfront",
            Self::Miss => "Miss from cloudfront",
            Self::Error => "Error from cloudfront",
        }
    }
}

/// An answer on its way to the viewer.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) response: StoredResponse,
    pub(crate) source: Source,
    /// In seconds, for what came out of a cache.
    pub(crate) age: Option<u64>,
}

impl Answer {
    /// An error of CloudFront's own.
    pub(crate) fn error(status: u16, message: &str) -> Self {
        Self {
            response: error_page(status, message),
            source: Source::Error,
            age: None,
        }
    }

    /// A copy out of the cache of a tier; 0 is the POP.
    pub(super) fn from_copy(visit: &Visit, copy: &Copy, tier: usize) -> Self {
        Self {
            response: copy.object.response.clone(),
            source: if tier == 0 { Source::Hit } else { Source::Miss },
            age: Some(visit.site.clock.now().since(copy.object.received).as_secs()),
        }
    }

    /// The response as the viewer gets it.
    pub(super) fn finish(self, visit: &Visit) -> StoredResponse {
        let mut response = self.response;
        if response.status == 200
            && visit.behavior().cache.caches()
            && is_known(visit, &response.headers)
        {
            response.status = 304;
            response.body = Bytes::new();
        }
        let x_cache = self.source.x_cache(response.status);
        if let Some(policy) = &visit.behavior().response_headers {
            for name in &policy.remove {
                response.headers.remove(name);
            }
            for (name, value, overrides) in &policy.set {
                if *overrides || !response.headers.contains_key(name) {
                    response.headers.insert(name, value.clone());
                }
            }
        }
        let headers = &mut response.headers;
        // The body is whole here; its length is told anew.
        headers.remove(CONTENT_LENGTH);
        if let Some(age) = self.age {
            headers.insert(AGE, HeaderValue::from(age));
        }
        headers.insert(X_CACHE, HeaderValue::from_static(x_cache));
        headers.insert(X_AMZ_CF_POP, HeaderValue::from_static(visit.pop.name));
        set(headers, X_AMZ_CF_ID, &visit.config.request_id);
        set(headers, VIA, &via(&visit.config.domain_name));
        response
    }
}

/// Whether the viewer's own copy, told by its entity tag, is this one.
fn is_known(visit: &Visit, headers: &HeaderMap) -> bool {
    let tag = headers
        .get(ETAG)
        .and_then(|tag| tag.to_str().ok())
        .map(|tag| tag.trim_start_matches("W/"));
    let asked = visit.request.header(IF_NONE_MATCH.as_str());
    tag.zip(asked).is_some_and(|(tag, asked)| {
        asked
            .split(',')
            .map(str::trim)
            .any(|one| one == "*" || one.trim_start_matches("W/") == tag)
    })
}

pub(super) fn via(domain_name: &str) -> String {
    format!("1.1 {domain_name} (CloudFront)")
}

pub(super) fn set(headers: &mut HeaderMap, name: HeaderName, text: &str) {
    let value = HeaderValue::from_str(text).expect("made of ids and host names");
    headers.insert(name, value);
}

/// CloudFront's own error page.
pub(super) fn error_page(status: u16, message: &str) -> StoredResponse {
    let body = format!(
        "<!DOCTYPE HTML><HTML><HEAD><TITLE>ERROR: The request could not be satisfied</TITLE></HEAD>\
         <BODY><H1>{status} ERROR</H1><H2>The request could not be satisfied.</H2>{message}\n</BODY></HTML>"
    );
    let mut headers = HeaderMap::new();
    headers.insert(SERVER, HeaderValue::from_static("CloudFront"));
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html"));
    StoredResponse {
        status,
        headers,
        body: Bytes::from(body),
    }
}

/// The answer that a fault gives instead of everything else.
pub(super) fn scripted(effect: Option<&Effect>) -> Option<Answer> {
    match effect? {
        Effect::Throttle => Some(Answer::error(429, "Too many requests.")),
        Effect::Error {
            status, message, ..
        } => Some(Answer::error(
            *status,
            message.as_deref().unwrap_or("A scripted error."),
        )),
        _ => None,
    }
}

/// Puts a response on the wire, damaged as the fault wants it.
pub(super) async fn write(
    response: StoredResponse,
    effect: Option<&Effect>,
) -> Result<Reply, CutOff> {
    let effect = effect.cloned().unwrap_or(Effect::SlowHeaders { ms: 0 });
    if effect == Effect::LostResponse {
        return Err(reply::no_answer());
    }
    tokio::time::sleep(effect.delay()).await;
    let mut builder = http::Response::builder().status(response.status);
    if let Some(headers) = builder.headers_mut() {
        *headers = response.headers;
    }
    let built = builder.body(reply::damaged(response.body, &effect));
    Ok(built.expect("status and headers were read from valid ones"))
}
