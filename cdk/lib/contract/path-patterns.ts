/**
 * What two CloudFront path patterns have in common. Matching a path is the edge functions' own code.
 */
export { matchesPath } from "../edge/runtime/path-pattern.ts";

/** The path of an endpoint, without its query, for some tenant. */
export function pathOf(endpoint: string): string {
  return (endpoint.split("?")[0] as string).replaceAll("{tenant}", "tenant");
}

/** The query names of an endpoint, as written. */
export function queryNamesOf(endpoint: string): string[] {
  const query = endpoint.split("?").slice(1).join("?");
  return query === "" ? [] : query.split("&").map((pair) => pair.split("=")[0] as string);
}

/** Whether some path is matched by both patterns. */
export function overlap(left: string, right: string): boolean {
  const seen = new Map<string, boolean>();
  const meet = (l: number, r: number): boolean => {
    const key = `${l},${r}`;
    const known = seen.get(key);
    if (known !== undefined) return known;
    seen.set(key, false);
    const found = step(l, r);
    seen.set(key, found);
    return found;
  };
  const step = (l: number, r: number): boolean => {
    if (l === left.length && r === right.length) return true;
    if (left[l] === "*") return meet(l + 1, r) || (r < right.length && meet(l, r + 1));
    if (right[r] === "*") return meet(l, r + 1) || (l < left.length && meet(l + 1, r));
    if (l === left.length || r === right.length) return false;
    return (left[l] === right[r] || left[l] === "?" || right[r] === "?") && meet(l + 1, r + 1);
  };
  return meet(0, 0);
}
