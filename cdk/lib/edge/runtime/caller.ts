/**
 * Who asks, and what that person or program may do.
 */
import type { CloudFrontRequest } from "aws-lambda";
import type { Contract } from "../../contract/contract.ts";
import { log } from "./log.ts";
import { matchesPath } from "./path-pattern.ts";
import { Refusal } from "./refusal.ts";
import { canonicalTenantId } from "./tenant-id.ts";
import type { UrlNaming } from "./tenant-naming.ts";
import type { Claims } from "./token.ts";

/** Whoever sent a verified token. */
export interface Caller {
  readonly claims: Claims;
  /** The tenant of the token. */
  readonly tenant: string | null;
  /** May name any tenant. */
  readonly mayChoose: boolean;
  /** The prewarmer's user: may name any tenant, choose variants that claims decide, look, and nothing else. */
  readonly isPrewarmer: boolean;
}

/** Cognito's claim with the groups of the user. */
const GROUPS_CLAIM = "cognito:groups";

/** The group of the prewarmer's user where the contract names none, as in its schema. */
const PREWARM_GROUP = "prewarm";

/** The caller that verified `claims` speak of. Who is in both groups has the prewarmer's rights, which are fewer. */
export function callerFrom(claims: Claims, { tenant }: Contract): Caller {
  const groups = claims[GROUPS_CLAIM];
  const isIn = (group: string) => Array.isArray(groups) && groups.includes(group);
  const isPrewarmer = isIn(tenant.prewarmGroup ?? PREWARM_GROUP);
  return {
    claims,
    tenant: canonicalTenantId(claims[tenant.claim]),
    mayChoose: isPrewarmer || isIn(tenant.superadminGroup),
    isPrewarmer,
  };
}

/** Refuses the prewarmer everything but reading tenants' paths: its token would open more than it is for. */
export function checkErrand(caller: Caller, request: CloudFrontRequest, { paths, probe }: Contract): void {
  if (!caller.isPrewarmer) return;
  const isRead = request.method === "GET" || request.method === "HEAD";
  const patterns = [
    ...paths.map(({ pattern }) => pattern),
    ...(probe ? [probe.path.replace(/\?.*/s, "")] : []),
  ];
  if (!isRead || !patterns.some((pattern) => matchesPath(pattern, request.uri))) {
    throw forbidden(caller, "The prewarm group may read the contract's paths and nothing else.");
  }
}

/** The one tenant that a request is for; `inHeader` are the values of the tenant header. */
export function tenantOf(caller: Caller, url: UrlNaming, inHeader: readonly string[]): string {
  if (!url.readable) {
    throw forbidden(caller, "A parameter's name has broken percent-encoding or control characters.");
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

/** A 403, and the line in the log that lets an operator see who tries doors. */
export function forbidden(caller: Caller, message: string): Refusal {
  log("warn", "viewer-request refused", { tenant: caller.tenant, reason: message });
  return new Refusal(403, message);
}
