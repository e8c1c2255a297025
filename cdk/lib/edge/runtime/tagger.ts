/**
 * Origin-response: the response's cache tags, from the same request header that is in the cache key. Fails open on its
 * own faults; a response that no purge could reach is not stored at all.
 */
import type {
  CloudFrontHeaders,
  CloudFrontRequest,
  CloudFrontResponse,
  CloudFrontResponseEvent,
} from "aws-lambda";
import type { Contract } from "../../contract/contract.ts";
import { areStorable, cacheTags } from "./cache-tags.ts";
import { header, headerValues, isObject, requestOf, responseOf } from "./event.ts";
import { log } from "./log.ts";
import { LOOK_HEADER } from "./look.ts";
import { matchesPath } from "./path-pattern.ts";
import { canonicalTenantId } from "./tenant-id.ts";

/** CloudFront answers 502 where a response's headers exceed this, in bytes (Developer Guide, "Quotas"). */
const MAX_RESPONSE_HEADERS = 20_480;

/** An origin-response handler; it returns the response, which an unreadable event may lack. */
export type ResponseHandler = (event: CloudFrontResponseEvent) => Promise<CloudFrontResponse | undefined>;

/** The origin-response handler. */
export function cacheTagger({ contract }: { readonly contract: Contract }): ResponseHandler {
  const tenantHeader = contract.tenant.header.toLowerCase();
  const responseHeader = contract.tenant.responseHeader?.toLowerCase();
  const versionHeader = contract.version?.header.toLowerCase();
  const tagHeaders = [contract.tagHeader, contract.previousTagHeader].filter((name) => name !== undefined);

  function tagged(request: CloudFrontRequest, response: CloudFrontResponse): CloudFrontResponse {
    const tenants = headerValues(request.headers, tenantHeader);
    const isTenantPath = contract.paths.some(({ pattern }) => matchesPath(pattern, request.uri));
    if (tenants.length === 0) {
      // Elsewhere than on a tenant path, no tenant is no fault: there is nothing to tag.
      return isTenantPath ? uncacheable(response, "the request names no tenant") : response;
    }
    const tenant = canonicalTenantId(tenants[0]);
    if (tenants.length > 1 || tenant === null || tenant !== tenants[0]) {
      return uncacheable(response, "the request's tenant is not one canonical id");
    }
    if (!answersFor(tenant, response)) {
      return uncacheable(response, "the origin answered for another tenant");
    }
    // Without its version tags a response can still be purged with everything of its tenant.
    const headers = [versionOf(response), undefined]
      .map((version) => withTags(response.headers, cacheTags(contract, tenant, request.uri, version)))
      .find((fitting) => fitting !== undefined);
    if (headers === undefined) return uncacheable(response, "CloudFront would not keep all of the tags");
    return { ...response, headers };
  }

  /** The one data version that the origin stamped the response with. */
  function versionOf(response: CloudFrontResponse): string | undefined {
    const [version, ...more] =
      versionHeader === undefined ? [] : headerValues(response.headers, versionHeader);
    return more.length === 0 ? version?.trim() : undefined;
  }

  /** The headers with `tags`, and without the miss reporter's; undefined where CloudFront would not keep them all. */
  function withTags(headers: CloudFrontHeaders, tags: readonly string[]): CloudFrontHeaders | undefined {
    const { [LOOK_HEADER]: _, ...tagged } = headers;
    for (const name of tagHeaders) Object.assign(tagged, header(name, tags.join(",")));
    return areStorable(tags) && size(tagged) <= MAX_RESPONSE_HEADERS ? tagged : undefined;
  }

  /** Whether the response, as far as it says, belongs to `tenant`. */
  function answersFor(tenant: string, response: CloudFrontResponse): boolean {
    const given = responseHeader === undefined ? [] : headerValues(response.headers, responseHeader);
    return given.every((value) => canonicalTenantId(value) === tenant);
  }

  /** The response, not to be stored, without tags that would claim otherwise. */
  function uncacheable(response: CloudFrontResponse, reason: string): CloudFrontResponse {
    log("warn", "response made uncacheable", { reason });
    const headers = { ...response.headers, ...header("Cache-Control", "no-store") };
    for (const name of ["expires", LOOK_HEADER, ...tagHeaders]) delete headers[name.toLowerCase()];
    return { ...response, headers };
  }

  return async (event) => {
    const response = responseOf(event);
    try {
      const request = requestOf(event);
      if (!isObject(response?.headers) || !isObject(request?.headers) || typeof request.uri !== "string") {
        throw new TypeError("the event holds no origin response with its request");
      }
      return tagged(request, response);
    } catch (error) {
      log("error", "origin-response failed; the response is unchanged", { error: String(error) });
      return response;
    }
  };
}

/** Bytes that the headers take: name, value, `: ` and the line's end. */
function size(headers: CloudFrontHeaders): number {
  return Object.keys(headers).reduce(
    (total, name) =>
      total +
      headerValues(headers, name).reduce((sum, value) => sum + name.length + Buffer.byteLength(value) + 4, 0),
    0,
  );
}
