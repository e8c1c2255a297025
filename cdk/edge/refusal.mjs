// Answers that viewer-request gives itself: short, JSON, never stored.
import { header } from "./event.mjs";

/** Thrown within viewer-request to end the request with this answer. */
export class Refusal extends Error {
  /**
   * @param {401 | 403 | 500 | 503} status
   * @param {string} message for the caller: what was wrong and what would be right, without the caller's input
   * @param {{ challenge?: string, retryAfter?: number }} [options]
   */
  constructor(status, message, options = {}) {
    super(message);
    this.status = status;
    this.challenge = options.challenge;
    this.retryAfter = options.retryAfter;
  }
}

const NAMES = {
  401: { description: "Unauthorized", error: "unauthorized" },
  403: { description: "Forbidden", error: "forbidden" },
  500: { description: "Internal Server Error", error: "internal" },
  503: { description: "Service Unavailable", error: "unavailable" },
};

/**
 * The refusal as a Lambda@Edge response.
 *
 * @param {Refusal} refusal
 */
export function refusalResponse(refusal) {
  const { description, error } = NAMES[refusal.status];
  return {
    status: String(refusal.status),
    statusDescription: description,
    headers: {
      ...header("Content-Type", "application/json"),
      ...header("Cache-Control", "no-store"),
      ...(refusal.challenge ? header("WWW-Authenticate", refusal.challenge) : {}),
      ...(refusal.retryAfter ? header("Retry-After", String(refusal.retryAfter)) : {}),
    },
    bodyEncoding: "text",
    body: JSON.stringify({ error, message: refusal.message }),
  };
}
