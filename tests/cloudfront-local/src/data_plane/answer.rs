//! From an answer to what the viewer reads: CloudFront's own headers, policies, generated errors.

use bytes::Bytes;
use http::header::{AGE, CONTENT_LENGTH, CONTENT_TYPE, RANGE, SERVER, VIA};
use http::{HeaderMap, HeaderName, HeaderValue, Method};

use super::body::Body;
use super::{Effect, Visit, conditional, range, response_policy};
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
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Body,
    pub(crate) source: Source,
    /// In seconds, for what came out of a cache.
    pub(crate) age: Option<u64>,
    /// Holds a whole object that the cache knew: a part may be cut out of it.
    pub(super) is_object: bool,
}

impl Answer {
    pub(crate) fn of(response: StoredResponse, source: Source) -> Self {
        Self {
            status: response.status,
            headers: response.headers,
            body: Body::Whole(response.body),
            source,
            age: None,
            is_object: false,
        }
    }

    /// An error of CloudFront's own.
    pub(crate) fn error(status: u16, message: &str) -> Self {
        Self::of(error_page(status, message), Source::Error)
    }

    /// A copy out of the cache of a tier; 0 is the POP.
    pub(super) fn from_copy(visit: &Visit, copy: &Copy, tier: usize) -> Self {
        let source = if tier == 0 { Source::Hit } else { Source::Miss };
        Self {
            age: Some(copy.object.age(visit.site.clock.now()).as_secs()),
            is_object: true,
            ..Self::of(copy.object.response.clone(), source)
        }
    }

    /// The answer as the viewer gets it.
    pub(super) fn finish(mut self, visit: &Visit) -> Self {
        let is_whole = self.status == 200;
        if is_whole && conditional::is_known(visit, &self.headers) {
            self.status = 304;
            self.body = Body::empty();
        } else if is_whole
            && self.is_object
            && visit.request.method == Method::GET
            && let Some(asked) = visit.request.header(RANGE.as_str())
            && conditional::is_same_for_range(visit, &self.headers)
        {
            range::cut(&mut self, &asked);
        }
        let x_cache = self.source.x_cache(self.status);
        response_policy::apply(visit, &mut self.headers);
        let headers = &mut self.headers;
        // The length of a whole body is told anew.
        headers.remove(CONTENT_LENGTH);
        if let Body::Coming {
            length: Some(length),
            ..
        } = &self.body
        {
            headers.insert(CONTENT_LENGTH, HeaderValue::from(*length));
        }
        if let Some(age) = self.age {
            headers.insert(AGE, HeaderValue::from(age));
        }
        headers.insert(X_CACHE, HeaderValue::from_static(x_cache));
        headers.insert(X_AMZ_CF_POP, HeaderValue::from_static(visit.pop.name));
        set(headers, X_AMZ_CF_ID, &visit.config.request_id);
        set(headers, VIA, &via(&visit.config.domain_name));
        self
    }
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

/// Puts an answer on the wire, damaged as the fault wants it.
pub(super) async fn write(answer: Answer, effect: Option<Effect>) -> Result<Reply, CutOff> {
    let mut headers = answer.headers;
    let body = match effect {
        None => answer.body.into_reply(),
        Some(Effect::LostResponse) => return Err(reply::no_answer()),
        Some(effect) => {
            let delay = effect.delay();
            if !delay.is_zero() {
                tokio::time::sleep(delay).await;
            }
            headers.remove(CONTENT_LENGTH);
            let bytes = answer.body.collect().await.ok_or(CutOff)?;
            reply::damaged(bytes, &effect)
        }
    };
    let mut builder = http::Response::builder().status(answer.status);
    if let Some(own) = builder.headers_mut() {
        *own = headers;
    }
    let built = builder.body(body);
    Ok(built.expect("status and headers were read from valid ones"))
}
