/**
 * Every rule of the distribution with mistakes that break it, each made in the way in which people make it: by a
 * property, by an escape hatch after construction, or by an aspect.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { App, Aspects, CfnResource, Duration, Stack } from "aws-cdk-lib";
import {
  CacheHeaderBehavior,
  CachePolicy,
  CacheQueryStringBehavior,
  type CfnDistribution,
  Function as CloudFrontFunction,
  FunctionCode,
  KeyGroup,
  OriginRequestPolicy,
} from "aws-cdk-lib/aws-cloudfront";
import { HttpOrigin, S3BucketOrigin } from "aws-cdk-lib/aws-cloudfront-origins";
import { Bucket } from "aws-cdk-lib/aws-s3";
import { addStacks } from "../lib/app.ts";
import { guardDistribution } from "../lib/distribution/distribution-guards.ts";
import { TenantCacheDistribution } from "../lib/distribution/tenant-cache-distribution.ts";
import { CacheTagger } from "../lib/edge/cache-tagger.ts";
import { ViewerAuthorizer } from "../lib/edge/viewer-authorizer.ts";
import { checkInstallation } from "../lib/settings/read.ts";
import {
  contract,
  everything,
  SETTINGS_FILE,
  temporaryFolder,
  tenantCache,
  testApp,
  USER_POOL_ID,
  WITHOUT_STAGING,
} from "./app-under-test.ts";

type Made = ReturnType<typeof tenantCache>;
type Given = Parameters<typeof tenantCache>;
type Mistake = [rule: string, make: (made: Made) => void, ...given: Given];

// Behaviours of the tests' contract: 0 is the probe's, 1 is that of /api/*.
const TENANTS = "DistributionConfig.CacheBehaviors.1";
const DEFAULT = "DistributionConfig.DefaultCacheBehavior";
const ORIGIN = "DistributionConfig.Origins.0";
const KEY = "CachePolicyConfig.ParametersInCacheKeyAndForwardedToOrigin";
const HEADERS = contract().cacheKey.headers;
const ELSEWHERE = "11111111-2222-3333-4444-555555555555";
const UNCACHED = CachePolicy.CACHING_DISABLED.cachePolicyId;

/** An escape hatch into the distribution: another value, or none. */
function hatch(path: string, value?: unknown): Mistake[1] {
  return ({ distribution }) => override(distribution.node.defaultChild as CfnDistribution, path, value);
}

/** The same into one of its policies. */
function policy(id: string, path: string, value?: unknown): Mistake[1] {
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

function override(resource: CfnResource, path: string, value: unknown): void {
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
const failover = (stack: Stack) => ({ lastKnownGood: new Bucket(stack, "LastKnownGood") });
const publicPaths = () => ({ publicPaths: ["/api/login"] });
const withCookie = () => {
  const given = contract();
  given.cacheKey = { ...given.cacheKey, cookies: ["theme"], sent: { cookies: { theme: "dark" } } };
  return given;
};

const BY_PROPERTIES: Mistake[] = [
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

function api(changes: object): object {
  return { api: { domainName: "api.example.com", ...changes } };
}

function verify(): object {
  const secretValue = { unsafeUnwrap: () => "secret" };
  return { verify: { header: "X-Locale-Bucket", secret: { secretValue } } };
}

const BY_ESCAPE_HATCH: Mistake[] = [
  ["disabled", hatch("DistributionConfig.Enabled", false)],
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

const BY_ASPECT: Mistake[] = [
  ["tag-config-missing", aspect(DISTRIBUTION, "DistributionConfig.CacheTagConfig")],
  ["plain-viewers", aspect(DISTRIBUTION, `${TENANTS}.ViewerProtocolPolicy`, "allow-all")],
  ["key-lacks-tenant", aspect("AWS::CloudFront::CachePolicy", `${KEY}.HeadersConfig.Headers.0`)],
  ["edge-memory", aspect(FUNCTION, "MemorySize", 256)],
  ["edge-timeout", aspect(FUNCTION, "Timeout", 30)],
  ["edge-unsupported", aspect(FUNCTION, "Environment", { Variables: { STAGE: "prod" } })],
  ["edge-unsupported", aspect(FUNCTION, "Layers", ["arn:aws:lambda:us-east-1:123456789012:layer:x:1"])],
  ["edge-unsupported", aspect(FUNCTION, "TracingConfig", { Mode: "Active" })],
  ["edge-architecture", aspect(FUNCTION, "Architectures", ["arm64"])],
  ["edge-runtime", aspect(FUNCTION, "Runtime", "provided.al2023")],
];

/** What stops the synthesis, a problem a line. */
function stopped({ app }: { app: App }): string[] {
  try {
    app.synth();
  } catch (error) {
    return (error as Error).message.split("\n").slice(1);
  }
  return [];
}

for (const [way, mistakes] of Object.entries({
  "a property": BY_PROPERTIES,
  "an escape hatch": BY_ESCAPE_HATCH,
  "an aspect": BY_ASPECT,
})) {
  for (const [rule, make, ...given] of mistakes) {
    test(`${rule}, broken by ${way}, stops the synthesis`, () => {
      const made = tenantCache(...given);
      make(made);
      const problems = stopped(made);
      assert.ok(
        problems.some((each) => each.endsWith(`[${rule}]`)),
        problems.join("\n") || "it was synthesized",
      );
    });
  }
}

test("each rule of the distribution has its mistake here", () => {
  const page = readFileSync(new URL("../../docs/rules.md", import.meta.url), "utf8");
  const [, rules = ""] = page.split("## The distribution");
  const known = [...rules.matchAll(/^\| `([a-z-]+)`/gm)].map(([, rule]) => rule);
  const broken = [...BY_PROPERTIES, ...BY_ESCAPE_HATCH, ...BY_ASPECT].map(([rule]) => rule);
  assert.deepEqual([...new Set(broken)].sort(), known.sort());
});

test("problems come all at once, each with place, consequence and mend", () => {
  const made = tenantCache();
  hatch(`${TENANTS}.LambdaFunctionAssociations`)(made);
  policy("Key-1d-7d", "CachePolicyConfig.MinTTL", 60)(made);
  const at = '  [Site/TenantCache/Distribution] behaviour "/api/*"';
  assert.deepEqual(stopped(made), [
    `${at} reaches a tenant's data without the viewer authorizer: anyone is served from its cache; associate the function with the role "authorizer" with viewer-request [authorizer-missing]`,
    `${at} forwards the viewer's Authorization header without the viewer authorizer: the first user's answer is served to everyone; associate the authorizer with viewer-request, or do not cache this path [token-unverified]`,
    `${at} caches a tenant's answers without the cache tagger: they cannot be purged by tag; associate the function with the role "tagger" with origin-response [tagger-missing]`,
    `${at} has a minimum TTL of 60 s: it overrules an origin that says private or no-store; set it to 0 [min-ttl]`,
  ]);
});

test("a contract that nobody has checked is checked with the distribution", () => {
  const unchecked = contract();
  unchecked.endpoints = [{ path: "/reports/all?organization={tenant}", timeout: "10s" }];
  assert.match(stopped(tenantCache(unchecked)).join("\n"), /endpoints\[0\].*\[not-cached\]/);
});

for (const [name, ...given] of [
  ["as it is made"],
  ["with public paths", contract(), () => ({ publicPaths: ["/api/login", "/health"] })],
  ["with a failover", contract(), failover],
  ["with a static site", contract(), (stack) => ({ staticSite: new Bucket(stack, "Site") })],
  ["whose API speaks plain HTTP, as its properties say", contract(), () => api({ protocol: "http" })],
  ["with its own error TTL and no pipeline", contract(), () => ({ errorCachingTtl: Duration.seconds(3) })],
  ["with cookies in the key", withCookie()],
  [
    "whose probe has the tenant in its path",
    { ...contract(), probe: { path: "/api/{tenant}/version", timeout: "10s" } },
  ],
  ["during a rename", { ...contract(), previousTagHeader: "x-amz-meta-cache-tag" }],
  [
    "with signed paths",
    contract(),
    (stack) => ({ signedPaths: { "/api/*": KeyGroup.fromKeyGroupId(stack, "KeyGroup", "group") } }),
  ],
] as [string, ...Given][]) {
  test(`the distribution ${name} has no mistake`, () => {
    assert.deepEqual(stopped(tenantCache(...given)), []);
  });
}

test("policies and edge functions may be in other stacks of the app", () => {
  const made = (...headers: string[]) => {
    const app = new App({ outdir: temporaryFolder(), context: WITHOUT_STAGING });
    const env = { region: "us-east-1", account: "123456789012" };
    const edge = new Stack(app, "Edge", { env });
    const { defaultTtl, maxTtl } = { defaultTtl: Duration.days(1), maxTtl: Duration.days(7) };
    const { cachePolicyId } = new CachePolicy(edge, "Key", {
      defaultTtl,
      maxTtl,
      headerBehavior: CacheHeaderBehavior.allowList(...headers),
      queryStringBehavior: CacheQueryStringBehavior.allowList(...contract().cacheKey.queryNames),
      enableAcceptEncodingBrotli: true,
      enableAcceptEncodingGzip: true,
    });
    const site = new TenantCacheDistribution(new Stack(app, "Site", { env }), "TenantCache", {
      contract: contract(),
      api: { domainName: "api.example.com" },
      tagger: new CacheTagger(edge, "CacheTagger", { contract: contract() }),
      authorizer: new ViewerAuthorizer(edge, "Authorizer", {
        contract: contract(),
        userPoolId: USER_POOL_ID,
      }),
    });
    override(site.distribution.node.defaultChild as CfnResource, `${TENANTS}.CachePolicyId`, cachePolicyId);
    return { app };
  };
  assert.deepEqual(stopped(made(...HEADERS)), []);
  assert.match(stopped(made(...HEADERS.slice(1))).join(), /\[key-lacks-tenant\]$/);
});

test("two installations of one app are each held to their own pipeline", () => {
  const app = testApp(WITHOUT_STAGING);
  const names = { dev: "3s", prod: "10s" };
  for (const [stackPrefix, errorCachingTtl] of Object.entries(names)) {
    const serviceUser = { createGroup: stackPrefix === "prod" };
    const settings = { ...everything({ errorCachingTtl }, { serviceUser }), stackPrefix };
    addStacks(app, checkInstallation(SETTINGS_FILE, settings));
  }
  assert.deepEqual(stopped({ app }), []);
});

test("a distribution of one's own is told what it lacks", () => {
  const { stack, distribution, app } = tenantCache();
  const tagger = new CacheTagger(stack, "Theirs", { contract: contract() });
  guardDistribution(distribution, { contract: contract(), tagger, authorizer: tagger });
  const problems = stopped({ app });
  assert.ok(problems.some((each) => each.endsWith("[authorizer-missing]")));
  assert.ok(problems.some((each) => each.endsWith("[tagger-missing]")));
});
