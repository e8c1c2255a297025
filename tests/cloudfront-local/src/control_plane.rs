//! The CloudFront API, version 2020-05-31, as REST-XML. Signatures are accepted, not verified.

mod answer_xml;
mod call;
mod config_xml;
mod element;
mod request_xml;
mod run;
mod schema;
mod xml;

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Incoming;

use crate::fault::{Call, Effect, Operation};
use crate::history::{Entry, Plane};
use crate::model::Refusal;
use crate::reply::{self, CutOff, Reply};
use crate::site::Site;
use call::ApiCall;
use run::Done;

/// 3,000 paths of 4,000 characters, and the elements around them.
const MAX_BODY: usize = 16 << 20;

/// Serves one API call; an error closes the connection without an answer.
pub(crate) async fn serve(site: Arc<Site>, request: Request<Incoming>) -> Result<Reply, CutOff> {
    let started = Instant::now();
    let now = site.clock.now();
    let (head, body) = request.into_parts();
    let body = read(body).await?;
    let path = head
        .uri
        .path_and_query()
        .map_or("", |target| target.as_str())
        .to_owned();
    let mut entry = Entry::new(Plane::Control, head.method.as_str(), now);
    entry.path.clone_from(&path);
    let parsed = body.and_then(|body| ApiCall::read(&head.method, &head.uri, &head.headers, &body));
    let (struck, outcome) = match parsed {
        Ok(call) => {
            let items = call.items(&site);
            let struck = site.strike(
                call.operation,
                Call {
                    items: &items,
                    target: call.target_id(),
                    path: &path,
                    headers: Some(&head.headers),
                },
            );
            entry.operation = format!("{:?}", call.operation);
            call.target_id().clone_into(&mut entry.target);
            entry.items = items;
            let outcome = run(&site, &call, struck.as_ref().map(|(_, effect)| effect), now);
            (struck, outcome)
        }
        Err(refusal) => (None, Err(refusal)),
    };
    entry.fault = struck.as_ref().map(|(id, _)| *id);
    entry.took_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    let effect = struck.map(|(_, effect)| effect);
    tell(&mut entry, &outcome, effect.as_ref());
    site.record(entry);
    answer(outcome, effect, &site).await
}

/// The body, or why it is refused; an error if the client went away, and nobody reads an answer.
async fn read(body: Incoming) -> Result<Result<Bytes, Refusal>, CutOff> {
    match Limited::new(body, MAX_BODY).collect().await {
        Ok(collected) => Ok(Ok(collected.to_bytes())),
        Err(error) if error.is::<LengthLimitError>() => Ok(Err(Refusal::new(
            413,
            "BatchTooLarge",
            format!("The request body is larger than {MAX_BODY} bytes."),
        ))),
        Err(_) => Err(reply::no_answer()),
    }
}

/// What the history keeps of an answer.
fn tell(entry: &mut Entry, outcome: &Result<Done, Refusal>, effect: Option<&Effect>) {
    match outcome {
        Ok(done) => {
            entry.status = Some(done.status);
            entry.subject.clone_from(&done.invalidation);
        }
        Err(refusal) => {
            entry.status = Some(refusal.status);
            entry.error = Some(refusal.code.clone());
        }
    }
    // What was done stays done, and is told.
    if matches!(effect, Some(Effect::Hang | Effect::LostResponse)) {
        entry.status = None;
        entry.error = Some("no answer".to_owned());
    }
}

/// Does what is asked, unless the fault stops it.
fn run(
    site: &Site,
    call: &ApiCall,
    effect: Option<&Effect>,
    now: crate::model::Time,
) -> Result<Done, Refusal> {
    let refusal = match effect {
        Some(Effect::Throttle) => Some(Refusal::throttled()),
        Some(Effect::OverQuota) => Some(Refusal::too_many_wildcards_in_progress()),
        Some(Effect::ReferenceUsed { form }) => Some(Refusal::reference_used(*form)),
        Some(Effect::Error {
            status,
            code,
            message,
        }) => Some(Refusal::new(
            *status,
            code.as_deref().unwrap_or("InternalError"),
            message.clone().unwrap_or_default(),
        )),
        Some(Effect::StaleRead) => Some(Refusal::new(
            404,
            "NoSuchInvalidation",
            "The specified invalidation does not exist.",
        )),
        Some(Effect::Hang) => Some(Refusal::unavailable()),
        _ => site.state().world.random_trouble(),
    };
    match refusal {
        Some(refusal) => Err(refusal),
        None => call.run(site, now, effect),
    }
}

async fn answer(
    outcome: Result<Done, Refusal>,
    effect: Option<Effect>,
    site: &Site,
) -> Result<Reply, CutOff> {
    let effect = effect.unwrap_or(Effect::SlowHeaders { ms: 0 });
    match &effect {
        Effect::Hang => std::future::pending::<()>().await,
        Effect::LostResponse => return Err(reply::no_answer()),
        other => tokio::time::sleep(other.delay()).await,
    }
    let request_id = site.state().world.fresh_id('R', 36);
    let mut builder = http::Response::builder()
        .header("x-amzn-requestid", &request_id)
        .header("content-type", "text/xml");
    let body = match outcome {
        Ok(done) => {
            builder = builder.status(done.status);
            for (name, value) in done.headers {
                builder = builder.header(name, value);
            }
            done.body
        }
        Err(refusal) => {
            builder = builder.status(
                StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            );
            xml::error(&refusal, &request_id)
        }
    };
    let mut body = Bytes::from(body);
    if effect == Effect::MalformedXml {
        body = body.slice(..body.len() * 2 / 3);
    }
    let reply = builder.body(reply::damaged(body, &effect));
    Ok(reply.expect("every part of the answer is made here and valid"))
}
