//! CloudFront path patterns: `*` stands for any run of characters, `?` for one; letter case counts.

/// A path pattern of a cache behavior, matched against the path without its query.
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

/// Linear in time for any pattern: on a mismatch only the last `*` is widened.
fn matches_glob(pattern: &[u8], text: &[u8]) -> bool {
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
}
