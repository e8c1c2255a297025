/**
 * Rules between the settings and the contract.
 */
import { type Contract, patternOf } from "../contract/contract.ts";
import { overQuota, readTimeoutOf } from "../distribution/api-origin.ts";
import { seconds } from "../duration.ts";
import type { ContractRule } from "./rule.ts";

/** What a prewarm invocation needs beside its longest request: to start, to log in, and to hand on what is left. */
const PREWARM_ALLOWANCE = 30;

/** By name. */
export const CONTRACT_RULES: Readonly<Record<string, ContractRule>> = {
  prewarmOutlastsEndpoints: (contract, { pipeline }) => {
    const slowest = contract.endpoints.reduce((one, other) =>
      seconds(other.timeout) > seconds(one.timeout) ? other : one,
    );
    return (
      seconds(pipeline.prewarm.timeout) < seconds(slowest.timeout) + PREWARM_ALLOWANCE &&
      `pipeline.prewarm.timeout: ${pipeline.prewarm.timeout} is too short for endpoint "${slowest.path}", which may take ${slowest.timeout}, and ${PREWARM_ALLOWANCE}s around it; raise it, or lower the endpoint's timeout`
    );
  },

  errorsExpireInTime: (_, { pipeline: { prewarm, distributionId }, distribution }) => {
    const followed = distributionId ? undefined : distribution?.errorCachingTtl;
    const ttl = prewarm.errorCachingTtl ?? followed;
    const name = prewarm.errorCachingTtl ? "pipeline.prewarm" : "distribution";
    return (
      ttl !== undefined &&
      seconds(ttl) + PREWARM_ALLOWANCE > seconds(prewarm.timeout) &&
      `${name}.errorCachingTtl: ${ttl} leaves no time in pipeline.prewarm.timeout ${prewarm.timeout} to repeat a request that failed; lower it`
    );
  },

  tokenCookieIsNotKeyed: ({ cacheKey }, { distribution }) =>
    cacheKey.cookies.some((name) => name === distribution?.tokenCookie) &&
    `distribution.tokenCookie: "${distribution?.tokenCookie}" is in cacheKey.cookies of the contract, so every login would have entries of its own; take it out of the contract`,

  tokenHasClaim: ({ tenant }, { distribution }) =>
    distribution?.tokenUse === "access" &&
    tenant.claim.startsWith("custom:") &&
    `distribution.tokenUse: access tokens have no "${tenant.claim}" (tenant.claim of the contract), so every viewer would be refused; use "id", or a claim that a trigger of the pool adds to access tokens`,

  readTimeoutIsWithinQuota: (contract, { distribution }) => {
    if (!distribution) return false;
    const { originReadTimeout: given, originReadTimeoutQuota: quota } = distribution;
    const problem = overQuota(readTimeoutOf(contract, given ? seconds(given) : undefined), seconds(quota));
    return problem && `distribution.originReadTimeout: ${problem}`;
  },

  publicPathsAreNotTenants: (contract, { distribution }) =>
    distribution?.publicPaths
      .filter((pattern) => patternsOf(contract).includes(pattern))
      .map(
        (pattern) =>
          `distribution.publicPaths: "${pattern}" is a path of the contract, which needs a token; take it out of one of them`,
      ),

  signedPathsExist: (contract, { distribution }) => {
    const known = [...contract.paths.map(({ pattern }) => pattern), ...(distribution?.publicPaths ?? [])];
    return Object.keys(distribution?.signedPaths ?? {})
      .filter((pattern) => !known.includes(pattern))
      .map(
        (pattern) =>
          `distribution.signedPaths: "${pattern}" is no pattern of the contract's paths or of publicPaths, so no behaviour has it; the patterns are ${known.join(", ")}`,
      );
  },

  verifyHeaderIsFree: (contract, { distribution }) => {
    const header = distribution?.originVerify?.header.toLowerCase() ?? "";
    return (
      headersOf(contract).has(header) &&
      `distribution.originVerify.header: "${header}" is a header of the contract, whose value it would replace; use another name, such as x-origin-verify`
    );
  },
};

function patternsOf({ paths, probe }: Contract): string[] {
  return [...paths.map(({ pattern }) => pattern), ...(probe ? [patternOf(probe.path)] : [])];
}

function headersOf(contract: Contract): Set<string> {
  const { tagHeader, previousTagHeader, tenant, version, cacheKey, variants } = contract;
  const names = [
    "authorization",
    tagHeader,
    previousTagHeader,
    tenant.header,
    tenant.responseHeader,
    version?.header,
    ...cacheKey.headers,
    ...variants.flatMap(({ header, from }) => [header, from]),
  ];
  return new Set(names.flatMap((name) => name?.toLowerCase() ?? []));
}
