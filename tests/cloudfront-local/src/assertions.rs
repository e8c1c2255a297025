//! What a test asks of a running stand-in: hits, misses, purges.

use http::{HeaderMap, Request, Uri};
use http_body_util::{BodyExt, Empty};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::CloudFrontLocal;
use crate::model::{Batch, InvalidationStatus, Refusal, Target};

/// What a viewer is answered.
#[derive(Clone, Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Headers.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: bytes::Bytes,
}

impl Answer {
    /// First word of `X-Cache`: `Hit`, `Miss`, …
    #[must_use]
    pub fn cache(&self) -> &str {
        let value = self.headers.get("x-cache");
        let text = value.and_then(|value| value.to_str().ok());
        text.and_then(|text| text.split(' ').next())
            .unwrap_or_default()
    }
}

/// Why a viewer got no answer.
#[derive(Debug, thiserror::Error)]
#[error("the stand-in does not answer: {0}")]
pub struct NoAnswer(String);

impl CloudFrontLocal {
    /// Asks the first distribution as a viewer does.
    ///
    /// # Errors
    /// If the connection breaks, as scripted faults make it.
    pub async fn get(&self, target: &str, headers: &HeaderMap) -> Result<Answer, NoAnswer> {
        let told = |error: &dyn std::fmt::Display| NoAnswer(error.to_string());
        let url = format!("{}{target}", self.ready().distributions[0].url);
        let uri: Uri = url.parse().map_err(|error| told(&error))?;
        let authority = uri.authority().map_or("", |authority| authority.as_str());
        let stream = TcpStream::connect(authority).await.map_err(|e| told(&e))?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|error| told(&error))?;
        let driver = tokio::spawn(connection);
        let mut request = Request::get(target)
            .header("host", authority)
            .body(Empty::<bytes::Bytes>::new())
            .map_err(|error| told(&error))?;
        for (name, value) in headers {
            request.headers_mut().insert(name, value.clone());
        }
        let response = sender.send_request(request).await.map_err(|e| told(&e))?;
        let (head, body) = response.into_parts();
        let body = body
            .collect()
            .await
            .map_err(|error| told(&error))?
            .to_bytes();
        driver.abort();
        Ok(Answer {
            status: head.status.as_u16(),
            headers: head.headers,
            body,
        })
    }

    /// Panics unless the answer comes out of the cache.
    pub async fn assert_hit(&self, target: &str) -> Answer {
        self.assert_cache("Hit", target).await
    }

    /// Panics unless the answer comes from the origin.
    pub async fn assert_miss(&self, target: &str) -> Answer {
        self.assert_cache("Miss", target).await
    }

    async fn assert_cache(&self, expected: &str, target: &str) -> Answer {
        let answer = self
            .get(target, &HeaderMap::new())
            .await
            .expect("a stand-in without scripted faults answers");
        let (cache, status) = (answer.cache(), answer.status);
        assert_eq!(
            cache, expected,
            "{target} was answered with status {status}"
        );
        answer
    }

    /// Invalidates paths and `#tags` of the first distribution, and waits until CloudFront says that it is done.
    ///
    /// # Errors
    /// If CloudFront would refuse the batch.
    pub async fn purge(&self, items: &[&str]) -> Result<(), Refusal> {
        let target = Target::Distribution(self.ready().distributions[0].id.clone());
        let site = self.site();
        let id = {
            let mut state = site.state();
            let batch = Batch {
                caller_reference: state.world.fresh_id('P', 32),
                quantity: items.len(),
                items: items.iter().map(|&item| item.to_owned()).collect(),
            };
            let now = site.clock.now();
            state.world.create_invalidation(&target, batch, now)?.id
        };
        loop {
            let status = {
                let state = site.state();
                let now = site.clock.now();
                state.world.invalidation(&target, &id)?.status(now)
            };
            if status == InvalidationStatus::Completed {
                return Ok(());
            }
            tokio::time::sleep(LOOK).await;
        }
    }
}

/// How often a purge is looked at; its end may be moved by the clock of the control port.
const LOOK: std::time::Duration = std::time::Duration::from_millis(5);
