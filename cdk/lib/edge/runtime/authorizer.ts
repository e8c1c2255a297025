/**
 * Viewer-request: who is asking, and for which tenant. A cached answer is served without asking the origin, so its
 * authorizer never runs on a hit: this is the check. Fails closed.
 */
import type {
  CloudFrontHeaders,
  CloudFrontRequest,
  CloudFrontRequestEvent,
  CloudFrontResultResponse,
} from "aws-lambda";
import type { Contract } from "../../contract/contract.ts";
import type { TokenSettings } from "../edge-bundle.ts";
import { headerValues, isObject, requestOf } from "./event.ts";
import { log } from "./log.ts";
import { Refusal, refusalResponse } from "./refusal.ts";
import { headerSeal } from "./request-headers.ts";
import { canonicalTenantId } from "./tenant-id.ts";
import { type UrlNaming, urlNaming } from "./tenant-naming.ts";
import { type Claims, type KeySource, tokenVerifier } from "./token.ts";
import { variantValue } from "./variants.ts";

/** What the authorizer is made from. */
export interface AuthorizerSettings {
  readonly contract: Contract;
  readonly userPool: TokenSettings;
  readonly corsPreflight?: boolean;
}

/** A viewer-request handler; it returns the request to go on with, or the answer. */
export type RequestHandler = (
  event: CloudFrontRequestEvent,
) => Promise<CloudFrontRequest | CloudFrontResultResponse>;

/** Who asks, as far as tenants go. */
interface Caller {
  readonly tenant: string | null;
  readonly mayChoose: boolean;
}

/** Cognito's claim with the groups of the user. */
const GROUPS_CLAIM = "cognito:groups";

/** The viewer-request handler. It throws here, and not per request, where the settings are wrong. */
export function viewerAuthorizer(
  { contract, userPool, corsPreflight = false }: AuthorizerSettings,
  keySource?: KeySource,
): RequestHandler {
  const claimsOf = tokenVerifier(userPool, keySource);
  const namingIn = urlNaming(contract.tenant.queryNames);
  const seal = headerSeal(contract);

  async function authorize(request: CloudFrontRequest): Promise<CloudFrontRequest> {
    const headers = isObject(request.headers) ? request.headers : {};
    if (corsPreflight && isPreflight(request.method, headers)) return withoutIdentity(request, headers);
    const caller = callerFrom(await claimsOf(headers));
    const url = namingIn(request.uri, request.querystring ?? "");
    const tenant = tenantOf(caller, url, headerValues(headers, contract.tenant.header.toLowerCase()));
    return {
      ...request,
      querystring: url.querystring,
      headers: seal(headers, ownedHeaders(tenant, headers)),
    };
  }

  function callerFrom(claims: Claims): Caller {
    const groups = claims[GROUPS_CLAIM];
    const superadmin = contract.tenant.superadminGroup;
    return {
      tenant: canonicalTenantId(claims[contract.tenant.claim]),
      mayChoose: superadmin !== undefined && Array.isArray(groups) && groups.includes(superadmin),
    };
  }

  /** The one tenant that this request is for. */
  function tenantOf(caller: Caller, url: UrlNaming, inHeader: readonly string[]): string {
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

  function ownedHeaders(tenant: string, headers: CloudFrontHeaders): Record<string, string> {
    return Object.fromEntries([
      [contract.tenant.header, tenant],
      ...contract.variants.map((variant) => [variant.header, variantValue(variant, headers)]),
    ]);
  }

  /**
   * A browser sends a preflight without credentials: it may pass, but nothing that could select a tenant's data goes
   * with it.
   */
  function withoutIdentity(request: CloudFrontRequest, headers: CloudFrontHeaders): CloudFrontRequest {
    const sealed = seal(headers, {});
    delete sealed.authorization;
    return { ...request, querystring: "", headers: sealed };
  }

  return async (event) => {
    try {
      const request = requestOf(event);
      if (typeof request?.uri !== "string" || typeof (request.querystring ?? "") !== "string") {
        throw new TypeError("the event holds no viewer request");
      }
      return await authorize(request);
    } catch (error) {
      if (error instanceof Refusal) return refusalResponse(error);
      log("error", "viewer-request failed; the request is refused", { error: String(error) });
      return refusalResponse(new Refusal(500, "The request could not be authorized."));
    }
  };
}

function isPreflight(method: string, headers: CloudFrontHeaders): boolean {
  return (
    method === "OPTIONS" &&
    headerValues(headers, "origin").length > 0 &&
    headerValues(headers, "access-control-request-method").length > 0
  );
}

/** A 403, and the line in the log that lets an operator see who tries doors. */
function forbidden(caller: Caller, message: string): Refusal {
  log("warn", "viewer-request refused", { tenant: caller.tenant, reason: message });
  return new Refusal(403, message);
}
