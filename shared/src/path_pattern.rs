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

/// Whether some path is matched by both patterns.
#[must_use]
pub fn overlap(left: &str, right: &str) -> bool {
    let (left, right) = (bytes(left), bytes(right));
    // `meet[l][r]`: the rest of `left` from `l` and of `right` from `r` have a path in common.
    let mut meet = vec![vec![false; right.len() + 1]; left.len() + 1];
    for l in (0..=left.len()).rev() {
        for r in (0..=right.len()).rev() {
            meet[l][r] = match (left.get(l), right.get(r)) {
                (None, None) => true,
                (Some(b'*'), _) if meet[l + 1][r] || r < right.len() && meet[l][r + 1] => true,
                (_, Some(b'*')) if meet[l][r + 1] || l < left.len() && meet[l + 1][r] => true,
                (Some(&a), Some(&b)) => {
                    (a == b || a == b'?' || b == b'?')
                        && a != b'*'
                        && b != b'*'
                        && meet[l + 1][r + 1]
                }
                _ => false,
            };
        }
    }
    meet[0][0]
}

/// Whether `wide` matches every path that `narrow` does. Of patterns that need more than one `*` to
/// show it, some that do are not seen.
#[must_use]
pub fn covers(wide: &str, narrow: &str) -> bool {
    let (wide, narrow) = (bytes(wide), bytes(narrow));
    // `holds[w][n]`: the rest of `wide` from `w` takes whatever the rest of `narrow` from `n` can be.
    let mut holds = vec![vec![false; narrow.len() + 1]; wide.len() + 1];
    for w in (0..=wide.len()).rev() {
        for n in (0..=narrow.len()).rev() {
            holds[w][n] = match (wide.get(w), narrow.get(n)) {
                (None, None) => true,
                (Some(b'*'), _) => holds[w + 1][n] || n < narrow.len() && holds[w][n + 1],
                (Some(b'?'), Some(&b)) => b != b'*' && holds[w + 1][n + 1],
                (Some(&a), Some(&b)) => a == b && holds[w + 1][n + 1],
                _ => false,
            };
        }
    }
    holds[0][0]
}

/// A pattern without the `/` that may be left out at its beginning.
fn bytes(pattern: &str) -> &[u8] {
    pattern.strip_prefix('/').unwrap_or(pattern).as_bytes()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn overlapping_patterns_have_a_path_in_common() {
        for (left, right, expected) in [
            ("/api/*", "/api/cost*", true),
            ("/api/*", "/app/*", false),
            ("/a?c", "/ab*", true),
            ("/*/b", "/a/*", true),
            ("/api/cost", "/api/cost/*", false),
            ("*", "/x", true),
        ] {
            assert_eq!(overlap(left, right), expected, "{left} and {right}");
            assert_eq!(overlap(right, left), expected, "{right} and {left}");
        }
    }

    #[test]
    fn a_wide_pattern_covers_a_narrow_one() {
        for (wide, narrow, expected) in [
            ("/api/*", "/api/cost*", true),
            ("/api/*", "/api/*", true),
            ("/api/cost*", "/api/*", false),
            ("/a?c", "/abc", true),
            ("/a?c", "/a*c", false),
            ("/*", "/a?c", true),
            ("*", "/*.js", true),
        ] {
            assert_eq!(covers(wide, narrow), expected, "{wide} over {narrow}");
        }
    }

    proptest! {
        #[test]
        fn what_matches_tells_of_overlap_and_cover(
            one in "/[ab*?]{0,6}", two in "/[ab*?]{0,6}", path in "/[ab]{0,6}",
        ) {
            let (first, second) = (matches(&one, &path), matches(&two, &path));
            prop_assert!(!(first && second) || overlap(&one, &two));
            prop_assert!(!(covers(&one, &two) && second) || first);
        }
    }

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
