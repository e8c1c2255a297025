/**
 * CloudFront path patterns: `*` is any run of characters, `?` exactly one; case-sensitive; matched against the path
 * without the query string. The Rust crate has the same rules.
 */

/**
 * Whether `pattern` matches the whole of `path`. A leading `/` is optional in a pattern.
 *
 * Greedy with one step back instead of a regular expression: paths come from strangers, and several `*` in an
 * expression would let a long path cost quadratic time and more.
 */
export function matchesPath(pattern: string, path: string): boolean {
  const wanted = pattern.replace(/^\//, "");
  const given = path.replace(/^\//, "");
  let w = 0;
  let g = 0;
  let afterStar = -1;
  let taken = 0;
  while (g < given.length) {
    if (wanted[w] === "*") {
      w += 1;
      afterStar = w;
      taken = g;
    } else if (wanted[w] === "?" || wanted[w] === given[g]) {
      w += 1;
      g += 1;
    } else if (afterStar >= 0) {
      taken += 1;
      w = afterStar;
      g = taken;
    } else {
      return false;
    }
  }
  return /^\**$/.test(wanted.slice(w));
}
