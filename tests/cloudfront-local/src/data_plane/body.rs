//! Bodies on their way to a viewer: whole, or still coming in from the origin.

use bytes::{Bytes, BytesMut};
use futures_util::stream::{self, BoxStream};
use futures_util::{Stream, StreamExt};
use http_body_util::{BodyExt, StreamBody};
use hyper::body::Frame;
use tokio::sync::mpsc;

use crate::reply::{CutOff, ReplyBody, whole};

/// A body.
pub(crate) enum Body {
    /// All of it is here.
    Whole(Bytes),
    /// It comes piece by piece.
    Coming {
        /// The pieces; an error ends the connection to the viewer.
        pieces: BoxStream<'static, Result<Bytes, CutOff>>,
        /// How long it will be, where the origin says.
        length: Option<u64>,
    },
}

impl Body {
    pub(crate) fn empty() -> Self {
        Self::Whole(Bytes::new())
    }

    pub(super) fn coming(
        pieces: impl Stream<Item = Result<Bytes, CutOff>> + Send + 'static,
        length: Option<u64>,
    ) -> Self {
        Self::Coming {
            pieces: pieces.boxed(),
            length,
        }
    }

    /// What came of a body that broke off, and its breaking off.
    pub(super) fn broken(head: Bytes) -> Self {
        Self::coming(stream::iter([Ok(head), Err(CutOff)]), None)
    }

    /// What another task sends; dropping the sender ends it.
    pub(super) fn from_channel(
        mut pieces: mpsc::UnboundedReceiver<Result<Bytes, CutOff>>,
        length: Option<u64>,
    ) -> Self {
        Self::coming(stream::poll_fn(move |task| pieces.poll_recv(task)), length)
    }

    pub(super) fn length(&self) -> Option<u64> {
        match self {
            Self::Whole(bytes) => u64::try_from(bytes.len()).ok(),
            Self::Coming { length, .. } => *length,
        }
    }

    /// Waits for all of it; nothing if it breaks off.
    pub(super) async fn collect(self) -> Option<Bytes> {
        match self {
            Self::Whole(bytes) => Some(bytes),
            Self::Coming { mut pieces, .. } => {
                let mut collected = BytesMut::new();
                while let Some(piece) = pieces.next().await {
                    collected.extend_from_slice(&piece.ok()?);
                }
                Some(collected.freeze())
            }
        }
    }

    pub(super) fn into_reply(self) -> ReplyBody {
        match self {
            Self::Whole(bytes) => whole(bytes),
            Self::Coming { pieces, .. } => {
                let frames = pieces.then(async |piece| match piece {
                    Ok(data) => Ok(Frame::data(data)),
                    Err(CutOff) => Err(CutOff::after_what_was_written().await),
                });
                StreamBody::new(frames).boxed_unsync()
            }
        }
    }
}
