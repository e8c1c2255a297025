//! Where edge functions come in.

use super::body::Body;
use super::{Answer, Source, Visit, error_page, own_headers, respond};
use crate::edge_function::{EdgeError, EdgeRequest, EdgeResponse, RequestOutcome};
use crate::model::{EdgeEvent, StoredResponse};

/// Answers a request, with the viewer's functions around it.
pub(super) async fn with_viewer_functions(visit: &mut Visit) -> Answer {
    let id = visit.behavior().functions.get(&EdgeEvent::ViewerRequest);
    let by_function = id.is_some_and(|id| visit.site.edge.is_cloudfront_function(id));
    if by_function {
        // CloudFront Functions see what CloudFront adds; Lambda@Edge runs before it is added.
        own_headers::add(visit);
    }
    match viewer_request(visit).await {
        Err(error) => return failed(&error),
        Ok(Some(response)) => {
            let source = if by_function {
                Source::FunctionGenerated
            } else {
                Source::LambdaGenerated
            };
            return Answer::of(response, source);
        }
        Ok(None) => {}
    }
    own_headers::add(visit);
    if let Some(name) = visit
        .distribution
        .default_root_object
        .as_ref()
        .filter(|_| visit.request.path == "/")
    {
        visit.request.path = format!("/{name}");
    }
    let mut answer = respond(visit).await;
    // It does not run for errors: documented under "HTTP status codes" of the restrictions.
    if answer.status >= 400 {
        return error_page::in_place_of(visit, answer).await;
    }
    let shown = EdgeResponse::new(answer.status, answer.headers.clone());
    let request = as_edge_request(visit);
    match response_function(visit, EdgeEvent::ViewerResponse, &request, shown).await {
        Ok(changed) => {
            answer.status = changed.status;
            answer.headers = changed.headers;
            if let Some(body) = changed.body {
                answer.body = Body::Whole(body);
            }
            answer
        }
        Err(error) => failed(&error),
    }
}

/// Runs the viewer-request function; it may answer itself.
async fn viewer_request(visit: &mut Visit) -> Result<Option<StoredResponse>, EdgeError> {
    let before = as_edge_request(visit);
    match request_function(visit, EdgeEvent::ViewerRequest, before).await? {
        RequestOutcome::Respond(response) => Ok(Some(response)),
        RequestOutcome::Continue(after) => {
            visit.request.path = after.uri;
            visit.request.query = Some(after.query).filter(|query| !query.is_empty());
            visit.request.headers = after.headers;
            Ok(None)
        }
    }
}

/// Runs the function of a request event, if the behavior has one.
pub(super) async fn request_function(
    visit: &Visit,
    event: EdgeEvent,
    before: EdgeRequest,
) -> Result<RequestOutcome, EdgeError> {
    let Some(id) = visit.behavior().functions.get(&event) else {
        return Ok(RequestOutcome::Continue(before));
    };
    let outcome = visit
        .site
        .edge
        .on_request(&visit.site, id, event, &visit.config, &before)
        .await;
    told(visit, outcome)
}

/// Runs the function of a response event, if the behavior has one.
pub(super) async fn response_function(
    visit: &Visit,
    event: EdgeEvent,
    request: &EdgeRequest,
    response: EdgeResponse,
) -> Result<EdgeResponse, EdgeError> {
    let Some(id) = visit.behavior().functions.get(&event) else {
        return Ok(response);
    };
    let pair = (request, &response);
    let outcome = visit
        .site
        .edge
        .on_response(&visit.site, id, event, &visit.config, pair)
        .await;
    told(visit, outcome)
}

/// Logs why a function gave no usable answer: the viewer only sees a 502 or 503.
fn told<T>(visit: &Visit, outcome: Result<T, EdgeError>) -> Result<T, EdgeError> {
    if let Err(error) = &outcome {
        tracing::warn!(path = visit.request.path, %error, "edge function failed");
    }
    outcome
}

pub(super) fn failed(error: &EdgeError) -> Answer {
    Answer::error(
        error.status(),
        "The Lambda function associated with the CloudFront distribution is invalid or doesn't have the required permissions.",
    )
}

fn as_edge_request(visit: &Visit) -> EdgeRequest {
    EdgeRequest {
        method: visit.request.method.clone(),
        uri: visit.request.path.clone(),
        query: visit.request.query.clone().unwrap_or_default(),
        headers: visit.request.headers.clone(),
        origin: None,
    }
}
