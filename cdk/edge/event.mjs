// Reading and writing headers in Lambda@Edge events: lists of { key, value } under lower-cased names.
// Events are read with suspicion: a missing or misshapen part reads as absent and never throws.

/** @typedef {{ key?: string, value: string }} Header */
/** @typedef {Record<string, Header[]>} Headers */

/**
 * The request or response of the event's first record, or undefined.
 *
 * @param {any} event
 * @param {"request" | "response"} part
 * @returns {any}
 */
export function eventPart(event, part) {
  const found = event?.Records?.[0]?.cf?.[part];
  return isObject(found) ? found : undefined;
}

/**
 * Every value that the headers hold under `name` (lower case).
 *
 * @param {any} headers
 * @param {string} name
 * @returns {string[]}
 */
export function headerValues(headers, name) {
  const entries = isObject(headers) ? headers[name] : [];
  if (!Array.isArray(entries)) {
    return [];
  }
  return entries.map((entry) => entry?.value).filter((value) => typeof value === "string");
}

/**
 * One header with one value, in the event's shape.
 *
 * @param {string} name
 * @param {string} value
 * @returns {Headers}
 */
export function header(name, value) {
  return { [name.toLowerCase()]: [{ key: name, value }] };
}

/**
 * @param {unknown} value
 * @returns {boolean}
 */
export function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
