//! A fetch for the cache: the answer goes to whoever began it while it comes, and into the cache when it is whole.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, ETAG};
use tokio::sync::mpsc;

use super::fetched::{Keep, Verdict};
use super::{Answer, Body, Ending, Fetch, Fetched, OriginResponse, Owner, Source, StoredResponse};
use crate::data_plane::compression::Encoder;
use crate::model::Object;
use crate::reply::CutOff;

/// Objects are held in memory; a larger one is passed on and not kept.
const MAX_OBJECT: usize = 64 << 20;

impl Fetch {
    /// Makes the fetch. A background fetch has no owner.
    pub(in crate::data_plane) async fn run(self, ending: Ending, owner: Option<Owner>) {
        let requested = self.visit.site.clock.now();
        let answer = self.ask_origins().await;
        let received = self.visit.site.clock.now();
        let Verdict {
            mut response,
            source,
            age,
            keep,
        } = self.judge(answer, requested, received);
        let tell = |answer: Answer| {
            if let Some(owner) = owner {
                // Who left does not mind.
                let _ = owner.send(answer);
            }
        };
        let (status, headers) = (response.status, response.headers.clone());
        let relay = |headers, encoder| Relay {
            status,
            headers,
            source,
            age,
            encoder,
        };
        match keep {
            Keep::Not { shared: false } => {
                let relay = relay(headers, None);
                ending.end(relay.fetched(Bytes::new(), false));
                tell(relay.answer(response.headers, response.body));
            }
            Keep::Not { shared: true } => {
                let relay = relay(headers, None);
                relay.run(ending, response, |_| None, tell).await;
            }
            Keep::This(object) => {
                ending.end(Fetched::known(&object, source));
                tell(Answer {
                    age,
                    is_object: true,
                    ..Answer::of(object.response.clone(), source)
                });
            }
            Keep::Answer {
                mut headers,
                ttl,
                staleness,
            } => {
                let encoder = self.choose_encoder(source, &mut response, &mut headers);
                let tag_header = self.visit.distribution.tag_header.clone();
                let build = move |stored| {
                    let tag_header = tag_header.as_deref();
                    let object = Object::new(stored, tag_header, requested, received, ttl);
                    Some(object.with_staleness(staleness))
                };
                let relay = relay(headers, encoder);
                relay.run(ending, response, build, tell).await;
            }
        }
    }

    /// What the origin itself sends whole is compressed.
    fn choose_encoder(
        &self,
        source: Source,
        response: &mut OriginResponse,
        stored: &mut HeaderMap,
    ) -> Option<Encoder> {
        if source != Source::Miss || self.is_part {
            return None;
        }
        let length = response.body.length();
        let (status, headers) = (response.status, &mut response.headers);
        let encoder = Encoder::choose(&self.visit, status, headers, length)?;
        for name in [CONTENT_ENCODING, ETAG] {
            stored.remove(&name);
            if let Some(value) = headers.get(&name) {
                stored.insert(name, value.clone());
            }
        }
        Some(encoder)
    }
}

/// An answer on its way to whoever began the fetch, to those who joined, and into the cache.
struct Relay {
    status: u16,
    /// As they are stored.
    headers: HeaderMap,
    source: Source,
    age: Option<u64>,
    encoder: Option<Encoder>,
}

impl Relay {
    fn answer(&self, headers: HeaderMap, body: Body) -> Answer {
        Answer {
            status: self.status,
            headers,
            body,
            source: self.source,
            age: self.age,
            is_object: false,
        }
    }

    fn fetched(&self, body: Bytes, shared: bool) -> Fetched {
        Fetched {
            response: StoredResponse {
                status: self.status,
                headers: self.headers.clone(),
                body,
            },
            is_broken: false,
            object: None,
            shared,
            source: self.source,
        }
    }

    async fn run(
        self,
        ending: Ending,
        response: OriginResponse,
        build: impl FnOnce(StoredResponse) -> Option<Object>,
        tell: impl FnOnce(Answer),
    ) {
        let length = response.body.length();
        match response.body {
            Body::Whole(whole) if self.encoder.is_none() => {
                let answer = self.answer(response.headers, Body::Whole(whole.clone()));
                self.store(ending, whole, build);
                tell(answer);
            }
            body => {
                let (send, received) = mpsc::unbounded_channel();
                let told = length.filter(|_| self.encoder.is_none());
                let coming = Body::from_channel(received, told);
                tell(self.answer(response.headers, coming));
                let pieces = match body {
                    Body::Whole(whole) => stream::iter([Ok(whole)]).boxed(),
                    Body::Coming { pieces, .. } => pieces,
                };
                self.pump(ending, pieces, length, build, &send).await;
            }
        }
    }

    /// Sends each piece on as it comes. The object is stored before the end is sent: who has read the whole answer finds
    /// it in the cache.
    async fn pump(
        mut self,
        ending: Ending,
        mut pieces: BoxStream<'static, Result<Bytes, CutOff>>,
        length: Option<u64>,
        build: impl FnOnce(StoredResponse) -> Option<Object>,
        send: &mpsc::UnboundedSender<Result<Bytes, CutOff>>,
    ) {
        let mut collected = BytesMut::new();
        let mut arrived = 0;
        let last = loop {
            let piece = match pieces.next().await {
                None => break self.encoder.take().map(Encoder::finish),
                Some(Err(cut)) => {
                    let broken = Fetched {
                        is_broken: true,
                        ..self.fetched(collected.freeze(), true)
                    };
                    ending.end(broken);
                    let _ = send.send(Err(cut));
                    return;
                }
                Some(Ok(piece)) => piece,
            };
            arrived += u64::try_from(piece.len()).unwrap_or(u64::MAX);
            let piece = match &mut self.encoder {
                Some(encoder) => encoder.push(&piece),
                None => piece,
            };
            if self.encoder.is_none() && length == Some(arrived) {
                break Some(piece);
            }
            if collected.len() <= MAX_OBJECT {
                collected.extend_from_slice(&piece);
            }
            let _ = send.send(Ok(piece));
        };
        let last = last.unwrap_or_default();
        collected.extend_from_slice(&last);
        self.store(ending, collected.freeze(), build);
        let _ = send.send(Ok(last));
    }

    fn store(
        self,
        ending: Ending,
        body: Bytes,
        build: impl FnOnce(StoredResponse) -> Option<Object>,
    ) {
        let is_too_large = body.len() > MAX_OBJECT;
        let mut fetched = self.fetched(body, true);
        fetched.is_broken = is_too_large;
        if !is_too_large {
            fetched.object = build(fetched.response.clone()).map(Arc::new);
        }
        ending.end(fetched);
    }
}
