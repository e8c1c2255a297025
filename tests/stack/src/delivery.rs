//! How an answer reaches the client: whole, or in one of the ways in which networks and servers fail.

use std::{convert::Infallible, io, time::Duration};

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use bytes::Bytes;
use futures_util::{StreamExt, stream};

use crate::connection::Connection;

/// A loopback socket takes a small body at once.
const FLUSHED_AFTER: Duration = Duration::from_millis(20);
/// A slow body comes in this many pieces.
const PIECES: usize = 10;

/// The way of one answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Delivery {
    #[default]
    Whole,
    /// The connection is reset before the first byte.
    Reset,
    /// Nothing comes, until the client gives up.
    Hang,
    /// The body takes this long.
    Slow(Duration),
    /// The connection ends in the middle of the body.
    Truncated,
}

/// Hands the answer over in this way.
pub(crate) async fn deliver(
    connection: &Connection,
    mut answer: Response<Bytes>,
    how: Delivery,
) -> Response {
    match how {
        Delivery::Whole => answer.map(Body::from),
        Delivery::Reset => {
            connection.reset();
            answer.map(Body::from)
        }
        Delivery::Hang => std::future::pending().await,
        Delivery::Slow(over) => {
            announce_length(&mut answer);
            answer.map(|body| slowly(&body, over))
        }
        Delivery::Truncated => {
            announce_length(&mut answer);
            answer.map(|body| first_half(&body))
        }
    }
}

/// An answer with a JSON body.
pub(crate) fn json(status: StatusCode, body: &serde_json::Value) -> Response<Bytes> {
    let mut answer = Response::new(Bytes::from(body.to_string()));
    *answer.status_mut() = status;
    answer.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    answer
}

fn announce_length(answer: &mut Response<Bytes>) {
    let length = HeaderValue::from(answer.body().len());
    answer.headers_mut().insert(header::CONTENT_LENGTH, length);
}

fn first_half(body: &Bytes) -> Body {
    let half = body.slice(..body.len() / 2);
    let end = async {
        // What is not on the wire when the body fails is dropped with it.
        tokio::time::sleep(FLUSHED_AFTER).await;
        Err(io::Error::from(io::ErrorKind::UnexpectedEof))
    };
    Body::from_stream(stream::once(async { Ok(half) }).chain(stream::once(end)))
}

fn slowly(body: &Bytes, over: Duration) -> Body {
    let size = body.len().div_ceil(PIECES).max(1);
    let pieces: Vec<Bytes> = (0..body.len())
        .step_by(size)
        .map(|at| body.slice(at..body.len().min(at + size)))
        .collect();
    let pause = over / u32::try_from(pieces.len().max(1)).expect("there are few pieces");
    Body::from_stream(stream::unfold(
        pieces.into_iter(),
        move |mut rest| async move {
            let piece = rest.next()?;
            tokio::time::sleep(pause).await;
            Some((Ok::<_, Infallible>(piece), rest))
        },
    ))
}
