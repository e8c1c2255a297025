//! Answers on the wire, whole or damaged as a fault wants them.

use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::Frame;

use crate::fault::Effect;

/// An answer.
pub(crate) type Reply = http::Response<ReplyBody>;
/// Its body.
pub(crate) type ReplyBody = UnsyncBoxBody<Bytes, CutOff>;

/// Ends a body, and with it the connection.
#[derive(Debug, thiserror::Error)]
#[error("the connection is closed here on purpose")]
pub(crate) struct CutOff;

impl CutOff {
    /// What was written has to leave before the end does, or the client sees neither.
    pub(crate) async fn after_what_was_written() -> Self {
        tokio::time::sleep(Duration::from_millis(20)).await;
        Self
    }
}

/// Pieces of a slow body.
const PIECES: usize = 20;

pub(crate) fn whole(bytes: impl Into<Bytes>) -> ReplyBody {
    Full::new(bytes.into())
        .map_err(|never| match never {})
        .boxed_unsync()
}

/// A body as the fault wants it; the headers must not state its length.
pub(crate) fn damaged(bytes: Bytes, effect: &Effect) -> ReplyBody {
    match effect {
        Effect::ResetMidBody => cut_off(bytes.slice(..bytes.len() / 2)),
        Effect::TruncatedBody => whole(bytes.slice(..bytes.len() / 2)),
        Effect::SlowBody { ms } => slow(bytes, Duration::from_millis(*ms)),
        _ => whole(bytes),
    }
}

/// No answer at all: the connection closes before the first byte.
pub(crate) fn no_answer() -> CutOff {
    CutOff
}

fn cut_off(head: Bytes) -> ReplyBody {
    let steps = stream::unfold(Some(head), |head| async {
        match head {
            Some(head) if !head.is_empty() => Some((Ok(Frame::data(head)), Some(Bytes::new()))),
            Some(_) => Some((Err(CutOff::after_what_was_written().await), None)),
            None => None,
        }
    });
    StreamBody::new(steps).boxed_unsync()
}

fn slow(bytes: Bytes, over: Duration) -> ReplyBody {
    let size = bytes.len().div_ceil(PIECES).max(1);
    let pause = over / u32::try_from(bytes.len().div_ceil(size).max(1)).unwrap_or(1);
    let steps = stream::unfold(bytes, move |mut rest| async move {
        if rest.is_empty() {
            return None;
        }
        tokio::time::sleep(pause).await;
        let piece = rest.split_to(size.min(rest.len()));
        Some((Ok(Frame::data(piece)), rest))
    });
    StreamBody::new(steps).boxed_unsync()
}
