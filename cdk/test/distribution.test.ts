import assert from "node:assert/strict";
import { test } from "node:test";
import { Duration } from "aws-cdk-lib";
import { Match, Template } from "aws-cdk-lib/assertions";
import { KeyGroup } from "aws-cdk-lib/aws-cloudfront";
import {
  configOf,
  contract,
  everything,
  pipelineAlone,
  type Rendered,
  templates,
  tenantCache,
} from "./app-under-test.ts";

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

function events(behavior: Rendered): string[] {
  return (behavior.LambdaFunctionAssociations ?? []).map((each: Rendered) => each.EventType);
}

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

test("without the setting there is no distribution", () => {
  const { distribution } = templates(pipelineAlone());
  distribution.resourceCountIs("AWS::CloudFront::Distribution", 0);
});
