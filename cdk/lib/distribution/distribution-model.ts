/**
 * A distribution as its template says it: behaviours with their policies looked up, in the order CloudFront tries
 * them. It is read from the rendered resources, so overrides by escape hatch are seen too.
 */
import { CfnResource, Stack, Token } from "aws-cdk-lib";
import {
  CfnCachePolicy,
  CfnOriginRequestPolicy,
  CfnResponseHeadersPolicy,
  type Distribution,
} from "aws-cdk-lib/aws-cloudfront";
import { managedCachePolicy, managedOriginRequestPolicy } from "./managed-policies.ts";
import type { CacheKeyModel, ForwardingModel, Names } from "./policy-model.ts";

/** One cache behaviour. */
export interface BehaviorModel {
  /** Its path pattern; `*` for the default behaviour. */
  readonly pattern: string;
  readonly isDefault: boolean;
  /** Undefined where the policy is not part of this app and not one of AWS's. */
  readonly key: CacheKeyModel | undefined;
  readonly forwarding: ForwardingModel;
  /** Response headers that viewers do not get. */
  readonly removedHeaders: readonly string[];
  /** Edge functions by event type; each value is the reference in the template. */
  readonly edge: Readonly<Record<string, unknown>>;
  /** Events with a CloudFront Function. */
  readonly cloudFrontFunctions: readonly string[];
  /** Origins that may answer: one, or a group's. */
  readonly origins: readonly OriginModel[];
  /** Status codes upon which a group asks its next origin. */
  readonly failoverCodes: readonly number[];
}

/** One origin. */
export interface OriginModel {
  readonly domainName: unknown;
  /** Seconds; undefined for S3, which has no such setting here. */
  readonly readTimeout: number | undefined;
}

/** The whole distribution. */
export interface DistributionModel {
  /** The header that CloudFront reads tags from, or undefined. */
  readonly tagHeader: string | undefined;
  /** In the order CloudFront tries them; the default behaviour last. */
  readonly behaviors: readonly BehaviorModel[];
}

/** Whether a behaviour stores anything. */
export function caches(behavior: BehaviorModel): boolean {
  return behavior.key === undefined || behavior.key.maxTtl > 0;
}

/** Reads `distribution` as it will be in the template. */
export function readDistribution(distribution: Distribution): DistributionModel {
  const resource = distribution.node.defaultChild as CfnResource;
  const { DistributionConfig: config } = properties(resource);
  const policies = new Policies(distribution);
  const behavior = (each: Rendered, isDefault: boolean): BehaviorModel => {
    const target = each.TargetOriginId as string;
    const group = listed(config.OriginGroups?.Items).find((item: Rendered) => item.Id === target);
    const ids: string[] = group ? group.Members.Items.map((member: Rendered) => member.OriginId) : [target];
    return {
      pattern: isDefault ? "*" : each.PathPattern,
      isDefault,
      key: policies.key(each.CachePolicyId),
      forwarding: policies.forwarding(each.OriginRequestPolicyId),
      removedHeaders: policies.removedHeaders(each.ResponseHeadersPolicyId),
      edge: Object.fromEntries(
        listed(each.LambdaFunctionAssociations).map((item: Rendered) => [
          item.EventType,
          item.LambdaFunctionARN,
        ]),
      ),
      cloudFrontFunctions: listed(each.FunctionAssociations).map((item: Rendered) => item.EventType),
      origins: listed(config.Origins)
        .filter((origin: Rendered) => ids.includes(origin.Id))
        .map((origin: Rendered) => ({
          domainName: origin.DomainName,
          // Without the setting CloudFront waits 30 s.
          readTimeout: origin.CustomOriginConfig
            ? (origin.CustomOriginConfig.OriginReadTimeout ?? 30)
            : undefined,
        })),
      failoverCodes: group?.FailoverCriteria.StatusCodes.Items ?? [],
    };
  };
  return {
    tagHeader: config.CacheTagConfig?.HeaderName,
    behaviors: [
      ...listed(config.CacheBehaviors).map((each: Rendered) => behavior(each, false)),
      behavior(config.DefaultCacheBehavior, true),
    ],
  };
}

// Rendered CloudFormation has no types; its shape is that of the resource specification.
// biome-ignore lint/suspicious/noExplicitAny: see above
type Rendered = any;

// An override that deletes an item leaves a hole.
function listed(items: Rendered[] | undefined): Rendered[] {
  return (items ?? []).filter((item) => item !== undefined);
}

/** Properties of a resource as they will be in the template, overrides included. */
function properties(resource: CfnResource): Rendered {
  // Not declared, since it is internal, but the only place where overrides have been applied.
  const rendered = (resource as unknown as { _toCloudFormation(): object })._toCloudFormation();
  const { Resources } = Stack.of(resource).resolve(rendered);
  return (Object.values(Resources)[0] as Rendered).Properties;
}

const POLICY_TYPES = [
  CfnCachePolicy.CFN_RESOURCE_TYPE_NAME,
  CfnOriginRequestPolicy.CFN_RESOURCE_TYPE_NAME,
  CfnResponseHeadersPolicy.CFN_RESOURCE_TYPE_NAME,
];

/** The policies of the app, found by the references that behaviours have to them. */
class Policies {
  private readonly stack: Stack;
  private readonly byReference = new Map<string, CfnResource>();

  constructor(distribution: Distribution) {
    this.stack = Stack.of(distribution);
    for (const each of distribution.node.root.node.findAll()) {
      // By type and not by class: an app may hold two copies of the library.
      if (CfnResource.isCfnResource(each) && POLICY_TYPES.includes(each.cfnResourceType)) {
        this.byReference.set(JSON.stringify(this.stack.resolve(each.ref)), each);
      }
    }
  }

  key(id: unknown): CacheKeyModel | undefined {
    const policy = this.find(id);
    if (!policy) return managedCachePolicy(id);
    const config = properties(policy).CachePolicyConfig;
    const parameters = config.ParametersInCacheKeyAndForwardedToOrigin;
    return {
      headers: names(parameters.HeadersConfig.HeaderBehavior, parameters.HeadersConfig.Headers, lower),
      queryNames: names(
        parameters.QueryStringsConfig.QueryStringBehavior,
        parameters.QueryStringsConfig.QueryStrings,
      ),
      cookies: names(parameters.CookiesConfig.CookieBehavior, parameters.CookiesConfig.Cookies),
      encodings: [
        ...(parameters.EnableAcceptEncodingBrotli ? ["br"] : []),
        ...(parameters.EnableAcceptEncodingGzip ? ["gzip"] : []),
      ],
      minTtl: config.MinTTL,
      maxTtl: config.MaxTTL,
    };
  }

  forwarding(id: unknown): ForwardingModel {
    const policy = this.find(id);
    if (!policy) return managedOriginRequestPolicy(id);
    const config = properties(policy).OriginRequestPolicyConfig;
    return {
      headers: names(config.HeadersConfig.HeaderBehavior, config.HeadersConfig.Headers, lower),
      queryNames: names(
        config.QueryStringsConfig.QueryStringBehavior,
        config.QueryStringsConfig.QueryStrings,
      ),
    };
  }

  removedHeaders(id: unknown): string[] {
    const policy = this.find(id);
    const config = policy && properties(policy).ResponseHeadersPolicyConfig;
    return (config?.RemoveHeadersConfig?.Items ?? []).map((item: Rendered) => lower(item.Header));
  }

  private find(id: unknown): CfnResource | undefined {
    return id === undefined ? undefined : this.byReference.get(JSON.stringify(id));
  }
}

function names(
  behavior: string | undefined,
  list: string[] | undefined,
  fold = (name: string) => name,
): Names {
  const given = [...(list ?? [])].map(fold).sort();
  switch (behavior) {
    case undefined:
    case "none":
      return { behavior: "none", names: [] };
    case "all":
    case "allViewer":
    case "allViewerAndWhitelistCloudFront":
      return { behavior: "all", names: given };
    case "allExcept":
      return { behavior: "allExcept", names: given };
    default:
      return { behavior: "list", names: given };
  }
}

/** Whether `names` lets `name` take part. */
export function includes(names: Names, name: string): boolean {
  switch (names.behavior) {
    case "none":
      return false;
    case "all":
      return true;
    case "list":
      return names.names.includes(name);
    case "allExcept":
      return !names.names.includes(name);
  }
}

function lower(name: string): string {
  return Token.isUnresolved(name) ? name : name.toLowerCase();
}
