/**
 * What AWS's own policies say, by id:
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-cache-policies.html and
 * .../using-managed-origin-request-policies.html. Those that are not here are reported as unknown by the guards.
 */
import { CachePolicy, OriginRequestPolicy } from "aws-cdk-lib/aws-cloudfront";
import type { CacheKeyModel, ForwardingModel, Names } from "./policy-model.ts";

const NONE: Names = { behavior: "none", names: [] };
const ALL: Names = { behavior: "all", names: [] };
const UNKEYED = { headers: NONE, queryNames: NONE, cookies: NONE };
const DAY = 86_400;

const CACHE_POLICIES: Readonly<Record<string, CacheKeyModel>> = {
  [CachePolicy.CACHING_DISABLED.cachePolicyId]: { ...UNKEYED, encodings: [], minTtl: 0, maxTtl: 0 },
  [CachePolicy.CACHING_OPTIMIZED.cachePolicyId]: {
    ...UNKEYED,
    encodings: ["br", "gzip"],
    minTtl: 1,
    maxTtl: 365 * DAY,
  },
  [CachePolicy.CACHING_OPTIMIZED_FOR_UNCOMPRESSED_OBJECTS.cachePolicyId]: {
    ...UNKEYED,
    encodings: [],
    minTtl: 1,
    maxTtl: 365 * DAY,
  },
};

const FORWARDING: Readonly<Record<string, ForwardingModel>> = {
  [OriginRequestPolicy.ALL_VIEWER.originRequestPolicyId]: { headers: ALL, queryNames: ALL },
  [OriginRequestPolicy.ALL_VIEWER_AND_CLOUDFRONT_2022.originRequestPolicyId]: {
    headers: ALL,
    queryNames: ALL,
  },
  [OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER.originRequestPolicyId]: {
    headers: { behavior: "allExcept", names: ["host"] },
    queryNames: ALL,
  },
};

/** The cache policy with this id, if it is known. */
export function managedCachePolicy(id: unknown): CacheKeyModel | undefined {
  return typeof id === "string" ? CACHE_POLICIES[id] : undefined;
}

/** What the origin request policy with this id forwards; nothing for one that is not known. */
export function managedOriginRequestPolicy(id: unknown): ForwardingModel {
  const known = typeof id === "string" ? FORWARDING[id] : undefined;
  return known ?? { headers: NONE, queryNames: NONE };
}
