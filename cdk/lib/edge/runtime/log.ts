/** One JSON line per event worth reading. Never a token, a header dump or a body. */
export function log(level: "warn" | "error", message: string, fields: Record<string, unknown> = {}): void {
  console[level](JSON.stringify({ level, message, ...fields }));
}
