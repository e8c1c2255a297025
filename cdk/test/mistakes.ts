/**
 * Mistakes in a distribution, each with the rule that it breaks, made in the way in which people make it: by a property,
 * by an escape hatch after construction, or by an aspect.
 */
import { Aspects, CfnResource, Duration, type Stack } from "aws-cdk-lib";
import {
  CachePolicy,
  type CfnDistribution,
  Function as CloudFrontFunction,
  FunctionCode,
  OriginRequestPolicy,
} from "aws-cdk-lib/aws-cloudfront";
import { HttpOrigin, S3BucketOrigin } from "aws-cdk-lib/aws-cloudfront-origins";
import { Bucket } from "aws-cdk-lib/aws-s3";
import { CacheTagger } from "../lib/edge/cache-tagger.ts";
import { contract, type tenantCache } from "./app-under-test.ts";

type Made = ReturnType<typeof tenantCache>;
export type Given = Parameters<typeof tenantCache>;
export type Mistake = [rule: string, make: (made: Made) => void, ...given: Given];

// Behaviours of the tests' contract: 0 is the probe's, 1 is that of /api/*.
export const TENANTS = "DistributionConfig.CacheBehaviors.1";
const DEFAULT = "DistributionConfig.DefaultCacheBehavior";
const ORIGIN = "DistributionConfig.Origins.0";
const KEY = "CachePolicyConfig.ParametersInCacheKeyAndForwardedToOrigin";
export const HEADERS = contract().cacheKey.headers;
const ELSEWHERE = "11111111-2222-3333-4444-555555555555";
const UNCACHED = CachePolicy.CACHING_DISABLED.cachePolicyId;

/** An escape hatch into the distribution: another value, or none. */
export function hatch(path: string, value?: unknown): Mistake[1] {
  return ({ distribution }) => override(distribution.node.defaultChild as CfnDistribution, path, value);
}

/** The same into one of its policies. */
export function policy(id: string, path: string, value?: unknown): Mistake[1] {
  return ({ tenantCache: made }) =>
    override(made.node.findChild(id).node.defaultChild as CfnResource, path, value);
}

/** An aspect that overrides a property of every resource of a type. */
function aspect(type: string, path: string, value?: unknown): Mistake[1] {
  return ({ stack }) =>
    Aspects.of(stack).add({
      visit: (node) => {
        if (CfnResource.isCfnResource(node) && node.cfnResourceType === type) override(node, path, value);
      },
    });
}

export function override(resource: CfnResource, path: string, value: unknown): void {
  if (value === undefined) resource.addPropertyDeletionOverride(path);
  else resource.addPropertyOverride(path, value);
}

/** A further behaviour, by the construct's own method. */
function behavior(pattern: string, options: object = {}, host = "api.example.com"): Mistake[1] {
  return ({ distribution }) => distribution.addBehavior(pattern, new HttpOrigin(host), options);
}

const DISTRIBUTION = "AWS::CloudFront::Distribution";
const FUNCTION = "AWS::Lambda::Function";
const nothing = () => {};
export const failover = (stack: Stack) => ({ lastKnownGood: new Bucket(stack, "LastKnownGood") });
const publicPaths = () => ({ publicPaths: ["/api/login"] });
export const withCookie = () => {
  const given = contract();
  given.cacheKey = { ...given.cacheKey, cookies: ["theme"], sent: { cookies: { theme: "dark" } } };
  return given;
};

export const BY_PROPERTIES: Mistake[] = [
  ["authorizer-missing", behavior("/api/cost/export*")],
  ["tagger-missing", behavior("/api/cost/export*", { cachePolicy: CachePolicy.CACHING_OPTIMIZED })],
  ["key-lacks-tenant", behavior("/reports/*", { cachePolicy: CachePolicy.CACHING_OPTIMIZED })],
  ["min-ttl", behavior("/reports/*", { cachePolicy: CachePolicy.CACHING_OPTIMIZED })],
  ["key-has-more", behavior("/api/x", { cachePolicy: CachePolicy.USE_ORIGIN_CACHE_CONTROL_HEADERS })],
  ["query-forwarded", behavior("/api/x", forwardingAll(CachePolicy.CACHING_OPTIMIZED))],
  ["cookies-forwarded", behavior("/api/x", forwardingAll(CachePolicy.CACHING_OPTIMIZED))],
  ["header-forwarded", behavior("/api/x", forwardingAll(CachePolicy.CACHING_OPTIMIZED))],
  ["tag-visible", behavior("/reports/*")],
  ["plain-viewers", behavior("/reports/*")],
  ["way-round", behavior("/reports/*", { cachePolicy: CachePolicy.CACHING_DISABLED })],
  ["behavior-shadowed", behavior("/api/cost/export*")],
  ["endpoint-public", nothing, contract(), () => ({ publicPaths: ["/api/inv*"] })],
  ["endpoint-uncached", nothing, contract(), () => ({ publicPaths: ["/api/inv*"] })],
  ["read-timeout", nothing, contract(), () => api({ readTimeout: Duration.seconds(60) })],
  ["custom-header", nothing, contract(), () => ({ api: { domainName: "a.example.com", ...verify() } })],
  [
    "too-many-behaviors",
    (made) => {
      for (let n = 0; n < 75; n++) behavior(`/site/${n}`, {}, "site.example.com")(made);
    },
  ],
  [
    "too-many-policies",
    ({ stack }) => {
      for (let n = 0; n < 20; n++) new CachePolicy(stack, `Policy${n}`);
    },
  ],
];

function forwardingAll(cachePolicy: unknown): object {
  return { cachePolicy, originRequestPolicy: OriginRequestPolicy.ALL_VIEWER };
}

export function api(changes: object): object {
  return { api: { domainName: "api.example.com", ...changes } };
}

function verify(): object {
  const secretValue = { unsafeUnwrap: () => "secret" };
  return { verify: { header: "X-Locale-Bucket", secret: { secretValue } } };
}

export const BY_ESCAPE_HATCH: Mistake[] = [
  ["disabled", hatch("DistributionConfig.Enabled", false)],
  ["staging", hatch("DistributionConfig.Staging", true)],
  ["tag-config-missing", hatch("DistributionConfig.CacheTagConfig")],
  ["tag-config-differs", hatch("DistributionConfig.CacheTagConfig.HeaderName", "x-tags")],
  ["authorizer-missing", hatch(`${TENANTS}.LambdaFunctionAssociations.0`)],
  ["authorizer-missing", hatch(`${TENANTS}.LambdaFunctionAssociations.0.EventType`, "origin-request")],
  ["token-unverified", hatch(`${TENANTS}.LambdaFunctionAssociations.0`)],
  ["way-round", hatch(`${DEFAULT}.LambdaFunctionAssociations`)],
  ["tagger-missing", hatch(`${TENANTS}.LambdaFunctionAssociations.1`)],
  [
    "tagger-missing",
    ({ stack, ...made }) => {
      const another = new CacheTagger(stack, "Another", { contract: contract() });
      const reference = stack.resolve(another.version.functionArn);
      hatch(`${TENANTS}.LambdaFunctionAssociations.1.LambdaFunctionARN`, reference)({ stack, ...made });
    },
  ],
  [
    "viewer-side-twice",
    ({ stack, ...made }) => {
      const code = FunctionCode.fromInline("function handler(event) { return event.request; }");
      const { functionArn } = new CloudFrontFunction(stack, "Redirect", { code });
      const association = { EventType: "viewer-response", FunctionARN: functionArn };
      hatch(`${DEFAULT}.FunctionAssociations`, [association])({ stack, ...made });
    },
  ],
  ["cache-policy-unknown", hatch(`${TENANTS}.CachePolicyId`, ELSEWHERE)],
  ["forwarding-unknown", hatch(`${TENANTS}.OriginRequestPolicyId`, ELSEWHERE)],
  ["key-lacks-tenant", policy("Key-1d-7d", `${KEY}.HeadersConfig.Headers`, HEADERS.slice(1))],
  ["key-lacks-tenant", hatch(`${DEFAULT}.CachePolicyId`, CachePolicy.CACHING_OPTIMIZED.cachePolicyId)],
  ["key-lacks-header", policy("Key-1d-7d", `${KEY}.HeadersConfig.Headers`, HEADERS.slice(0, 2))],
  ["key-lacks-query", policy("Key-1d-7d", `${KEY}.QueryStringsConfig.QueryStrings.2`)],
  ["key-lacks-cookie", policy("Key-1d-7d", `${KEY}.CookiesConfig`, { CookieBehavior: "none" }), withCookie()],
  ["key-has-authorization", policy("Key-1d-7d", `${KEY}.HeadersConfig.Headers.3`, "Authorization")],
  ["key-has-more", policy("Key-1d-7d", `${KEY}.HeadersConfig.Headers.3`, "accept")],
  ["key-encodings", policy("Key-1d-7d", `${KEY}.EnableAcceptEncodingBrotli`, false)],
  ["not-compressed", hatch(`${TENANTS}.Compress`, false)],
  ["min-ttl", policy("Key-1d-7d", "CachePolicyConfig.MinTTL", 60)],
  ["ttl-differs", policy("Key-1d-7d", "CachePolicyConfig.MaxTTL", 3600)],
  ["options-cached", hatch(`${TENANTS}.CachedMethods`, ["GET", "HEAD", "OPTIONS"])],
  ["methods", hatch(`${TENANTS}.AllowedMethods`, ["HEAD"])],
  [
    "query-forwarded",
    policy("ForwardToApi", "OriginRequestPolicyConfig.QueryStringsConfig", all("QueryString")),
  ],
  ["cookies-forwarded", policy("ForwardToApi", "OriginRequestPolicyConfig.CookiesConfig", all("Cookie"))],
  ["header-forwarded", policy("ForwardToApi", "OriginRequestPolicyConfig.HeadersConfig.Headers", ["host"])],
  [
    "header-forwarded",
    policy("ForwardToApi", "OriginRequestPolicyConfig.HeadersConfig", listed("x-feature")),
  ],
  ["token-not-forwarded", hatch(`${TENANTS}.OriginRequestPolicyId`)],
  [
    "tenant-not-forwarded",
    policy("ForwardUncached", "OriginRequestPolicyConfig.HeadersConfig.Headers.1", "X-Organization-Id"),
  ],
  [
    "query-not-forwarded",
    policy("ForwardUncached", "OriginRequestPolicyConfig.QueryStringsConfig.QueryStringBehavior", "none"),
  ],
  [
    "public-tenant-header",
    policy("ForwardAnonymous", "OriginRequestPolicyConfig.HeadersConfig.Headers", ["host"]),
    contract(),
    publicPaths,
  ],
  ["tag-visible", hatch(`${TENANTS}.ResponseHeadersPolicyId`)],
  [
    "header-hidden",
    policy("HideTags", "ResponseHeadersPolicyConfig.RemoveHeadersConfig.Items.1", {
      Header: "X-Data-Version",
    }),
  ],
  [
    "header-overwritten",
    policy("HideTags", "ResponseHeadersPolicyConfig.CustomHeadersConfig", {
      Items: [{ Header: "x-data-version", Value: "1", Override: true }],
    }),
  ],
  [
    "header-hidden",
    policy("HideTags", "ResponseHeadersPolicyConfig.RemoveHeadersConfig.Items.1", { Header: "X-Cache" }),
  ],
  [
    "browsers-told",
    policy("HideTags", "ResponseHeadersPolicyConfig.RemoveHeadersConfig.Items.1", {
      Header: "Cache-Control",
    }),
  ],
  [
    "browsers-told",
    policy("HideTags", "ResponseHeadersPolicyConfig.CustomHeadersConfig", {
      Items: [{ Header: "cache-control", Value: "max-age=60", Override: true }],
    }),
  ],
  ["plain-viewers", hatch(`${TENANTS}.ViewerProtocolPolicy`, "allow-all")],
  ["plain-origin", hatch(`${ORIGIN}.CustomOriginConfig.OriginProtocolPolicy`, "http-only")],
  [
    "error-page",
    hatch("DistributionConfig.CustomErrorResponses.4", {
      ErrorCode: 403,
      ResponseCode: 200,
      ResponsePagePath: "/index.html",
    }),
  ],
  [
    "error-kept",
    hatch("DistributionConfig.CustomErrorResponses.4", { ErrorCode: 404, ErrorCachingMinTTL: 300 }),
  ],
  ["error-ttl", hatch("DistributionConfig.CustomErrorResponses.2.ErrorCachingMinTTL", 60)],
  ["failover-code", hatch(failoverItems(), [404, 503]), contract(), failover],
  ["failover-methods", hatch(`${TENANTS}.AllowedMethods`, ["GET", "HEAD", "POST"]), contract(), failover],
  [
    "failover-bucket",
    ({ stack }) =>
      override(
        stack.node.findChild("LastKnownGood").node.findChild("Policy").node.defaultChild as CfnResource,
        "PolicyDocument.Statement.0.Action",
        "s3:GetObject",
      ),
    contract(),
    failover,
  ],
  ["signed", hatch(`${TENANTS}.TrustedKeyGroups`, ["group"])],
  ["path-unserved", hatch(`${TENANTS}.PathPattern`, "/app/*")],
  ["endpoint-default", hatch(`${TENANTS}.PathPattern`, "/app/*")],
  ["endpoint-uncached", hatch(`${TENANTS}.CachePolicyId`, UNCACHED)],
  ["endpoint-elsewhere", hatch(`${TENANTS}.PathPattern`, "/api/cost/*")],
  [
    "endpoint-bucket",
    ({ distribution, stack, ...made }) => {
      const site = S3BucketOrigin.withOriginAccessControl(new Bucket(stack, "Files"));
      distribution.addBehavior("/files/*", site);
      const config = stack.resolve((distribution.node.defaultChild as CfnDistribution).distributionConfig);
      const { targetOriginId } = config.cacheBehaviors.at(-1);
      hatch(`${TENANTS}.TargetOriginId`, targetOriginId)({ distribution, stack, ...made });
    },
  ],
  ["completion-timeout", hatch(`${ORIGIN}.ResponseCompletionTimeout`, 60)],
  ["probe-cached", hatch("DistributionConfig.CacheBehaviors.0.PathPattern", "/other")],
  [
    "edge-unpublished",
    ({ stack, ...made }) => {
      const { function: tagger } = stack.node.findChild("CacheTagger") as CacheTagger;
      const reference = stack.resolve(tagger.functionArn);
      hatch(`${TENANTS}.LambdaFunctionAssociations.1.LambdaFunctionARN`, reference)({ stack, ...made });
    },
  ],
];

function all(kind: string): object {
  return { [`${kind}Behavior`]: "all" };
}

function listed(...names: string[]): object {
  return { HeaderBehavior: "whitelist", Headers: names };
}

function failoverItems(): string {
  return "DistributionConfig.OriginGroups.Items.0.FailoverCriteria.StatusCodes.Items";
}

export const BY_ASPECT: Mistake[] = [
  ["tag-config-missing", aspect(DISTRIBUTION, "DistributionConfig.CacheTagConfig")],
  ["plain-viewers", aspect(DISTRIBUTION, `${TENANTS}.ViewerProtocolPolicy`, "allow-all")],
  ["key-lacks-tenant", aspect("AWS::CloudFront::CachePolicy", `${KEY}.HeadersConfig.Headers.0`)],
  ["edge-memory", aspect(FUNCTION, "MemorySize", 256)],
  ["edge-timeout", aspect(FUNCTION, "Timeout", 30)],
  ["edge-unsupported", aspect(FUNCTION, "Environment", { Variables: { STAGE: "prod" } })],
  ["edge-unsupported", aspect(FUNCTION, "Layers", ["arn:aws:lambda:us-east-1:123456789012:layer:x:1"])],
  ["edge-unsupported", aspect(FUNCTION, "TracingConfig", { Mode: "Active" })],
  ["edge-unsupported", aspect(FUNCTION, "SnapStart", { ApplyOn: "PublishedVersions" })],
  ["edge-unsupported", aspect(FUNCTION, "ReservedConcurrentExecutions", 5)],
  [
    "edge-unsupported",
    aspect("AWS::Lambda::Version", "ProvisionedConcurrencyConfig", { ProvisionedConcurrentExecutions: 1 }),
  ],
  ["edge-architecture", aspect(FUNCTION, "Architectures", ["arm64"])],
  ["edge-runtime", aspect(FUNCTION, "Runtime", "provided.al2023")],
];
