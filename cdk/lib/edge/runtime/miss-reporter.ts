/**
 * Origin-request: it runs only where nothing is cached. It answers looks, so that a run which only looks never begins a
 * slow computation, and takes off what is for CloudFront and not for the origin. Fails open: a reader's request goes on.
 */
import type {
  CloudFrontHeaders,
  CloudFrontRequest,
  CloudFrontRequestEvent,
  CloudFrontResultResponse,
} from "aws-lambda";
import type { Contract } from "../../contract/contract.ts";
import { header, headerValues, isObject, requestOf } from "./event.ts";
import { log } from "./log.ts";
import { LOOK_CACHED, LOOK_HEADER, LOOK_MISSING } from "./look.ts";

/**
 * The answer to a look: for the one who looks alone.
 *
 * CloudFront stores what a function generates at origin-request, and hands it to requests that wait for the same key,
 * unless the answer says no-store and the minimum TTL is 0 (Developer Guide, "Generate HTTP responses in request
 * triggers" and "Request collapsing"; the distribution has that minimum). The status is a success on purpose: of errors
 * those pages do not say it, and some are stored for the error caching TTL whatever they say ("How CloudFront processes
 * HTTP 4xx and 5xx status codes").
 */
const MISSING: CloudFrontResultResponse = {
  status: "204",
  statusDescription: "No Content",
  headers: { ...header("Cache-Control", "no-store"), ...header("X-Warmfront-Look", LOOK_MISSING) },
};

/** An origin-request handler; it returns the request to go on with, which an unreadable event may lack, or an answer. */
export type OriginRequestHandler = (
  event: CloudFrontRequestEvent,
) => Promise<CloudFrontRequest | CloudFrontResultResponse | undefined>;

/** The origin-request handler. */
export function missReporter({ contract }: { readonly contract: Contract }): OriginRequestHandler {
  const isKeyed = contract.cacheKey.headers.some((name) => name.toLowerCase() === "origin");

  function passedOn(request: CloudFrontRequest): CloudFrontRequest {
    const { [LOOK_HEADER]: _, ...headers } = request.headers;
    return { ...request, headers: isKeyed || !isRead(request) ? headers : withoutOrigin(headers) };
  }

  return async (event) => {
    const request = requestOf(event);
    try {
      if (!isObject(request?.headers)) throw new TypeError("the event holds no origin request");
      const looks = headerValues(request.headers, LOOK_HEADER).includes(LOOK_CACHED);
      return looks && isRead(request) ? structuredClone(MISSING) : passedOn(request);
    } catch (error) {
      log("error", "origin-request failed; the request is unchanged", { error: String(error) });
      return request;
    }
  };
}

/** Only reads are looks, and only their answers are stored: CloudFront asks for both with GET or HEAD. */
function isRead({ method }: CloudFrontRequest): boolean {
  return method === "GET" || method === "HEAD";
}

/** CloudFront tells pages of other origins what they may read by `Origin`; the origin's answer must not differ by it. */
function withoutOrigin({ origin: _, ...headers }: CloudFrontHeaders): CloudFrontHeaders {
  return headers;
}
