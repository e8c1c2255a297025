/**
 * The constructs, for apps of your own.
 */
export { CacheKeyGuard, type CacheKeyGuardProps } from "./cache-key-guard.ts";
export { CacheTagger, type CacheTaggerProps } from "./cache-tagger.ts";
export { type Contract, readContract } from "./contract.ts";
export { type GuardProps, guardDistribution } from "./distribution-guards.ts";
export { PrewarmIdentity, type PrewarmIdentityProps } from "./prewarm-identity.ts";
export { RefreshPipeline, type RefreshPipelineProps } from "./refresh-pipeline.ts";
export { TenantCacheDistribution, type TenantCacheDistributionProps } from "./tenant-cache-distribution.ts";
export { ViewerAuthorizer, type ViewerAuthorizerProps } from "./viewer-authorizer.ts";
