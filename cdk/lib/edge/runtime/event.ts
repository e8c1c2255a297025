/**
 * Reading and writing headers in Lambda@Edge events: lists of { key, value } under lower-cased names. Events are read
 * with suspicion, whatever their type says: a missing or misshapen part reads as absent and never throws.
 */
import type {
  CloudFrontHeaders,
  CloudFrontRequest,
  CloudFrontRequestEvent,
  CloudFrontResponse,
  CloudFrontResponseEvent,
} from "aws-lambda";

/** The request of the event's first record, or undefined. */
export function requestOf(
  event: CloudFrontRequestEvent | CloudFrontResponseEvent,
): CloudFrontRequest | undefined {
  const request = event?.Records?.[0]?.cf?.request;
  return isObject(request) ? request : undefined;
}

/** The response of the event's first record, or undefined. */
export function responseOf(event: CloudFrontResponseEvent): CloudFrontResponse | undefined {
  const response = event?.Records?.[0]?.cf?.response;
  return isObject(response) ? response : undefined;
}

/** Every value that the headers hold under `name` (lower case). */
export function headerValues(headers: CloudFrontHeaders, name: string): string[] {
  const entries: unknown = isObject(headers) ? headers[name] : [];
  if (!Array.isArray(entries)) return [];
  return entries.map((entry) => entry?.value).filter((value) => typeof value === "string");
}

/** One header with one value, in the event's shape. */
export function header(name: string, value: string): CloudFrontHeaders {
  return { [name.toLowerCase()]: [{ key: name, value }] };
}

/** Whether `value` is an object and no list. */
export function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
