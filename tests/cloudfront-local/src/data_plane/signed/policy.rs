//! Policy statements: which URLs, from when, until when and for which addresses.
//!
//! <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-creating-signed-url-custom-policy.html>

use std::net::IpAddr;

use serde_json::Value;

use crate::model::matches_glob;

/// The statement that a canned policy stands for.
pub(super) fn canned(url: &str, expires: &str) -> String {
    format!(
        "{{\"Statement\":[{{\"Resource\":\"{url}\",\"Condition\":{{\"DateLessThan\":{{\"AWS:EpochTime\":{expires}}}}}}}]}}"
    )
}

/// Whether a custom policy grants a request for one of these URLs. `now` is in seconds since the Unix epoch.
pub(super) fn grants(text: &[u8], urls: &[String], client: IpAddr, now: u64) -> bool {
    let Ok(policy) = serde_json::from_slice::<Value>(text) else {
        return false;
    };
    let statement = match &policy["Statement"] {
        Value::Array(statements) if statements.len() == 1 => &statements[0],
        one @ Value::Object(_) => one,
        _ => return false,
    };
    let condition = &statement["Condition"];
    let time = |name: &str| condition[name]["AWS:EpochTime"].as_u64();
    let is_current = time("DateLessThan").is_some_and(|end| now < end)
        && time("DateGreaterThan").is_none_or(|start| now > start);
    let range = condition["IpAddress"]["AWS:SourceIp"].as_str();
    let is_from = range.is_none_or(|range| contains(range, client));
    let resource = statement["Resource"].as_str();
    let is_for = resource.is_none_or(|resource| urls.iter().any(|url| names(resource, url)));
    is_current && is_from && is_for
}

/// Whether a resource names a URL. Wildcards do not reach beyond protocol, domain, path or query, but one at the end of
/// the domain or the path.
fn names(resource: &str, url: &str) -> bool {
    if resource == "*" {
        return true;
    }
    let (Some(wanted), Some(found)) = (Parts::of(resource), Parts::of(url)) else {
        return false;
    };
    let is = |pattern: &str, text: &str| matches_glob(pattern.as_bytes(), text.as_bytes());
    if !is(wanted.protocol, found.protocol) || !is(wanted.domain, found.domain) {
        return false;
    }
    if wanted.path.is_none() && wanted.domain.ends_with('*') {
        return true;
    }
    let path = wanted.path.unwrap_or_default();
    let query = match wanted.query {
        None if path.ends_with('*') => "*",
        query => query.unwrap_or_default(),
    };
    is(path, found.path.unwrap_or_default()) && is(query, found.query.unwrap_or_default())
}

/// A URL, or a pattern of one, in its four sections.
struct Parts<'a> {
    protocol: &'a str,
    domain: &'a str,
    path: Option<&'a str>,
    query: Option<&'a str>,
}

impl<'a> Parts<'a> {
    fn of(text: &'a str) -> Option<Self> {
        let (protocol, rest) = match text.split_once("://") {
            Some(parts) => parts,
            None if text.starts_with('*') => ("*", text),
            None => return None,
        };
        // In a pattern the mark that begins the query is escaped; many write it plain, and no path holds it.
        let (address, query) = match rest.split_once("\\?").or_else(|| rest.split_once('?')) {
            Some((address, query)) => (address, Some(query)),
            None => (rest, None),
        };
        let (domain, path) = match address.split_once('/') {
            Some((domain, path)) => (domain, Some(path)),
            None => (address, None),
        };
        Some(Self {
            protocol,
            domain,
            path,
            query,
        })
    }
}

/// Whether an address lies in a range such as `192.0.2.0/24`, or is the one that is named.
fn contains(range: &str, client: IpAddr) -> bool {
    let (network, length) = range.split_once('/').unwrap_or((range, ""));
    let Ok(network) = network.parse::<IpAddr>() else {
        return false;
    };
    let bits = |address: IpAddr| match address {
        IpAddr::V4(address) => (u128::from(address.to_bits()), 32),
        IpAddr::V6(address) => (address.to_bits(), 128),
    };
    let ((network, width), (client, of)) = (bits(network), bits(client.to_canonical()));
    let length = if length.is_empty() {
        Some(width)
    } else {
        length.parse::<u32>().ok()
    };
    width == of
        && length.is_some_and(|length| {
            let tail = width.saturating_sub(length);
            length == 0 || network >> tail == client >> tail
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resources_name_urls_section_by_section() {
        let cases = [
            ("*", "https://a.example.com/x?y", true),
            ("https://a.example.com/x", "https://a.example.com/x", true),
            ("https://a.example.com/x", "http://a.example.com/x", false),
            ("*://a.example.com/x", "http://a.example.com/x", true),
            (
                "https://a.example.com/hello*world",
                "https://a.example.com/hello-world",
                true,
            ),
            (
                "https://a.example.com/hello*world",
                "https://a.example.com/hello?world",
                false,
            ),
            (
                "https://a.example.com/t/*",
                "https://a.example.com/t/a?b=1",
                true,
            ),
            (
                "https://a.example.com/t/a",
                "https://a.example.com/t/a?b=1",
                false,
            ),
            (
                "https://a.example.com/t\\?b=*",
                "https://a.example.com/t?b=1",
                true,
            ),
            (
                "https://a.example.com/t?b=1",
                "https://a.example.com/t?b=1",
                true,
            ),
            ("http*://*", "https://a.example.com/t?b=1", true),
            ("a.example.com/x", "https://a.example.com/x", false),
        ];
        for (resource, url, expected) in cases {
            assert_eq!(names(resource, url), expected, "{resource}: {url}");
        }
    }

    #[test]
    fn addresses_lie_in_ranges() {
        let client: IpAddr = "192.0.2.10".parse().unwrap();
        let cases = [
            ("192.0.2.10", true),
            ("192.0.2.10/32", true),
            ("192.0.2.0/24", true),
            ("192.0.3.0/24", false),
            ("0.0.0.0/0", true),
            ("2001:db8::/32", false),
            ("nowhere", false),
        ];
        for (range, expected) in cases {
            assert_eq!(contains(range, client), expected, "{range}");
        }
    }

    #[test]
    fn a_policy_without_an_end_grants_nothing() {
        let url = ["https://a/x".to_owned()];
        let client: IpAddr = "127.0.0.1".parse().unwrap();
        let grants = |condition: &str| {
            let text =
                format!("{{\"Statement\":[{{\"Resource\":\"*\",\"Condition\":{condition}}}]}}");
            grants(text.as_bytes(), &url, client, 100)
        };
        assert!(grants(r#"{"DateLessThan":{"AWS:EpochTime":101}}"#));
        assert!(!grants(r#"{"DateLessThan":{"AWS:EpochTime":100}}"#));
        assert!(!grants(r#"{"DateGreaterThan":{"AWS:EpochTime":1}}"#));
        let later =
            r#"{"DateLessThan":{"AWS:EpochTime":200},"DateGreaterThan":{"AWS:EpochTime":150}}"#;
        assert!(!grants(later));
    }
}
