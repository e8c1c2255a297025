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
import { type Caller, callerFrom, checkErrand, forbidden, tenantOf } from "./caller.ts";
import { corsHeaders, isFromElsewhere, isPreflight } from "./cors.ts";
import { credentialsOf } from "./credentials.ts";
import { headerValues, isObject, requestOf } from "./event.ts";
import { log } from "./log.ts";
import { LOOK_CACHED, LOOK_HEADER } from "./look.ts";
import { matchesPath } from "./path-pattern.ts";
import { isPlainPath } from "./plain-path.ts";
import { Refusal, refusalResponse } from "./refusal.ts";
import { cachedSeal, uncachedSeal } from "./request-headers.ts";
import { urlNaming } from "./tenant-naming.ts";
import { type KeySource, tokenVerifier } from "./token.ts";
import { chosenVariant, isOfClaim, variantValue } from "./variants.ts";

/** What the authorizer is made from. */
export interface AuthorizerSettings {
  readonly contract: Contract;
  readonly userPool: TokenSettings;
  /** Whether a CORS preflight passes without a token. */
  readonly corsPreflight?: boolean;
  /** Origins whose pages may read refusals. */
  readonly corsOrigins?: readonly string[];
  /** The cookie that may hold the token where there is no `Authorization`. */
  readonly tokenCookie?: string;
}

/** A viewer-request handler; it returns the request to go on with, or the answer. */
export type RequestHandler = (
  event: CloudFrontRequestEvent,
) => Promise<CloudFrontRequest | CloudFrontResultResponse>;

/** The viewer-request handler. It throws here, and not per request, where the settings are wrong. */
export function viewerAuthorizer(
  { contract, userPool, corsPreflight = false, corsOrigins = [], tokenCookie }: AuthorizerSettings,
  keySource?: KeySource,
): RequestHandler {
  const verify = tokenVerifier(userPool, keySource);
  const namingIn = urlNaming(contract.tenant.queryNames);
  const sealCached = cachedSeal(contract, corsOrigins);
  const sealUncached = uncachedSeal(contract);
  const cached = contract.paths.map(({ pattern }) => pattern);
  const patterns = [...cached, ...Object.values(contract.scopes ?? {}).flat()];

  async function authorize(request: CloudFrontRequest): Promise<CloudFrontRequest> {
    const headers = isObject(request.headers) ? request.headers : {};
    if (corsPreflight && isPreflight(request, headers)) return withoutIdentity(request, headers);
    const { token, fromCookie } = credentialsOf(headers, tokenCookie);
    const caller = callerFrom(await verify(token), contract);
    const isRead = request.method === "GET" || request.method === "HEAD";
    if (!isRead && fromCookie && isFromElsewhere(corsOrigins, headers)) {
      throw forbidden(caller, "A page of another site may not send this request with a cookie.");
    }
    if (!isPlainPath(request.uri, patterns)) {
      throw forbidden(
        caller,
        "The path can be read in two ways. Send it without //, dot segments and needless escapes.",
      );
    }
    checkErrand(caller, request, contract);
    const url = namingIn(request.uri, request.querystring ?? "");
    const tenant = tenantOf(caller, url, headerValues(headers, contract.tenant.header.toLowerCase()));
    const isCached = isRead && cached.some((pattern) => matchesPath(pattern, request.uri));
    const owned = {
      ...ownedHeaders(caller, tenant, headers),
      // The origin finds the token in one place, whichever way it came.
      ...(fromCookie ? { authorization: `Bearer ${token}` } : {}),
    };
    const sealed = (isCached ? sealCached : sealUncached)(headers, owned);
    return { ...request, querystring: url.querystring, headers: sealed };
  }

  function ownedHeaders(caller: Caller, tenant: string, headers: CloudFrontHeaders): Record<string, string> {
    const variants = contract.variants.map((variant) => {
      const chosen = caller.isPrewarmer && isOfClaim(variant) ? headerValues(headers, variant.header) : [];
      if (chosen.length === 0) return [variant.header, variantValue(variant, headers, caller.claims)];
      const value = chosenVariant(variant, chosen);
      if (value === undefined)
        throw forbidden(caller, `${variant.header} names none of the contract's values.`);
      return [variant.header, value];
    });
    const looks = caller.isPrewarmer && headerValues(headers, LOOK_HEADER).includes(LOOK_CACHED);
    return Object.fromEntries([
      [contract.tenant.header, tenant],
      ...variants,
      ...(looks ? [[LOOK_HEADER, LOOK_CACHED]] : []),
    ]);
  }

  /**
   * A browser sends a preflight without credentials: it may pass, but nothing that could select a tenant's data goes
   * with it.
   */
  function withoutIdentity(request: CloudFrontRequest, headers: CloudFrontHeaders): CloudFrontRequest {
    const { authorization, cookie, ...anonymous } = sealUncached(headers, {});
    return { ...request, querystring: "", headers: anonymous };
  }

  /** The answer to a request that does not go on. */
  function refused(request: CloudFrontRequest | undefined, refusal: Refusal): CloudFrontResultResponse {
    const answer = refusalResponse(refusal);
    const cors = corsHeaders(corsOrigins, request?.headers ?? {}, tokenCookie !== undefined);
    return { ...answer, headers: { ...answer.headers, ...cors } };
  }

  return async (event) => {
    const request = requestOf(event);
    try {
      if (typeof request?.uri !== "string" || typeof (request.querystring ?? "") !== "string") {
        throw new TypeError("the event holds no viewer request");
      }
      return await authorize(request);
    } catch (error) {
      if (error instanceof Refusal) return refused(request, error);
      log("error", "viewer-request failed; the request is refused", { error: String(error) });
      return refused(request, new Refusal(500, "The request could not be authorized."));
    }
  };
}
