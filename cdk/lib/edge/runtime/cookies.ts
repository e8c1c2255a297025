/**
 * The cookies of a request.
 */
import type { CloudFrontHeaders } from "aws-lambda";
import { headerValues } from "./event.ts";

/** One cookie as it was sent. */
export interface Cookie {
  readonly name: string;
  readonly value: string;
  readonly pair: string;
}

/** Every cookie, in the order sent; HTTP/2 may spread them over several headers (RFC 9113, 8.2.3). */
export function cookies(headers: CloudFrontHeaders): Cookie[] {
  return headerValues(headers, "cookie")
    .flatMap((line) => line.split(";"))
    .map((each) => each.trim())
    .filter((pair) => pair.includes("="))
    .map((pair) => {
      const at = pair.indexOf("=");
      return { name: pair.slice(0, at).trim(), value: pair.slice(at + 1).trim(), pair };
    });
}
