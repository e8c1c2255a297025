/**
 * The cache behaviours that a contract asks for.
 */
import {
  AllowedMethods,
  type BehaviorOptions,
  CachePolicy,
  type EdgeLambda,
  type IKeyGroup,
  type IOrigin,
  ViewerProtocolPolicy,
} from "aws-cdk-lib/aws-cloudfront";
import { type Contract, patternOf } from "../contract/contract.ts";
import type { EdgeFunction } from "../edge/edge-function.ts";
import type { TenantPolicies } from "./policies.ts";

/** What the behaviours are made of. */
export interface TenantBehaviorsProps {
  /** What is cached and how. */
  readonly contract: Contract;
  /** Their policies. */
  readonly policies: TenantPolicies;
  /** The API. */
  readonly api: IOrigin;
  /**
   * What answers on the contract's paths where the API fails.
   * @default nothing
   */
  readonly failover?: IOrigin;
  /** Tags what is cached. */
  readonly tagger: EdgeFunction;
  /** Decides whose answer a viewer gets. */
  readonly authorizer: EdgeFunction;
  /** Says what is not cached. */
  readonly missReporter?: EdgeFunction;
  /** Paths that need no token. */
  readonly publicPaths: readonly string[];
  /** Key groups of the paths that are answered to signed requests only. */
  readonly signedPaths: Readonly<Record<string, IKeyGroup>>;
}

/** A behaviour per path of the contract, its probe, and each public path, in the order in which they have to match. */
export function tenantBehaviors(props: TenantBehaviorsProps): Record<string, BehaviorOptions> {
  const { contract, policies, publicPaths, signedPaths } = props;
  const behaviors: Record<string, BehaviorOptions> = {};
  if (contract.probe) behaviors[patternOf(contract.probe.path)] = authorized(props);
  for (const pattern of publicPaths) {
    behaviors[pattern] = { ...uncached(props), originRequestPolicy: policies.forwardAnonymous() };
  }
  for (const path of contract.paths) {
    behaviors[path.pattern] = {
      origin: props.failover ?? props.api,
      cachePolicy: policies.keyOf(path),
      originRequestPolicy: policies.forwardToApi(),
      responseHeadersPolicy: policies.hideTags(),
      // Writes share the path and pass through, since CloudFront caches answers to GET and HEAD only. Beside a failover
      // it takes no writes at all.
      allowedMethods: props.failover ? AllowedMethods.ALLOW_GET_HEAD_OPTIONS : AllowedMethods.ALLOW_ALL,
      // Not a redirect: the token would have been sent in the clear before it.
      viewerProtocolPolicy: ViewerProtocolPolicy.HTTPS_ONLY,
      compress: contract.cacheKey.encodings.length > 0,
      edgeLambdas: [props.authorizer, props.tagger, props.missReporter]
        .filter((each) => each !== undefined)
        .map(association),
    };
  }
  for (const [pattern, keyGroup] of Object.entries(signedPaths)) {
    const behavior = behaviors[pattern];
    if (!behavior)
      throw new Error(`signed path "${pattern}" is neither a path of the contract nor a public path`);
    behaviors[pattern] = { ...behavior, trustedKeyGroups: [keyGroup] };
  }
  return behaviors;
}

/** The API, uncached, for whoever has a token. */
export function authorized(props: TenantBehaviorsProps): BehaviorOptions {
  return {
    ...uncached(props),
    originRequestPolicy: props.policies.forwardUncached(),
    edgeLambdas: [association(props.authorizer)],
  };
}

function uncached({ api, policies }: TenantBehaviorsProps): BehaviorOptions {
  return {
    origin: api,
    cachePolicy: CachePolicy.CACHING_DISABLED,
    responseHeadersPolicy: policies.hideTags(),
    allowedMethods: AllowedMethods.ALLOW_ALL,
    viewerProtocolPolicy: ViewerProtocolPolicy.HTTPS_ONLY,
  };
}

function association({ version, eventType }: EdgeFunction): EdgeLambda {
  return { functionVersion: version, eventType };
}
