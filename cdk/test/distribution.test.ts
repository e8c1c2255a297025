import assert from "node:assert/strict";
import { test } from "node:test";
import { App, Duration, Stack } from "aws-cdk-lib";
import { Match, Template } from "aws-cdk-lib/assertions";
import { KeyGroup } from "aws-cdk-lib/aws-cloudfront";
import { UserPool } from "aws-cdk-lib/aws-cognito";
import { CacheTagger } from "../lib/edge/cache-tagger.ts";
import { ViewerAuthorizer } from "../lib/edge/viewer-authorizer.ts";
import { contract, everything, pipelineAlone, templates, tenantCache } from "./app-under-test.ts";

const CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad";
const ALL = {
  apiPath: "/prod",
  apiPort: 8443,
  staticSite: true,
  lastKnownGood: true,
  publicPaths: ["/api/login"],
  domainNames: ["app.example.com"],
  certificateArn: "arn:aws:acm:us-east-1:123456789012:certificate/abc",
  webAclArn: "arn:aws:wafv2:us-east-1:123456789012:global/webacl/site/abc",
  originVerify: {
    header: "x-origin-verify",
    secretArn: "arn:aws:secretsmanager:us-east-1:123456789012:secret:verify-AbCdEf",
  },
};

// biome-ignore lint/suspicious/noExplicitAny: rendered CloudFormation
type Rendered = any;

function configOf(template: Template): Rendered {
  const [distribution] = Object.values(template.findResources("AWS::CloudFront::Distribution"));
  return distribution?.Properties.DistributionConfig;
}

function events(behavior: Rendered): string[] {
  return (behavior.LambdaFunctionAssociations ?? []).map((each: Rendered) => each.EventType);
}

test("CacheTagConfig has the contract's header", () => {
  assert.deepEqual(configOf(templates(everything()).distribution).CacheTagConfig, {
    HeaderName: "cache-tag",
  });
});

test("each path of the contract is cached with its TTLs, and the probe before them is not", () => {
  const two = contract();
  two.paths = [
    { pattern: "/api/cost*", defaultTtl: "1h", maxTtl: "2h" },
    { pattern: "/api/*", defaultTtl: "1d", maxTtl: "7d" },
  ];
  const { stack } = tenantCache(two);
  const template = Template.fromStack(stack);
  const config = configOf(template);
  assert.deepEqual(
    config.CacheBehaviors.map((each: Rendered) => each.PathPattern),
    ["/api/version", "/api/cost*", "/api/*"],
  );
  assert.equal(config.CacheBehaviors[0].CachePolicyId, CACHING_DISABLED);
  for (const [seconds, maximum] of [
    [3600, 7200],
    [86_400, 604_800],
  ]) {
    template.hasResourceProperties("AWS::CloudFront::CachePolicy", {
      CachePolicyConfig: { MinTTL: 0, DefaultTTL: seconds, MaxTTL: maximum },
    });
  }
});

test("paths of equal TTLs share one cache policy, since an account has twenty", () => {
  const many = contract();
  many.paths = [
    ...Array.from({ length: 30 }, (_, n) => ({ pattern: `/api/${n}/*`, defaultTtl: "1h", maxTtl: "2h" })),
    ...many.paths,
  ];
  Template.fromStack(tenantCache(many).stack).resourceCountIs("AWS::CloudFront::CachePolicy", 2);
});

test("the key is what the contract lists, with both encodings", () => {
  templates(everything()).distribution.hasResourceProperties("AWS::CloudFront::CachePolicy", {
    CachePolicyConfig: {
      ParametersInCacheKeyAndForwardedToOrigin: {
        HeadersConfig: {
          HeaderBehavior: "whitelist",
          Headers: ["x-organization-id", "x-locale-bucket", "x-device-class"],
        },
        QueryStringsConfig: {
          QueryStringBehavior: "whitelist",
          QueryStrings: ["organization", "organization_id", "window"],
        },
        CookiesConfig: { CookieBehavior: "none" },
        EnableAcceptEncodingBrotli: true,
        EnableAcceptEncodingGzip: true,
      },
    },
  });
});

test("a contract without query names, cookies and brotli has a key without them", () => {
  const plain = contract();
  plain.tenant.queryNames = [];
  const sent = { cookies: { theme: "dark" } };
  plain.cacheKey = { ...plain.cacheKey, queryNames: [], cookies: ["theme"], encodings: ["gzip"], sent };
  plain.endpoints = [{ path: "/api/overview", timeout: "10s" }];
  plain.probe = { path: "/api/version", timeout: "10s" };
  Template.fromStack(tenantCache(plain).stack).hasResourceProperties("AWS::CloudFront::CachePolicy", {
    CachePolicyConfig: {
      ParametersInCacheKeyAndForwardedToOrigin: {
        QueryStringsConfig: { QueryStringBehavior: "none" },
        CookiesConfig: { CookieBehavior: "whitelist", Cookies: ["theme"] },
        EnableAcceptEncodingBrotli: false,
        EnableAcceptEncodingGzip: true,
      },
    },
  });
});

test("cached paths forward the token and nothing else that is outside the key", () => {
  templates(everything()).distribution.hasResourceProperties("AWS::CloudFront::OriginRequestPolicy", {
    OriginRequestPolicyConfig: {
      HeadersConfig: { HeaderBehavior: "allExcept", Headers: ["host", "accept-language", "user-agent"] },
      QueryStringsConfig: { QueryStringBehavior: "none" },
      CookiesConfig: { CookieBehavior: "none" },
    },
  });
});

test("tenant paths have all edge functions, other paths of the API the authorizer", () => {
  const config = configOf(templates(everything()).distribution);
  const [probe, tenants] = config.CacheBehaviors;
  assert.deepEqual(events(probe), ["viewer-request"]);
  assert.deepEqual(events(tenants), ["viewer-request", "origin-response", "origin-request"]);
  assert.deepEqual(events(config.DefaultCacheBehavior), ["viewer-request"]);
  for (const each of [probe, tenants, config.DefaultCacheBehavior]) {
    assert.equal(each.ViewerProtocolPolicy, "https-only");
  }
});

test("a distribution of one's own may do without the function that answers looks", () => {
  const { stack } = tenantCache();
  const config = configOf(Template.fromStack(stack));
  assert.deepEqual(events(config.CacheBehaviors[1]), ["viewer-request", "origin-response"]);
});

test("a variant of a claim is in the key and takes no header from viewers, on public paths either", () => {
  const given = contract();
  given.cacheKey.headers = [...given.cacheKey.headers, "x-role"];
  given.variants.push({
    header: "x-role",
    from: "claim:custom:role",
    default: "reader",
    values: [{ value: "reader", matches: ["reader"] }],
  });
  const { stack } = tenantCache(given, () => ({ publicPaths: ["/api/login"] }));
  const denied = Object.values(
    Template.fromStack(stack).findResources("AWS::CloudFront::OriginRequestPolicy"),
  )
    .map(({ Properties }) => Properties.OriginRequestPolicyConfig.HeadersConfig.Headers.join(" "))
    .toSorted();
  assert.deepEqual(denied, ["host", "host accept-language user-agent", "host x-organization-id x-role"]);
});

test("pages of named origins may read answers, with cookies only where the token is in one", () => {
  const corsOf = (changes: object) => {
    const [policy] = Object.values(
      templates(everything(changes)).distribution.findResources("AWS::CloudFront::ResponseHeadersPolicy"),
    );
    return policy?.Properties.ResponseHeadersPolicyConfig.CorsConfig;
  };
  const corsOrigins = ["https://app.example.com"];
  const cors = corsOf({ corsOrigins });
  assert.deepEqual(cors.AccessControlAllowOrigins.Items, corsOrigins);
  assert.equal(cors.AccessControlAllowCredentials, false);
  assert.equal(cors.OriginOverride, false);
  assert.equal(corsOf({ corsOrigins, tokenCookie: "session" }).AccessControlAllowCredentials, true);
  assert.equal(corsOf({}), undefined);
});

test("edge functions are published versions with what Lambda@Edge has, kept when replaced", () => {
  const { distribution } = templates(everything());
  const config = configOf(distribution);
  for (const { LambdaFunctionARN } of config.CacheBehaviors[1].LambdaFunctionAssociations) {
    const version = distribution.toJSON().Resources[LambdaFunctionARN.Ref];
    assert.equal(version.Type, "AWS::Lambda::Version");
    assert.equal(version.DeletionPolicy, "Retain");
    const { DeletionPolicy, Properties: made } =
      distribution.toJSON().Resources[version.Properties.FunctionName.Ref];
    assert.equal(DeletionPolicy, "Retain", "its replicas are there for hours");
    assert.deepEqual(Object.keys(made).sort(), [
      "Architectures",
      "Code",
      "Description",
      "Handler",
      "MemorySize",
      "Role",
      "Runtime",
      "Tags",
      "Timeout",
    ]);
    assert.ok(
      made.Tags.some((tag: Rendered) => tag.Key === "warmfront:role"),
      "by which the rulebook tells it",
    );
    assert.deepEqual(made.Architectures, ["x86_64"]);
    assert.match(made.Runtime, /^nodejs/);
    assert.ok(made.MemorySize <= 128 && made.Timeout <= 5);
  }
});

test("edge functions outside us-east-1 are refused with the mend", () => {
  for (const [env, place] of [
    [{ region: "eu-central-1" }, "eu-central-1"],
    [undefined, "a stack without a region"],
  ] as const) {
    const stack = new Stack(new App(), "Site", { env });
    assert.throws(() => new CacheTagger(stack, "CacheTagger", { contract: contract() }), {
      message: `Site/CacheTagger is in ${place}: edge functions exist in us-east-1 only; put it in a stack with env: { region: "us-east-1" } and, where another region uses it, set crossRegionReferences on both stacks`,
    });
  }
});

test("the authorizer refuses settings that it could not start with", () => {
  const stack = new Stack(new App(), "Site", { env: { region: "us-east-1" } });
  assert.throws(
    () => new ViewerAuthorizer(stack, "ViewerAuthorizer", { contract: contract(), userPoolId: "nonsense" }),
    /ViewerAuthorizer:\n {2}- .*nonsense/,
  );
});

test("the authorizer says what to do with a pool of the same app", () => {
  const stack = new Stack(new App(), "Site", { env: { region: "us-east-1" } });
  const { userPoolId } = new UserPool(stack, "Pool");
  assert.throws(
    () => new ViewerAuthorizer(stack, "ViewerAuthorizer", { contract: contract(), userPoolId }),
    /Site\/ViewerAuthorizer: userPoolId is known only once the pool is deployed.*give its id as text/,
  );
});

test("the stack is in us-east-1 whatever the pipeline's region", () => {
  const { distribution } = templates(everything());
  assert.match(
    JSON.stringify(distribution.findResources("AWS::Lambda::Function")),
    /cdk-hnb659fds-assets-123456789012-us-east-1/,
  );
});

test("the API is asked once, and for as long as its slowest endpoint takes", () => {
  const { Origins: origins } = configOf(templates(everything()).distribution);
  assert.equal(origins.length, 1);
  assert.equal(origins[0].ConnectionAttempts, 1);
  assert.equal(origins[0].CustomOriginConfig.OriginReadTimeout, 110);
  assert.equal(origins[0].CustomOriginConfig.OriginProtocolPolicy, "https-only");
  assert.deepEqual(origins[0].OriginShield, { Enabled: true, OriginShieldRegion: "eu-central-1" });
});

test("a fast API still has CloudFront's own 30 s", () => {
  const fast = contract();
  fast.endpoints = [{ path: "/api/overview", timeout: "5s" }];
  const { Origins: origins } = configOf(Template.fromStack(tenantCache(fast).stack));
  assert.equal(origins[0].CustomOriginConfig.OriginReadTimeout, 30);
});

test("a read timeout above the account's quota is refused until the quota is raised", () => {
  const slow = contract();
  slow.endpoints = [{ path: "/api/overview", timeout: "180s" }];
  assert.throws(() => tenantCache(slow), {
    message:
      "the origin read timeout is 180 s and the account's quota 120 s: CloudFront would refuse the distribution. Ask for a higher quota \"Response timeout per origin\" (L-AECE9FA7) and then raise originReadTimeoutQuota, or lower the timeouts of the contract's endpoints",
  });
  const { stack } = tenantCache(slow, () => ({
    api: { domainName: "api.example.com", readTimeoutQuota: Duration.seconds(180) },
  }));
  assert.equal(configOf(Template.fromStack(stack)).Origins[0].CustomOriginConfig.OriginReadTimeout, 180);
});

test("errors are cached as long as the pipeline believes", () => {
  const { distribution, pipeline } = templates(everything({ errorCachingTtl: "3s" }));
  assert.deepEqual(
    configOf(distribution).CustomErrorResponses.map((each: Rendered) => [
      each.ErrorCode,
      each.ErrorCachingMinTTL,
    ]),
    [
      [500, 3],
      [502, 3],
      [503, 3],
      [504, 3],
    ],
  );
  pipeline.hasResourceProperties("AWS::Lambda::Function", {
    Environment: { Variables: { ERROR_CACHING_TTL: "3s" } },
  });
});

test("every option at once", () => {
  const { distribution } = templates(everything(ALL));
  const config = configOf(distribution);
  assert.equal(config.HttpVersion, "http2and3");
  assert.deepEqual(config.Aliases, ["app.example.com"]);
  assert.equal(config.ViewerCertificate.MinimumProtocolVersion, "TLSv1.2_2021");
  assert.equal(config.WebACLId, ALL.webAclArn);
  assert.match(JSON.stringify(config.Logging.Bucket), /AccessLogs/);

  assert.deepEqual(config.OriginGroups.Items[0].FailoverCriteria.StatusCodes, {
    Items: [500, 502, 503, 504],
    Quantity: 4,
  });
  const tenants = config.CacheBehaviors.at(-1);
  assert.equal(tenants.TargetOriginId, config.OriginGroups.Items[0].Id);
  assert.deepEqual(
    tenants.AllowedMethods,
    ["GET", "HEAD", "OPTIONS"],
    "what CloudFront takes beside a failover",
  );

  const api = config.Origins.find((each: Rendered) => each.DomainName === "api.example.com");
  assert.equal(api.OriginPath, "/prod");
  assert.equal(api.CustomOriginConfig.HTTPSPort, 8443);
  assert.deepEqual(api.OriginCustomHeaders, [
    {
      HeaderName: "x-origin-verify",
      HeaderValue: `{{resolve:secretsmanager:${ALL.originVerify.secretArn}:SecretString:::}}`,
    },
  ]);

  distribution.resourceCountIs("AWS::CloudFront::OriginAccessControl", 2);
  const site = config.Origins.find((each: Rendered) =>
    JSON.stringify(each.DomainName).includes("StaticSite"),
  );
  assert.equal(config.DefaultCacheBehavior.TargetOriginId, site.Id);
  assert.ok(site.OriginAccessControlId);
  assert.deepEqual(events(config.DefaultCacheBehavior), []);
});

test("a public path is uncached, needs no token, and the tenant header does not get through", () => {
  const { distribution } = templates(everything(ALL));
  const login = configOf(distribution).CacheBehaviors.find(
    (each: Rendered) => each.PathPattern === "/api/login",
  );
  assert.equal(login.CachePolicyId, CACHING_DISABLED);
  assert.deepEqual(events(login), []);
  const policy = distribution.toJSON().Resources[login.OriginRequestPolicyId.Ref].Properties;
  assert.deepEqual(policy.OriginRequestPolicyConfig.HeadersConfig, {
    HeaderBehavior: "allExcept",
    Headers: ["host", "x-organization-id"],
  });
});

test("buckets are private, encrypted, reached by TLS, and outlive the stack", () => {
  const { distribution } = templates(everything(ALL));
  const buckets = Object.values(distribution.findResources("AWS::S3::Bucket"));
  assert.equal(buckets.length, 3);
  for (const { Properties, DeletionPolicy } of buckets) {
    assert.equal(DeletionPolicy, "Retain");
    assert.equal(Properties.PublicAccessBlockConfiguration.BlockPublicPolicy, true);
    assert.ok(Properties.BucketEncryption);
  }
  distribution.allResourcesProperties("AWS::S3::BucketPolicy", {
    PolicyDocument: {
      Statement: Match.arrayWith([
        Match.objectLike({ Effect: "Deny", Condition: { Bool: { "aws:SecureTransport": "false" } } }),
      ]),
    },
  });
});

test("a missing last-known-good document is a 404, and not a 403", () => {
  const { distribution } = templates(everything({ lastKnownGood: true }));
  distribution.hasResourceProperties("AWS::S3::BucketPolicy", {
    Bucket: { Ref: Match.stringLikeRegexp("LastKnownGood") },
    PolicyDocument: {
      Statement: Match.arrayWith([
        Match.objectLike({ Effect: "Allow", Action: ["s3:GetObject", "s3:ListBucket"] }),
      ]),
    },
  });
});

test("signed paths are answered to their key group only, and still need a token", () => {
  const signedPaths = { "/api/*": "group-a", "/files/*": "group-b" };
  const { distribution } = templates(everything({ publicPaths: ["/files/*"], signedPaths }));
  const { CacheBehaviors: behaviors } = configOf(distribution);
  assert.deepEqual(
    behaviors.map((each: Rendered) => [each.PathPattern, each.TrustedKeyGroups, events(each)]),
    [
      ["/api/version", undefined, ["viewer-request"]],
      ["/files/*", ["group-b"], []],
      ["/api/*", ["group-a"], ["viewer-request", "origin-response", "origin-request"]],
    ],
  );
});

test("a signed path that no behaviour has is refused", () => {
  assert.throws(
    () =>
      tenantCache(contract(), (stack) => ({
        signedPaths: { "/reports/*": KeyGroup.fromKeyGroupId(stack, "KeyGroup", "group") },
      })),
    /signed path "\/reports\/\*" is neither a path of the contract nor a public path/,
  );
});

test("viewers see the tag header on no path of the API", () => {
  const { distribution } = templates(everything({ publicPaths: ["/api/login"] }));
  const config = configOf(distribution);
  const ids = [...config.CacheBehaviors, config.DefaultCacheBehavior].map(
    (each) => each.ResponseHeadersPolicyId.Ref,
  );
  for (const id of ids) {
    assert.deepEqual(
      distribution.toJSON().Resources[id].Properties.ResponseHeadersPolicyConfig.RemoveHeadersConfig.Items,
      [{ Header: "cache-tag" }],
    );
  }
});

test("while a header is renamed the previous one is hidden too", () => {
  Template.fromStack(
    tenantCache({ ...contract(), previousTagHeader: "x-amz-meta-cache-tag" }).stack,
  ).hasResourceProperties("AWS::CloudFront::ResponseHeadersPolicy", {
    ResponseHeadersPolicyConfig: {
      RemoveHeadersConfig: { Items: [{ Header: "cache-tag" }, { Header: "x-amz-meta-cache-tag" }] },
    },
  });
});

test("without the setting there is no distribution", () => {
  const { distribution } = templates(pipelineAlone());
  distribution.resourceCountIs("AWS::CloudFront::Distribution", 0);
});
