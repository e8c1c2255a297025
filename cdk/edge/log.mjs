// One JSON line per event worth reading. Never a token, a header dump or a body.

/**
 * @param {"warn" | "error"} level
 * @param {string} message
 * @param {Record<string, unknown>} [fields]
 */
export function log(level, message, fields = {}) {
  console[level](JSON.stringify({ level, message, ...fields }));
}
