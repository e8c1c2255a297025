//! The cache key: what makes two requests the same to a cache.

use http::Method;
use serde::Serialize;

use super::policy::{CachePolicy, Selection};
use super::request::ViewerRequest;

/// A cache key, composed by the behavior's cache policy.
///
/// <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/understanding-the-cache-key.html>
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CacheKey {
    /// The distribution, or the distribution tenant.
    pub distribution: String,
    /// GET and HEAD share a key, OPTIONS has its own.
    pub options: bool,
    /// Path as sent.
    pub path: String,
    /// The parameters in the key, in the order in which they were sent: another order is another key.
    pub query: Option<String>,
    /// Header names and values in the key.
    pub headers: Vec<(String, String)>,
    /// Cookies in the key, by name.
    pub cookies: Vec<(String, String)>,
    /// The normalised `Accept-Encoding`, where the policy enables an encoding.
    pub encoding: Option<&'static str>,
    /// The `Range` that was asked for, where the copy is that part and not the whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub range: Option<String>,
}

/// Cookies that carry a signature are no part of any key.
/// <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-signed-cookies.html>
pub(crate) const SIGNED_COOKIES: [&str; 5] = [
    "CloudFront-Expires",
    "CloudFront-Hash-Algorithm",
    "CloudFront-Key-Pair-Id",
    "CloudFront-Policy",
    "CloudFront-Signature",
];

impl CacheKey {
    /// Composes the key of a request under a policy.
    #[must_use]
    pub fn compose(distribution: &str, policy: &CachePolicy, request: &ViewerRequest) -> Self {
        let headers = policy
            .headers
            .iter()
            .filter_map(|name| Some((name.clone(), request.header(name)?)))
            .collect();
        let mut cookies: Vec<(String, String)> = request
            .cookies()
            .filter(|(name, _)| policy.cookies.takes(name) && !SIGNED_COOKIES.contains(name))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        cookies.sort();
        Self {
            distribution: distribution.to_owned(),
            options: request.method == Method::OPTIONS,
            path: request.path.clone(),
            query: filter_query(request.query.as_deref(), &policy.queries),
            headers,
            cookies,
            encoding: normalise_encoding(policy, request),
            range: None,
        }
    }

    /// The key of a part of the object.
    #[must_use]
    pub fn part(&self, range: &str) -> Self {
        Self {
            range: Some(range.to_owned()),
            ..self.clone()
        }
    }

    /// The key of the whole object.
    #[must_use]
    pub fn whole(&self) -> Self {
        Self {
            range: None,
            ..self.clone()
        }
    }

    /// Path and query as an invalidation path sees them.
    #[must_use]
    pub fn target(&self) -> String {
        match &self.query {
            Some(query) => format!("{}?{query}", self.path),
            None => self.path.clone(),
        }
    }

    /// Rough size in memory, for the bound on a cache.
    #[must_use]
    pub fn weight(&self) -> usize {
        let pairs = self.headers.iter().chain(&self.cookies);
        self.path.len()
            + self.query.as_ref().map_or(0, String::len)
            + pairs
                .map(|(name, value)| name.len() + value.len())
                .sum::<usize>()
    }
}

/// Keeps the selected parameters in their order; only `&` separates parameters.
pub(crate) fn filter_query(query: Option<&str>, selection: &Selection) -> Option<String> {
    let query = query?;
    let kept: Vec<&str> = match selection {
        Selection::All => vec![query],
        _ => query
            .split('&')
            .filter(|part| selection.takes(part.split('=').next().unwrap_or_default()))
            .collect(),
    };
    (!kept.is_empty()).then(|| kept.join("&"))
}

/// `br,gzip`, `gzip`, `br` or nothing, whatever else the viewer wrote.
///
/// <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/controlling-the-cache-key.html>
fn normalise_encoding(policy: &CachePolicy, request: &ViewerRequest) -> Option<&'static str> {
    let accepted = request.header("accept-encoding").unwrap_or_default();
    let accepts = |wanted: &str| {
        accepted.split(',').any(|part| {
            let mut words = part.split(';').map(str::trim);
            let name = words.next().unwrap_or_default();
            let refused = words.any(|word| {
                word.strip_prefix("q=")
                    .and_then(|q| q.parse::<f32>().ok())
                    .is_some_and(|q| q <= 0.0)
            });
            name.eq_ignore_ascii_case(wanted) && !refused
        })
    };
    match (
        policy.brotli && accepts("br"),
        policy.gzip && accepts("gzip"),
    ) {
        (true, true) => Some("br,gzip"),
        (true, false) => Some("br"),
        (false, true) => Some("gzip"),
        (false, false) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn policy() -> CachePolicy {
        CachePolicy {
            headers: vec!["x-organization-id".to_owned()],
            queries: Selection::Only(vec!["organization".to_owned(), "window".to_owned()]),
            gzip: true,
            brotli: true,
            ..CachePolicy::default()
        }
    }

    fn key(target: &str, headers: &[(&'static str, &'static str)]) -> CacheKey {
        let mut request = ViewerRequest::get(target);
        for (name, value) in headers {
            request
                .headers
                .append(*name, HeaderValue::from_static(value));
        }
        CacheKey::compose("E1", &policy(), &request)
    }

    #[test]
    fn parameters_outside_the_policy_do_not_split_the_cache() {
        assert_eq!(
            key("/a?organization=x&utm=1", &[]),
            key("/a?organization=x", &[])
        );
        assert_eq!(key("/a?utm=1", &[]), key("/a", &[]));
    }

    #[test]
    fn order_and_letter_case_of_parameters_count() {
        assert_ne!(
            key("/a?organization=x&window=1", &[]),
            key("/a?window=1&organization=x", &[])
        );
        assert_ne!(key("/a?organization=x", &[]), key("/a?Organization=x", &[]));
    }

    #[test]
    fn listed_headers_count_and_others_do_not() {
        assert_ne!(
            key("/a", &[("x-organization-id", "a")]),
            key("/a", &[("x-organization-id", "b")])
        );
        assert_eq!(key("/a", &[("authorization", "t")]), key("/a", &[]));
    }

    #[test]
    fn encodings_fall_into_four_buckets() {
        let cases = [
            ("gzip, deflate, br, zstd", Some("br,gzip")),
            ("gzip", Some("gzip")),
            ("br;q=0.5, gzip;q=0", Some("br")),
            ("identity", None),
        ];
        for (sent, expected) in cases {
            assert_eq!(key("/a", &[("accept-encoding", sent)]).encoding, expected);
        }
    }
}
