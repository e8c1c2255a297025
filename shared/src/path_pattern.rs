//! CloudFront path patterns, as in cache behaviours: `*` is any run of characters, `?` exactly
//! one; case-sensitive; matched against the path without the query string
//! (CloudFront Developer Guide, "Path pattern").

/// Whether `pattern` matches the whole of `path`. A leading `/` is optional in a pattern.
#[must_use]
pub fn matches(pattern: &str, path: &str) -> bool {
    let pattern = pattern.strip_prefix('/').unwrap_or(pattern).as_bytes();
    let path = path.strip_prefix('/').unwrap_or(path).as_bytes();
    // Greedy with one step back: a later `*` makes an earlier one's choice irrelevant.
    let (mut p, mut t) = (0, 0);
    let mut back: Option<(usize, usize)> = None;
    while t < path.len() {
        match pattern.get(p) {
            Some(b'*') => {
                back = Some((p + 1, t));
                p += 1;
            }
            Some(&byte) if byte == b'?' || byte == path[t] => {
                p += 1;
                t += 1;
            }
            _ => match back {
                Some((after_star, taken)) => {
                    p = after_star;
                    t = taken + 1;
                    back = Some((after_star, t));
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|&byte| byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn follows_the_rules_of_cache_behaviours() {
        for (pattern, path, expected) in [
            ("/api/cost*", "/api/cost", true),
            ("/api/cost*", "/api/cost/summary", true),
            ("/api/cost*", "/api/costs", true),
            ("/api/cost*", "/api/Cost", false),
            ("api/*", "/api/x", true),
            ("*", "/anything/at/all", true),
            ("/a?c", "/abc", true),
            ("/a?c", "/ac", false),
            ("/*/b", "/x/y/b", true),
            ("/*/b", "/x/y/bc", false),
            ("/*.js", "/a.js.map", false),
            ("/a*b*c", "/axxbyybzc", true),
            ("", "/", true),
        ] {
            assert_eq!(matches(pattern, path), expected, "{pattern} against {path}");
        }
    }
}
