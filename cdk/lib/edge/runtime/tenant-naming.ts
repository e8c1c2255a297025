/**
 * Finds every place in a URL that names a tenant. A parameter counts if any origin could read it as one of the
 * contract's query names: other case, encoding, separators, arrays, or smuggled inside another parameter or the path.
 * What only looks like a name costs nothing as long as its value is the caller's own tenant.
 */
import { canonicalTenantId } from "./tenant-id.ts";

/** What a URL says of tenants. */
export interface UrlNaming {
  /** Each tenant that the URL names; null where the value is no tenant id. */
  readonly named: readonly (string | null)[];
  /** The query string with the contract's query names and their values spelled canonically. */
  readonly querystring: string;
  /** False where the URL cannot be judged (broken encoding, control characters). */
  readonly readable: boolean;
}

/** More rounds of percent-encoding than any chain of proxies undoes. */
const MAX_DECODINGS = 5;

/** A function that judges URLs by the contract's query names. */
export function urlNaming(queryNames: readonly string[]): (uri: string, querystring: string) => UrlNaming {
  const exact = new Set(queryNames);
  // A name without a single ASCII letter or digit reduces to nothing, which resembles everything.
  const alike = new Set(queryNames.map(reduced).filter((name) => name !== ""));

  return (uri, querystring) => {
    const named: (string | null)[] = [];
    let readable = true;

    // The parameter is decoded already.
    const noteIfAlike = (parameter: string) => {
      const [name, value] = cut(parameter);
      if (alike.has(reduced(name)) || alike.has(reduced(name.replace(/\[.*/s, "")))) {
        named.push(canonicalTenantId(value));
      }
    };

    const path = decodedFully(uri);
    // A naive proxy that decodes the path would let these end the request line and begin a header.
    if (/\p{Cc}/u.test(path)) readable = false;
    path
      .split(/[;?&#]/)
      .slice(1)
      .forEach(noteIfAlike);

    const parameters = querystring.split("&").map((parameter) => {
      const [rawName, rawValue] = cut(parameter);
      const name = decodedOnce(rawName);
      if (name === null) {
        readable = false;
        return parameter;
      }
      if (exact.has(name)) {
        const value = decodedOnce(rawValue);
        const tenant = value === null ? null : canonicalTenantId(value);
        named.push(tenant);
        // One spelling, one cache entry: the key holds these bytes. Names that need encoding stay as sent.
        return tenant === null ? parameter : `${/^[\w.~-]+$/.test(name) ? name : rawName}=${tenant}`;
      }
      decodedFully(parameter)
        .split(/[;?&#]/)
        .forEach(noteIfAlike);
      return parameter;
    });

    return { named, querystring: parameters.join("&"), readable };
  };
}

/** Name and value around the first `=`. */
function cut(parameter: string): [name: string, value: string] {
  const at = parameter.indexOf("=");
  return at < 0 ? [parameter, ""] : [parameter.slice(0, at), parameter.slice(at + 1)];
}

/**
 * A part without its percent-encoding; null where that is broken or no UTF-8. (A plus sign stays: neither it nor the
 * space that it may stand for occurs in a tenant id.)
 */
function decodedOnce(part: string): string | null {
  try {
    return decodeURIComponent(part);
  } catch {
    return null;
  }
}

/** A part with every layer of percent-encoding undone; broken escapes stay as they are. */
function decodedFully(part: string): string {
  let current = part;
  for (let round = 0; round < MAX_DECODINGS; round += 1) {
    const next = current.replace(/(?:%[0-9a-f]{2})+/gi, (escapes) =>
      Buffer.from(escapes.replaceAll("%", ""), "hex").toString("utf8"),
    );
    if (next === current) break;
    current = next;
  }
  return current;
}

/**
 * What is left of a parameter name for an origin that is as lenient as can be: no case, no accents, no compatibility
 * forms (full-width letters, Kelvin sign, dotless i), no separators.
 */
function reduced(name: string): string {
  return name
    .normalize("NFKD")
    .toUpperCase()
    .toLowerCase()
    .replace(/[^a-z0-9]/g, "");
}
