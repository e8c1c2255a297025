//! A viewer's request on its way through: who asks, where, and what is refused at the door.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{ACCEPT_ENCODING, HOST, LOCATION};
use http::{HeaderMap, HeaderValue, Version};

use super::{Answer, Source, own_headers};
use crate::edge_function::EventConfig;
use crate::model::{Behavior, Distribution, Pop, ViewerRequest};
use crate::site::Site;

/// Header by which a test says in which POP it is; the real ones are told by the host name `….FRA56-P4.….net`.
const POP_HEADER: &str = "x-cloudfront-local-pop";
/// <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html>
const MAX_URL: usize = 8192;
const MAX_HEADERS: usize = 20_480;

/// Where viewers come in: one listener.
#[derive(Debug)]
pub(crate) struct Door {
    pub(crate) distribution: Arc<Distribution>,
    /// Counts as HTTPS: TLS ends here, or is taken as ended before.
    pub(crate) is_https: bool,
}

/// One viewer request under way.
#[derive(Clone, Debug)]
pub(crate) struct Visit {
    pub(crate) site: Arc<Site>,
    pub(crate) distribution: Arc<Distribution>,
    /// Whose objects it is about: the distribution, or the tenant of the host name.
    pub(crate) owner: String,
    pub(crate) pop: Pop,
    pub(crate) config: EventConfig,
    /// As it stands after the viewer-request function.
    pub(crate) request: ViewerRequest,
    pub(crate) body: Bytes,
    pub(super) client: SocketAddr,
    pub(super) version: Version,
    pub(super) is_https: bool,
    is_pop_down: bool,
    /// Chosen by the path as the viewer sent it: a function that rewrites the path does not change it.
    behavior: usize,
}

impl Visit {
    pub(super) fn new(
        site: Arc<Site>,
        door: &Door,
        client: SocketAddr,
        head: http::request::Parts,
    ) -> Self {
        let distribution = site.current(&door.distribution);
        let mut headers = head.headers;
        // HTTP/2 has no Host header; what stands behind CloudFront expects one.
        if let Some(authority) = head.uri.authority().filter(|_| !headers.contains_key(HOST))
            && let Ok(host) = HeaderValue::from_str(authority.as_str())
        {
            headers.insert(HOST, host);
        }
        let pop = choose_pop(&mut headers);
        own_headers::remove_claims(&mut headers);
        if head.version == Version::HTTP_10 {
            // Nothing is compressed for it: "Notes about CloudFront compression".
            headers.remove(ACCEPT_ENCODING);
        }
        let mut request = ViewerRequest::get(
            head.uri
                .path_and_query()
                .map_or("/", |target| target.as_str()),
        );
        request.method = head.method;
        request.headers = headers;
        let (request_id, owner, is_pop_down) = {
            let mut state = site.state();
            let host = host_name(&request.headers);
            let tenant = state.world.tenant_of(&distribution.id, host);
            let owner = tenant.map_or(&distribution.id, |tenant| &tenant.id).clone();
            let is_down = state.pops_down.iter().any(|name| name == pop.name);
            (state.world.fresh_id('C', 56), owner, is_down)
        };
        let config = EventConfig {
            domain_name: distribution.domain_name.clone(),
            distribution: distribution.id.clone(),
            request_id,
            client_ip: client.ip().to_string(),
        };
        let behavior = distribution.behavior(&request.path);
        Self {
            site,
            distribution,
            owner,
            pop,
            config,
            request,
            body: Bytes::new(),
            client,
            version: head.version,
            is_https: door.is_https,
            is_pop_down,
            behavior,
        }
    }

    pub(crate) fn behavior(&self) -> &Behavior {
        &self.distribution.behaviors[self.behavior]
    }

    /// Whether answers to this request are cached at all.
    pub(super) fn is_cached(&self) -> bool {
        let behavior = self.behavior();
        behavior.cached_methods.contains(&self.request.method) && behavior.cache.caches()
    }

    /// Chooses the behavior anew, for a request of CloudFront's own.
    pub(super) fn rechoose_behavior(&mut self) {
        self.behavior = self.distribution.behavior(&self.request.path);
    }

    /// The answer to what is refused before any function or cache is asked.
    pub(super) fn refuse(&self) -> Option<Answer> {
        let headers = self.request.headers.iter();
        let header_bytes: usize = headers
            .map(|(name, value)| name.as_str().len() + value.len() + 4)
            .sum();
        if self.version == Version::HTTP_11 && !self.request.headers.contains_key(HOST) {
            return Some(Answer::error(400, "The request has no Host header."));
        }
        if self.is_pop_down {
            return Some(Answer::error(503, "This POP is down."));
        }
        if !self.distribution.enabled {
            return Some(Answer::error(403, "The distribution is disabled."));
        }
        if self.distribution.tenant_only && self.owner == self.distribution.id {
            return Some(Answer::error(
                403,
                "No distribution tenant has this host name.",
            ));
        }
        if self.request.target().len() > MAX_URL {
            return Some(Answer::error(414, "The URL is longer than 8192 bytes."));
        }
        if header_bytes > MAX_HEADERS {
            return Some(Answer::error(
                494,
                "The request headers are larger than 20480 bytes.",
            ));
        }
        if !self
            .behavior()
            .allowed_methods
            .contains(&self.request.method)
        {
            return Some(Answer::error(
                403,
                "The cache behavior does not allow this method.",
            ));
        }
        match self.behavior().viewer_protocol.as_str() {
            "https-only" if !self.is_https => {
                Some(Answer::error(403, "The cache behavior allows HTTPS only."))
            }
            "redirect-to-https" if !self.is_https => Some(self.redirect()),
            _ => None,
        }
    }

    fn redirect(&self) -> Answer {
        let mut answer = Answer::error(301, "Moved permanently.");
        let location = format!(
            "https://{}{}",
            host_name(&self.request.headers),
            self.request.target()
        );
        if let Ok(location) = HeaderValue::from_str(&location) {
            answer.headers.insert(LOCATION, location);
        }
        Answer {
            source: Source::Redirect,
            ..answer
        }
    }
}

pub(super) fn host_name(headers: &HeaderMap) -> &str {
    let host = headers
        .get(HOST)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    host.rsplit_once(':').map_or(host, |(name, _)| name)
}

fn choose_pop(headers: &mut HeaderMap) -> Pop {
    let named = headers.remove(POP_HEADER);
    let by_header = named
        .as_ref()
        .and_then(|value| value.to_str().ok())
        .and_then(Pop::named);
    // The whole name: `a.fra.example.com` is somebody's domain, not a POP.
    let by_host = || {
        let label = host_name(headers).split('.').nth(1)?;
        Pop::named(label).filter(|pop| pop.name.eq_ignore_ascii_case(label))
    };
    by_header.or_else(by_host).unwrap_or_else(Pop::nearest)
}
