/**
 * Which paths everybody reads alike. CloudFront chooses the cache behaviour by the path with dot segments and doubled
 * slashes resolved ("Path pattern" in the Developer Guide's page on cache behaviour settings), and hands functions and
 * the origin the path as it came; origins decode it further, each in its own way. A path that falls under other
 * patterns for one of them than for another would be authorised, keyed or tagged as something that it is not.
 */
import { matchesPath } from "./path-pattern.ts";
import { decodings } from "./percent-encoding.ts";

/** No client sends these in a path: URL parsers resolve them (WHATWG URL, "path state"). */
const DETOUR = /\/\.{1,2}(?:\/|$)/;

/** Whether `path` is one path to everybody, as far as `patterns` tell paths apart. */
export function isPlainPath(path: string, patterns: readonly string[]): boolean {
  if (/\/\/|\\/.test(path)) return false;
  const under = (one: string) => patterns.filter((pattern) => matchesPath(pattern, one)).join("\n");
  const asSent = under(path);
  return readings(path).every(
    (reading) =>
      !/[\p{Cc}\uFFFD]/u.test(reading) && !DETOUR.test(reading) && under(merged(reading)) === asSent,
  );
}

/**
 * What origins may take a path for: decoded, ended by an encoded `?` or `#`, with backslashes for slashes (IIS),
 * without `;parameters` (servlet containers), in the compatibility forms of its letters.
 */
function readings(path: string): string[] {
  const whole = decodings(path).map((layer) => layer.normalize("NFKC").replaceAll("\\", "/"));
  const ended = whole.map((layer) => layer.replace(/[?#].*/s, ""));
  const bare = [...whole, ...ended].map((layer) => layer.replace(/;[^/]*/g, ""));
  return [...new Set([...whole, ...ended, ...bare])];
}

function merged(path: string): string {
  return path.replace(/\/{2,}/g, "/");
}
