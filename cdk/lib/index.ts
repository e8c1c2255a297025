/**
 * The constructs, for apps of your own.
 */
export { CacheKeyGuard, type CacheKeyGuardProps } from "./cache-key/guard.ts";
export { type Contract, readContract } from "./contract/contract.ts";
export { type GuardProps, guardDistribution } from "./distribution/distribution-guards.ts";
export {
  TenantCacheDistribution,
  type TenantCacheDistributionProps,
} from "./distribution/tenant-cache-distribution.ts";
export { CacheTagger, type CacheTaggerProps } from "./edge/cache-tagger.ts";
export { MissReporter, type MissReporterProps } from "./edge/miss-reporter.ts";
export { ViewerAuthorizer, type ViewerAuthorizerProps } from "./edge/viewer-authorizer.ts";
export { PrewarmIdentity, type PrewarmIdentityProps } from "./identity/prewarm-identity.ts";
export { RefreshPipeline } from "./pipeline/refresh-pipeline.ts";
export type { FunctionMemory, RefreshPipelineProps } from "./pipeline/refresh-pipeline-props.ts";
export {
  VersionedStateMachine,
  type VersionedStateMachineProps,
} from "./pipeline/versioned-state-machine.ts";
