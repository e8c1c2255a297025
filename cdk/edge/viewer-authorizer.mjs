// Viewer-request: who is asking, and for which tenant. A cached answer is served without asking the
// origin, so its authorizer never runs on a hit: this is the check. Fails closed.
import { eventPart, headerValues, isObject } from "./event.mjs";
import { log } from "./log.mjs";
import { Refusal, refusalResponse } from "./refusal.mjs";
import { headerSeal } from "./request-headers.mjs";
import { canonicalTenantId } from "./tenant-id.mjs";
import { urlNaming } from "./tenant-naming.mjs";
import { tokenVerifier } from "./token.mjs";
import { variantValue } from "./variants.mjs";

/** @typedef {import("../lib/contract/contract.ts").Contract} Contract */

/** Cognito's claim with the groups of the user. */
const GROUPS_CLAIM = "cognito:groups";

/**
 * The viewer-request handler. It throws here, and not per request, where the settings are wrong.
 *
 * @param {{ contract: Contract, userPool: import("./token.mjs").UserPool, corsPreflight?: boolean }} settings
 * @param {{ fetch: (uri: string) => Promise<ArrayBuffer> }} [keySource]
 * @returns {(event: any) => Promise<any>} the request to go on with, or the answer
 */
export function viewerAuthorizer({ contract, userPool, corsPreflight = false }, keySource) {
  const claimsOf = tokenVerifier(userPool, keySource);
  const namingIn = urlNaming(contract.tenant.queryNames);
  const seal = headerSeal(contract);

  /** @param {any} request */
  async function authorize(request) {
    const headers = isObject(request.headers) ? request.headers : {};
    if (corsPreflight && isPreflight(request.method, headers)) {
      return withoutIdentity(request, headers);
    }
    const caller = callerFrom(await claimsOf(headers));
    const url = namingIn(request.uri, request.querystring ?? "");
    const tenant = tenantOf(caller, url, headerValues(headers, contract.tenant.header.toLowerCase()));
    return {
      ...request,
      querystring: url.querystring,
      headers: seal(headers, ownedHeaders(tenant, headers)),
    };
  }

  /** @param {Record<string, any>} claims verified */
  function callerFrom(claims) {
    const groups = claims[GROUPS_CLAIM];
    const superadmin = contract.tenant.superadminGroup;
    return {
      tenant: canonicalTenantId(claims[contract.tenant.claim]),
      mayChoose: superadmin !== undefined && Array.isArray(groups) && groups.includes(superadmin),
    };
  }

  /**
   * The one tenant that this request is for.
   *
   * @param {{ tenant: string | null, mayChoose: boolean }} caller
   * @param {import("./tenant-naming.mjs").UrlNaming} url
   * @param {string[]} inHeader
   * @returns {string}
   */
  function tenantOf(caller, url, inHeader) {
    if (!url.readable) {
      throw forbidden(caller, "The URL has broken percent-encoding or control characters.");
    }
    // Whoever may not choose has the header overwritten, whatever it said.
    const named = caller.mayChoose ? [...url.named, ...inHeader.map(canonicalTenantId)] : url.named;
    const tenant = caller.mayChoose ? (named[0] ?? caller.tenant) : caller.tenant;
    if (named.includes(null)) {
      throw forbidden(caller, "The request names a tenant in a spelling that is no tenant id.");
    }
    if (tenant === null) {
      throw forbidden(
        caller,
        caller.mayChoose
          ? "The request names no tenant, and neither does the token."
          : "The token names no tenant.",
      );
    }
    if (named.some((other) => other !== tenant)) {
      throw forbidden(
        caller,
        caller.mayChoose
          ? "The request names two tenants."
          : "The request names a tenant that is not the token's.",
      );
    }
    return tenant;
  }

  /**
   * @param {string} tenant
   * @param {any} headers
   * @returns {Record<string, string>}
   */
  function ownedHeaders(tenant, headers) {
    return Object.fromEntries([
      [contract.tenant.header, tenant],
      ...contract.variants.map((variant) => [variant.header, variantValue(variant, headers)]),
    ]);
  }

  /**
   * A browser sends a preflight without credentials: it may pass, but nothing that could select a
   * tenant's data goes with it.
   *
   * @param {any} request
   * @param {any} headers
   */
  function withoutIdentity(request, headers) {
    const sealed = seal(headers, {});
    delete sealed.authorization;
    return { ...request, querystring: "", headers: sealed };
  }

  return async (event) => {
    try {
      const request = eventPart(event, "request");
      if (typeof request?.uri !== "string" || typeof (request.querystring ?? "") !== "string") {
        throw new TypeError("the event holds no viewer request");
      }
      return await authorize(request);
    } catch (error) {
      if (error instanceof Refusal) {
        return refusalResponse(error);
      }
      log("error", "viewer-request failed; the request is refused", { error: String(error) });
      return refusalResponse(new Refusal(500, "The request could not be authorized."));
    }
  };
}

/**
 * @param {unknown} method
 * @param {any} headers
 * @returns {boolean}
 */
function isPreflight(method, headers) {
  return (
    method === "OPTIONS" &&
    headerValues(headers, "origin").length > 0 &&
    headerValues(headers, "access-control-request-method").length > 0
  );
}

/**
 * A 403, and the line in the log that lets an operator see who tries doors.
 *
 * @param {{ tenant: string | null, mayChoose: boolean }} caller
 * @param {string} message
 */
function forbidden(caller, message) {
  log("warn", "viewer-request refused", { tenant: caller.tenant, reason: message });
  return new Refusal(403, message);
}
