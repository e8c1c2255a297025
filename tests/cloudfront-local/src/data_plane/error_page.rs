//! Custom error pages.
//!
//! <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/GeneratingCustomErrorResponses.html>

use bytes::Bytes;
use http::Method;
use http::header::{IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE, RANGE};

use super::{Answer, Source, Visit, respond};

/// The page that the distribution has for an error, or the error itself. What an edge function made stays as it is, and
/// a page that cannot be had is answered with the status of the attempt.
pub(super) async fn in_place_of(visit: &Visit, error: Answer) -> Answer {
    let is_made = matches!(
        error.source,
        Source::LambdaGenerated | Source::FunctionGenerated
    );
    let page = visit.distribution.error_pages.get(&error.status);
    let Some(page) = page.filter(|_| !is_made) else {
        return error;
    };
    let mut fetch = visit.clone();
    fetch.request.method = Method::GET;
    fetch.request.path.clone_from(&page.path);
    fetch.request.query = None;
    fetch.body = Bytes::new();
    for name in [IF_NONE_MATCH, IF_MODIFIED_SINCE, RANGE, IF_RANGE] {
        fetch.request.headers.remove(name);
    }
    fetch.rechoose_behavior();
    let mut answer = respond(&fetch).await;
    if answer.status < 400 {
        answer.status = page.status.unwrap_or(error.status);
    }
    answer.source = Source::Error;
    answer.is_object = false;
    answer.age = error.age;
    answer
}
