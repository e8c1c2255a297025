//! Where edge functions come in.

use super::{Answer, Source, Visit, respond};
use crate::edge_function::{
    EdgeError, EdgeRequest, RequestOutcome, for_request, for_response, read_request, read_response,
};
use crate::model::{EdgeEvent, StoredResponse};

/// Answers a request, with the viewer's functions around it.
pub(super) async fn with_viewer_functions(visit: &mut Visit) -> Answer {
    match viewer_request(visit).await {
        Err(error) => return failed(&error),
        Ok(Some(response)) => {
            return Answer {
                response,
                source: Source::LambdaGenerated,
                age: None,
            };
        }
        Ok(None) => {}
    }
    if let Some(name) = visit
        .distribution
        .default_root_object
        .as_ref()
        .filter(|_| visit.request.path == "/")
    {
        visit.request.path = format!("/{name}");
    }
    let answer = respond(visit).await;
    // It does not run for errors: documented under "HTTP status codes" of the restrictions.
    if answer.response.status >= 400 {
        return answer;
    }
    match response_function(
        visit,
        EdgeEvent::ViewerResponse,
        &as_edge_request(visit),
        answer.response.clone(),
    )
    .await
    {
        Ok(response) => Answer { response, ..answer },
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
    let value = for_request(&visit.config, event, &before);
    let answer = visit.site.edge.run(&visit.site, id, event, value).await?;
    told(visit, read_request(&answer, &before, event))
}

/// Runs the function of a response event, if the behavior has one.
pub(super) async fn response_function(
    visit: &Visit,
    event: EdgeEvent,
    request: &EdgeRequest,
    response: StoredResponse,
) -> Result<StoredResponse, EdgeError> {
    let Some(id) = visit.behavior().functions.get(&event) else {
        return Ok(response);
    };
    let value = for_response(&visit.config, event, request, &response);
    let answer = visit.site.edge.run(&visit.site, id, event, value).await?;
    told(visit, read_response(&answer, &response, event))
}

/// Logs why an answer of a function was refused: the viewer only sees a 502.
fn told<T>(visit: &Visit, outcome: Result<T, EdgeError>) -> Result<T, EdgeError> {
    if let Err(error) = &outcome {
        tracing::warn!(path = visit.request.path, %error, "edge function answer refused");
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
