/**
 * Answers that viewer-request gives itself: short, JSON, never stored.
 */
import type { CloudFrontResultResponse } from "aws-lambda";
import { header } from "./event.ts";

const NAMES = {
  401: { description: "Unauthorized", error: "unauthorized" },
  403: { description: "Forbidden", error: "forbidden" },
  500: { description: "Internal Server Error", error: "internal" },
  503: { description: "Service Unavailable", error: "unavailable" },
} as const;

/** What a refusal may say beside its message. */
export interface RefusalDetails {
  /** Value of `WWW-Authenticate`. */
  readonly challenge?: string;
  /** Seconds for `Retry-After`. */
  readonly retryAfter?: number;
}

/** Thrown within viewer-request to end the request with this answer. */
export class Refusal extends Error {
  readonly status: keyof typeof NAMES;
  readonly details: RefusalDetails;

  /** `message` is for the caller: what was wrong and what would be right, without the caller's input. */
  constructor(status: keyof typeof NAMES, message: string, details: RefusalDetails = {}) {
    super(message);
    this.status = status;
    this.details = details;
  }
}

/** The refusal as a Lambda@Edge response. */
export function refusalResponse({ status, message, details }: Refusal): CloudFrontResultResponse {
  const { description, error } = NAMES[status];
  return {
    status: String(status),
    statusDescription: description,
    headers: {
      ...header("Content-Type", "application/json"),
      ...header("Cache-Control", "no-store"),
      ...(details.challenge ? header("WWW-Authenticate", details.challenge) : {}),
      ...(details.retryAfter ? header("Retry-After", String(details.retryAfter)) : {}),
    },
    bodyEncoding: "text",
    body: JSON.stringify({ error, message }),
  };
}
