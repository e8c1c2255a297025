//! CloudFront path patterns: `*` stands for any run of characters, `?` for one; letter case counts.

use std::borrow::Cow;

/// A path pattern of a cache behavior, matched against the normalised path without its query.
///
/// <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/DownloadDistValuesCacheBehavior.html>
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathPattern(String);

impl PathPattern {
    /// A pattern as written in the distribution; the leading slash is optional there.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(text.strip_prefix('/').unwrap_or(text).to_owned())
    }

    /// The pattern of the default behavior.
    #[must_use]
    pub fn any() -> Self {
        Self::new("*")
    }

    /// The pattern with its leading slash, as people write it.
    #[must_use]
    pub fn as_written(&self) -> String {
        if self.0.starts_with('*') {
            self.0.clone()
        } else {
            format!("/{}", self.0)
        }
    }

    /// Whether `path` (with its leading slash) falls under this pattern.
    #[must_use]
    pub fn matches(&self, path: &str) -> bool {
        let path = path.strip_prefix('/').unwrap_or(path);
        matches_glob(self.0.as_bytes(), path.as_bytes())
    }
}

/// A path in the form in which patterns are matched: unreserved characters are decoded, repeated slashes are one, dot
/// segments are resolved (RFC 3986, section 6.2.2). The origin is sent the path as the viewer wrote it.
///
/// <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/DownloadDistValuesCacheBehavior.html>
pub(crate) fn normalised(path: &str) -> Cow<'_, str> {
    if !["%", "//", "/."].iter().any(|sign| path.contains(sign)) {
        return Cow::Borrowed(path);
    }
    let decoded = decode_unreserved(path);
    let mut kept: Vec<&str> = Vec::new();
    for segment in decoded.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                kept.pop();
            }
            name => kept.push(name),
        }
    }
    let is_folder = ["/", "/.", "/.."].iter().any(|end| decoded.ends_with(end));
    let end = if is_folder && !kept.is_empty() {
        "/"
    } else {
        ""
    };
    Cow::Owned(format!("/{}{end}", kept.join("/")))
}

fn decode_unreserved(path: &str) -> String {
    let mut decoded = String::with_capacity(path.len());
    let mut rest = path;
    while let Some(at) = rest.find('%') {
        decoded.push_str(&rest[..at]);
        let code = rest.get(at + 1..at + 3);
        match code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            Some(byte) if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => {
                decoded.push(char::from(byte));
                rest = &rest[at + 3..];
            }
            Some(_) => {
                decoded.push_str(&rest[at..at + 3].to_ascii_uppercase());
                rest = &rest[at + 3..];
            }
            None => {
                decoded.push('%');
                rest = &rest[at + 1..];
            }
        }
    }
    decoded + rest
}

/// Linear in time for any pattern: on a mismatch only the last `*` is widened.
pub(crate) fn matches_glob(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(&c) if c == b'?' || c == text[t] => {
                p += 1;
                t += 1;
            }
            _ => {
                let Some((star_p, star_t)) = star else {
                    return false;
                };
                star = Some((star_p, star_t + 1));
                p = star_p + 1;
                t = star_t + 1;
            }
        }
    }
    pattern[p..].iter().all(|&c| c == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_documented() {
        let cases = [
            ("/api/*", "/api/cost", true),
            ("/api/*", "/api/", true),
            ("/api/*", "/api", false),
            ("api/*", "/api/cost", true),
            ("/api/cost*", "/api/cost/summary", true),
            ("/api/cost*", "/api/Cost", false),
            ("/a?c", "/abc", true),
            ("/a?c", "/ac", false),
            ("*.jpg", "/a/b.jpg", true),
            ("*", "/", true),
            ("/a*b*c", "/axxbyyc", true),
            ("/a*b*c", "/axxbyy", false),
            ("/", "/", true),
        ];
        for (pattern, path, expected) in cases {
            let matched = PathPattern::new(pattern).matches(path);
            assert_eq!(matched, expected, "{pattern} against {path}");
        }
    }

    #[test]
    fn paths_are_normalised_before_they_are_matched() {
        let cases = [
            ("/a/b", "/a/b"),
            ("/a/../admin/x", "/admin/x"),
            ("//admin//x", "/admin/x"),
            ("/%61dmin/x", "/admin/x"),
            ("/a/%2e%2E/admin/x", "/admin/x"),
            ("/a/./b/..", "/a/"),
            ("/../../a", "/a"),
            ("/a%2fb%20c", "/a%2Fb%20c"),
            ("/a%zz%", "/a%zz%"),
            ("/..", "/"),
            ("/a/", "/a/"),
        ];
        for (path, expected) in cases {
            assert_eq!(normalised(path), expected, "{path}");
        }
    }
}
