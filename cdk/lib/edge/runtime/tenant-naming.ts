/**
 * Finds every place in a URL that names a tenant. A parameter counts if any origin could read it as one of the
 * contract's query names: other case, encoding, separators, arrays, nested, or smuggled inside another parameter or the
 * path. What only looks like a name costs nothing as long as its value is the caller's own tenant.
 */
import { decodedLeniently, decodedOnce, decodings } from "./percent-encoding.ts";
import { canonicalTenantId } from "./tenant-id.ts";

/** What a URL says of tenants. */
export interface UrlNaming {
  /** Each tenant that the URL names; null where the value is no tenant id, or may mean all but the one it says. */
  readonly named: readonly (string | null)[];
  /** The query string with the contract's query names and their values spelled canonically. */
  readonly querystring: string;
  /** False where a name has broken percent-encoding or control characters and cannot be judged. */
  readonly readable: boolean;
}

/** Where some parser or other begins a new parameter. */
const SEPARATOR = /[;?&#]/;

/**
 * Where some parser or other divides a name: `a[b]` (qs, Rack, PHP), `a.b` (Spring, ASP.NET, qs), `a:b` (FHIR),
 * `a__b` (Django), and quotes and braces within them.
 */
const DIVIDER = /[[\](){}.:/\\|,'"]|__/;

/** Parts of names by which filters mean other values than the one they are given: `organization[ne]=acme`. */
const OPERATOR =
  /^(?:not?|isnot|neq?|notin|nin|nor|g[et]|l[et]|[gl]te|n?i?like|i?regexp?|matches|i?contains|i?startswith|i?endswith|prefix|suffix|exclude|except|before|after|from|to|min|max|between)$/;

/** The same by their signs: `organization[$ne]`, `organization!=`, Spring's `!organization` for a default. */
const OPERATOR_SIGN = /[$!<>~^*]/;

/** A name up to its bracket, where qs ends it although an `=` stands before: `x=[organization]=beta`. */
const BRACKETED = /^(.*?(?:\]|%5d))=/is;

/** A function that judges URLs by the contract's query names. */
export function urlNaming(queryNames: readonly string[]): (uri: string, querystring: string) => UrlNaming {
  const exact = new Set(queryNames);
  const tenantNamedBy = lookalikes(queryNames);

  /** The same parameter as `raw`, and what it says. */
  function judged(raw: string): { spelled: string; named: (string | null)[]; readable: boolean } {
    const [rawName, rawValue] = cut(raw);
    const name = decodedOnce(rawName);
    if (name === null || /\p{Cc}/u.test(name)) return { spelled: raw, named: [], readable: false };
    if (exact.has(name)) {
      const tenant = canonicalTenantId(decodedOnce(rawValue));
      // One spelling, one cache entry: the key holds these bytes. Names that need encoding stay as sent.
      const spelled = tenant === null ? raw : `${/^[\w.~-]+$/.test(name) ? name : rawName}=${tenant}`;
      return { spelled, named: [tenant], readable: true };
    }
    const pieces = [raw, ...decodings(raw).flatMap((layer) => layer.split(SEPARATOR))];
    return { spelled: raw, named: pieces.flatMap(tenantNamedBy), readable: true };
  }

  return (uri, querystring) => {
    const inPath = decodings(uri).flatMap((layer) => layer.split(SEPARATOR).slice(1));
    const parameters = querystring.split("&").map(judged);
    return {
      named: [...inPath.flatMap(tenantNamedBy), ...parameters.flatMap(({ named }) => named)],
      querystring: parameters.map(({ spelled }) => spelled).join("&"),
      readable: parameters.every(({ readable }) => readable),
    };
  };
}

/** A function from one parameter to the tenant it names, in a list that is empty where it names none. */
function lookalikes(queryNames: readonly string[]): (parameter: string) => (string | null)[] {
  // A name without letters and digits reduces to nothing, which resembles everything.
  const alike = new Set(queryNames.map(reduced).filter((name) => name !== ""));
  const longest = Math.max(0, ...[...alike].map((name) => name.length));

  /** Whether `parts`, some of them in a row, make one of the names: `organization.id`, `filter[organization]`. */
  function hold(parts: readonly string[]): boolean {
    return parts.some((_, begin) => {
      let run = "";
      for (let end = begin; end < parts.length && run.length < longest; end += 1) {
        run += parts[end];
        if (alike.has(run)) return true;
      }
      return false;
    });
  }

  function namedBy(rawName: string, rawValue: string): (string | null)[] {
    const name = decodedLeniently(rawName).normalize("NFKD");
    const parts = name
      .split(DIVIDER)
      .map(reduced)
      .filter((part) => part !== "");
    if (!hold(parts)) return [];
    const isPlain = !OPERATOR_SIGN.test(name) && !parts.some((part) => OPERATOR.test(part));
    return [isPlain ? canonicalTenantId(decodedLeniently(rawValue)) : null];
  }

  return (parameter) => {
    const inBrackets = BRACKETED.exec(parameter);
    return [
      ...namedBy(...cut(parameter)),
      ...(inBrackets ? namedBy(inBrackets[1] as string, parameter.slice(inBrackets[0].length)) : []),
    ];
  };
}

/** Name and value around the first `=`. */
function cut(parameter: string): [name: string, value: string] {
  const at = parameter.indexOf("=");
  return at < 0 ? [parameter, ""] : [parameter.slice(0, at), parameter.slice(at + 1)];
}

/**
 * What is left of a part of a name for an origin that is as lenient as can be: no case, no accents, no compatibility
 * forms (full-width letters, Kelvin sign, dotless i), no separators.
 */
function reduced(part: string): string {
  return part
    .normalize("NFKD")
    .toUpperCase()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, "");
}
