// Finds every place in a URL that names a tenant. A parameter counts if any origin could read it as
// one of the contract's query names: other case, encoding, separators, arrays, or smuggled inside
// another parameter or the path. What only looks like a name costs nothing as long as its value is
// the caller's own tenant.
import { canonicalTenantId } from "./tenant-id.mjs";

/**
 * @typedef {object} UrlNaming
 * @property {(string | null)[]} named each tenant that the URL names; null where the value is no tenant id
 * @property {string} querystring with the contract's query names and their values spelled canonically
 * @property {boolean} readable false where the URL cannot be judged (broken encoding, control characters)
 */

/** More rounds of percent-encoding than any chain of proxies undoes. */
const MAX_DECODINGS = 5;

/**
 * @param {readonly string[]} queryNames of the contract
 * @returns {(uri: string, querystring: string) => UrlNaming}
 */
export function urlNaming(queryNames) {
  const exact = new Set(queryNames);
  // A name without a single ASCII letter or digit reduces to nothing, which resembles everything.
  const alike = new Set(queryNames.map(reduced).filter((name) => name !== ""));

  return (uri, querystring) => {
    /** @type {(string | null)[]} */
    const named = [];
    let readable = true;

    /** @param {string} parameter already decoded */
    const noteIfAlike = (parameter) => {
      const [name, value] = cut(parameter);
      if (alike.has(reduced(name)) || alike.has(reduced(name.replace(/\[.*/s, "")))) {
        named.push(canonicalTenantId(value));
      }
    };

    const path = decodedFully(uri);
    // A naive proxy that decodes the path would let these end the request line and begin a header.
    if (/\p{Cc}/u.test(path)) {
      readable = false;
    }
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

/**
 * Name and value around the first `=`.
 *
 * @param {string} parameter
 * @returns {[string, string]}
 */
function cut(parameter) {
  const at = parameter.indexOf("=");
  return at < 0 ? [parameter, ""] : [parameter.slice(0, at), parameter.slice(at + 1)];
}

/**
 * A part without its percent-encoding; null where that is broken or no UTF-8. (A plus sign stays: neither
 * it nor the space that it may stand for occurs in a tenant id.)
 *
 * @param {string} part
 * @returns {string | null}
 */
function decodedOnce(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return null;
  }
}

/**
 * A part with every layer of percent-encoding undone; broken escapes stay as they are.
 *
 * @param {string} part
 * @returns {string}
 */
function decodedFully(part) {
  let current = part;
  for (let round = 0; round < MAX_DECODINGS; round += 1) {
    const next = current.replace(/(?:%[0-9a-f]{2})+/gi, (escapes) =>
      Buffer.from(escapes.replaceAll("%", ""), "hex").toString("utf8"),
    );
    if (next === current) {
      break;
    }
    current = next;
  }
  return current;
}

/**
 * What is left of a parameter name for an origin that is as lenient as can be: no case, no accents,
 * no compatibility forms (full-width letters, Kelvin sign, dotless i), no separators.
 *
 * @param {string} name
 * @returns {string}
 */
function reduced(name) {
  return name
    .normalize("NFKD")
    .toUpperCase()
    .toLowerCase()
    .replace(/[^a-z0-9]/g, "");
}
