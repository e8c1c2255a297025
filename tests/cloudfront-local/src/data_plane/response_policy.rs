//! Response headers policies: what is removed from, set in and told to browsers by every answer.
//!
//! <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/understanding-response-headers-policies.html>

use http::header::{DATE, ORIGIN, SERVER};
use http::{HeaderMap, HeaderName, HeaderValue, Method};

use super::Visit;
use crate::model::CorsConfig;

/// What `ALL` stands for.
const ALL_METHODS: &str = "GET, DELETE, HEAD, OPTIONS, PATCH, POST, PUT";

/// Applies the behavior's policy: first it removes, then it adds.
pub(super) fn apply(visit: &Visit, headers: &mut HeaderMap) {
    let Some(policy) = &visit.behavior().response_headers else {
        return;
    };
    for name in &policy.remove {
        headers.remove(name);
        if *name == SERVER {
            headers.insert(SERVER, HeaderValue::from_static("CloudFront"));
        }
        if *name == DATE
            && let Ok(now) = HeaderValue::from_str(&visit.site.clock.now().http_date())
        {
            headers.insert(DATE, now);
        }
    }
    if let Some(cors) = &policy.cors {
        apply_cors(visit, cors, headers);
    }
    for (name, value, overrides) in &policy.set {
        put(headers, name.clone(), value.clone(), *overrides);
    }
}

fn put(headers: &mut HeaderMap, name: HeaderName, value: HeaderValue, overrides: bool) {
    if overrides || !headers.contains_key(&name) {
        headers.insert(name, value);
    }
}

fn apply_cors(visit: &Visit, cors: &CorsConfig, headers: &mut HeaderMap) {
    let Some(origin) = visit.request.header(ORIGIN.as_str()) else {
        return;
    };
    let Some(allowed) = allowed_origin(cors, &origin) else {
        return;
    };
    let is_cors = |name: &HeaderName| name.as_str().starts_with("access-control-");
    if !cors.overrides && headers.keys().any(is_cors) {
        // One header of the origin keeps out all of the policy: "Origin override" of the page above.
        return;
    }
    let mut told = vec![("access-control-allow-origin", allowed.to_owned())];
    if cors.allow_credentials {
        told.push(("access-control-allow-credentials", "true".to_owned()));
    }
    if !cors.expose_headers.is_empty() {
        told.push((
            "access-control-expose-headers",
            cors.expose_headers.join(", "),
        ));
    }
    let is_preflight = visit.request.method == Method::OPTIONS
        && visit
            .request
            .headers
            .contains_key("access-control-request-method");
    if is_preflight {
        let methods = if cors.allow_methods.iter().any(|method| method == "ALL") {
            ALL_METHODS.to_owned()
        } else {
            cors.allow_methods.join(", ")
        };
        if !methods.is_empty() {
            told.push(("access-control-allow-methods", methods));
        }
        if !cors.allow_headers.is_empty() {
            let names = cors.allow_headers.join(", ");
            told.push(("access-control-allow-headers", names));
        }
        if let Some(seconds) = cors.max_age {
            told.push(("access-control-max-age", seconds.to_string()));
        }
    }
    for (name, text) in told {
        if let Ok(value) = HeaderValue::from_str(&text) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
}

/// `*`, or the origin itself where the policy names it.
fn allowed_origin<'a>(cors: &CorsConfig, origin: &'a str) -> Option<&'a str> {
    let host = |text: &'a str| text.split_once("://").map_or(text, |(_, host)| host);
    let names = |pattern: &String| match pattern.split_once('*') {
        None => pattern.eq_ignore_ascii_case(origin),
        Some((scheme, domain)) => {
            let is_scheme = scheme.is_empty() || origin.starts_with(scheme);
            is_scheme && !domain.is_empty() && host(origin).ends_with(domain)
        }
    };
    if cors.allow_origins.iter().any(|pattern| pattern == "*") {
        return Some("*");
    }
    cors.allow_origins.iter().any(names).then_some(origin)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_allowed_by_name_or_by_the_leftmost_part_of_a_domain() {
        let cases = [
            ("*", "https://a.example.com", Some("*")),
            (
                "https://a.example.com",
                "https://a.example.com",
                Some("https://a.example.com"),
            ),
            ("https://a.example.com", "https://b.example.com", None),
            (
                "https://*.example.com",
                "https://b.example.com",
                Some("https://b.example.com"),
            ),
            ("https://*.example.com", "http://b.example.com", None),
            (
                "*.example.com",
                "http://b.example.com",
                Some("http://b.example.com"),
            ),
            ("*.example.com", "https://example.org", None),
        ];
        for (pattern, origin, expected) in cases {
            let cors = CorsConfig {
                allow_origins: vec![pattern.to_owned()],
                ..CorsConfig::default()
            };
            assert_eq!(
                allowed_origin(&cors, origin),
                expected,
                "{pattern}: {origin}"
            );
        }
    }
}
