/**
 * What a browser has to be told before it shows a page of another origin an answer of ours.
 */
import type { CloudFrontHeaders, CloudFrontRequest } from "aws-lambda";
import { header, headerValues } from "./event.ts";

/**
 * The headers of an answer that pages of `origins` may read: without them a front end on another origin sees a network
 * error where the answer says "log in again".
 */
export function corsHeaders(
  origins: readonly string[],
  headers: CloudFrontHeaders,
  withCookies: boolean,
): CloudFrontHeaders {
  if (origins.length === 0) return {};
  const [origin] = headerValues(headers, "origin");
  if (origin === undefined || !origins.includes(origin)) return header("Vary", "Origin");
  return {
    ...header("Vary", "Origin"),
    ...header("Access-Control-Allow-Origin", origin),
    ...header("Access-Control-Expose-Headers", "WWW-Authenticate, Retry-After"),
    ...(withCookies ? header("Access-Control-Allow-Credentials", "true") : {}),
  };
}

/** Whether a browser asks here if it may send a request. It does so without credentials. */
export function isPreflight({ method }: CloudFrontRequest, headers: CloudFrontHeaders): boolean {
  return (
    method === "OPTIONS" &&
    headerValues(headers, "origin").length > 0 &&
    headerValues(headers, "access-control-request-method").length > 0
  );
}

/** Whether a page of another site began this request: browsers name the page's origin on all but GET and HEAD. */
export function isFromElsewhere(origins: readonly string[], headers: CloudFrontHeaders): boolean {
  const own = headerValues(headers, "host").map((host) => `https://${host}`);
  return headerValues(headers, "origin").some((origin) => !own.includes(origin) && !origins.includes(origin));
}
