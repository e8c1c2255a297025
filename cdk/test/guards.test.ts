import assert from "node:assert/strict";
import { test } from "node:test";
import { Duration, type Stack } from "aws-cdk-lib";
import {
  CacheHeaderBehavior,
  CachePolicy,
  CacheQueryStringBehavior,
  type CfnDistribution,
  Function as CloudFrontFunction,
  type Distribution,
  FunctionCode,
  OriginRequestPolicy,
} from "aws-cdk-lib/aws-cloudfront";
import { HttpOrigin } from "aws-cdk-lib/aws-cloudfront-origins";
import { Bucket } from "aws-cdk-lib/aws-s3";
import { contract, tenantCache } from "./app-under-test.ts";

// Behaviours of the example contract: 0 is the probe's, 1 is that of /api/*.
const TENANT_PATH = "DistributionConfig.CacheBehaviors.1";
const DEFAULT = "DistributionConfig.DefaultCacheBehavior";

function resource(distribution: Distribution): CfnDistribution {
  return distribution.node.defaultChild as CfnDistribution;
}

/** A cache policy with the contract's key, but for `changes`. */
function policy(stack: Stack, changes: object): string {
  return new CachePolicy(stack, "Other", {
    minTtl: Duration.seconds(0),
    maxTtl: Duration.days(1),
    defaultTtl: Duration.hours(1),
    headerBehavior: CacheHeaderBehavior.allowList(...contract().cacheKey.headers),
    queryStringBehavior: CacheQueryStringBehavior.allowList(...contract().cacheKey.queryNames),
    ...changes,
  }).cachePolicyId;
}

test("the distribution as it is made has no mistake", () => {
  assert.deepEqual(tenantCache().distribution.node.validate(), []);
});

test("a mistake stops the synthesis", () => {
  const { app, distribution } = tenantCache();
  resource(distribution).addPropertyDeletionOverride("DistributionConfig.CacheTagConfig");
  assert.throws(() => app.synth(), /CacheTagConfig is missing/);
});

const mistakes: {
  name: string;
  make: (given: ReturnType<typeof tenantCache>) => void;
  given?: Parameters<typeof tenantCache>;
  error: string | string[];
}[] = [
  {
    name: "a tenant path without the tagger",
    make: ({ distribution }) =>
      resource(distribution).addPropertyDeletionOverride(`${TENANT_PATH}.LambdaFunctionAssociations.1`),
    error:
      'behaviour "/api/*" is on a tenant path and lacks the cache tagger: what it caches cannot be purged by tag; associate the tagger with origin-response',
  },
  {
    name: "a tenant path without the authorizer, where nothing of the viewer's is forwarded",
    make: ({ distribution }) => {
      resource(distribution).addPropertyDeletionOverride(`${TENANT_PATH}.LambdaFunctionAssociations.0`);
      resource(distribution).addPropertyDeletionOverride(`${TENANT_PATH}.OriginRequestPolicyId`);
    },
    error:
      'behaviour "/api/*" is on a tenant path and lacks the viewer authorizer: anyone is served from its cache; associate the authorizer with viewer-request',
  },
  {
    name: "all viewer headers forwarded on a cached tenant path without the authorizer",
    make: ({ distribution }) => {
      resource(distribution).addPropertyDeletionOverride(`${TENANT_PATH}.LambdaFunctionAssociations.0`);
      resource(distribution).addPropertyOverride(
        `${TENANT_PATH}.OriginRequestPolicyId`,
        OriginRequestPolicy.ALL_VIEWER.originRequestPolicyId,
      );
    },
    error: [
      'behaviour "/api/*" is on a tenant path and lacks the viewer authorizer: anyone is served from its cache; associate the authorizer with viewer-request',
      "behaviour \"/api/*\" forwards the viewer's Authorization header without the viewer authorizer: the first user's answer is served to everyone; associate the authorizer with viewer-request, or do not cache this path",
    ],
  },
  {
    name: "a further behaviour inside a tenant path, forgotten by tagger and authorizer",
    make: ({ distribution, stack }) =>
      distribution.addBehavior("/api/cost/export*", new HttpOrigin("api.example.com"), {
        cachePolicy: CachePolicy.fromCachePolicyId(stack, "Theirs", policy(stack, {})),
      }),
    error: [
      'behaviour "/api/cost/export*" is on a tenant path and lacks the viewer authorizer: anyone is served from its cache; associate the authorizer with viewer-request',
      'behaviour "/api/cost/export*" is on a tenant path and lacks the cache tagger: what it caches cannot be purged by tag; associate the tagger with origin-response',
      'behaviour "/api/cost/export*" lets viewers see "cache-tag", which names tenants; remove it in the response headers policy (removeHeaders)',
    ],
  },
  {
    name: "CacheTagConfig missing",
    make: ({ distribution }) =>
      resource(distribution).addPropertyDeletionOverride("DistributionConfig.CacheTagConfig"),
    error:
      'CacheTagConfig is missing: CloudFront would ignore every tag and purge nothing; set cacheTagConfig: { headerName: "cache-tag" }',
  },
  {
    name: "CacheTagConfig with another header than the tagger's",
    make: ({ distribution }) =>
      resource(distribution).addPropertyOverride(
        "DistributionConfig.CacheTagConfig.HeaderName",
        "x-amz-meta-cache-tag",
      ),
    error:
      'CacheTagConfig reads "x-amz-meta-cache-tag" and the tagger writes "cache-tag": purges would hit nothing; give both the contract\'s tagHeader',
  },
  {
    name: "the tag's source not in the key",
    make: ({ distribution, stack }) =>
      resource(distribution).addPropertyOverride(
        `${TENANT_PATH}.CachePolicyId`,
        policy(stack, { headerBehavior: CacheHeaderBehavior.allowList("x-locale-bucket", "x-device-class") }),
      ),
    error:
      'behaviour "/api/*" is tagged from "x-organization-id", which is not in its cache key: one tenant\'s answer is served to others; add "x-organization-id" to the cache policy\'s headers (cacheKey.headers of the contract)',
  },
  {
    name: "a variant not in the key",
    make: ({ distribution, stack }) =>
      resource(distribution).addPropertyOverride(
        `${TENANT_PATH}.CachePolicyId`,
        policy(stack, {
          headerBehavior: CacheHeaderBehavior.allowList("x-organization-id", "x-device-class"),
        }),
      ),
    error:
      'behaviour "/api/*" varies by "x-locale-bucket", which is not in its cache key; add it to the cache policy\'s headers (cacheKey.headers of the contract)',
  },
  {
    name: "Authorization in the key",
    make: ({ distribution, stack }) =>
      resource(distribution).addPropertyOverride(
        `${TENANT_PATH}.CachePolicyId`,
        policy(stack, {
          headerBehavior: CacheHeaderBehavior.allowList(...contract().cacheKey.headers, "Authorization"),
        }),
      ),
    error:
      'behaviour "/api/*" has Authorization in its cache key: every login is an entry of its own, and prewarming helps nobody; take it out, the viewer authorizer checks it',
  },
  {
    name: "a minimum TTL above 0",
    make: ({ distribution, stack }) =>
      resource(distribution).addPropertyOverride(
        `${TENANT_PATH}.CachePolicyId`,
        policy(stack, { minTtl: Duration.seconds(60) }),
      ),
    error:
      'behaviour "/api/*" has a minimum TTL of 60 s: it overrules an origin that says private or no-store; set minTtl to 0',
  },
  {
    name: "a cache policy of another app",
    make: ({ distribution }) =>
      resource(distribution).addPropertyOverride(
        `${TENANT_PATH}.CachePolicyId`,
        "11111111-2222-3333-4444-555555555555",
      ),
    error:
      'behaviour "/api/*" has a cache policy that is not part of this app: its key cannot be checked; use a CachePolicy of the app',
  },
  {
    name: "a read timeout below the slowest endpoint",
    make: ({ distribution }) =>
      resource(distribution).addPropertyOverride(
        "DistributionConfig.Origins.0.CustomOriginConfig.OriginReadTimeout",
        60,
      ),
    error: contract().endpoints.map(
      ({ path }) =>
        `endpoint "${path}" may take 110s and its origin's read timeout is 60 s: CloudFront answers 504 before; raise readTimeout, or lower the endpoint's timeout`,
    ),
  },
  {
    name: "an endpoint that no behaviour matches",
    given: [withEndpoint("/reports/all?organization={tenant}")],
    make: () => {},
    error:
      'endpoint "/reports/all?organization={tenant}" is matched by no behaviour but the default one; add a pattern for it to the contract\'s paths, or correct its path',
  },
  {
    name: "an endpoint whose behaviour does not cache",
    given: [withEndpoint("/api/version?organization={tenant}")],
    make: () => {},
    error:
      'endpoint "/api/version?organization={tenant}" is served by behaviour "/api/version", which does not cache: prewarming it helps nobody; give that behaviour a TTL, or drop the endpoint',
  },
  {
    name: "a query name of an endpoint that is not in the key",
    given: [withEndpoint("/api/inventory?organization={tenant}&page=1")],
    make: () => {},
    error:
      'endpoint "/api/inventory?organization={tenant}&page=1" has the query name "page", which is not in the cache key of behaviour "/api/*": answers that differ by it share one entry; add it to cacheKey.queryNames of the contract',
  },
  {
    name: "a CloudFront Function beside Lambda@Edge on the viewer side",
    make: ({ distribution, stack }) => {
      const redirect = new CloudFrontFunction(stack, "Redirect", {
        code: FunctionCode.fromInline("function handler(event) { return event.request; }"),
      });
      resource(distribution).addPropertyOverride(`${DEFAULT}.FunctionAssociations`, [
        { EventType: "viewer-response", FunctionARN: redirect.functionArn },
      ]);
    },
    error:
      "the default behaviour has a CloudFront Function (viewer-response) and a Lambda@Edge function (viewer-request) on its viewer side, which CloudFront refuses; keep the viewer authorizer and move the other's work into it or to the origin side",
  },
  {
    name: "the tag header visible to viewers",
    make: ({ distribution }) =>
      resource(distribution).addPropertyDeletionOverride(`${TENANT_PATH}.ResponseHeadersPolicyId`),
    error:
      'behaviour "/api/*" lets viewers see "cache-tag", which names tenants; remove it in the response headers policy (removeHeaders)',
  },
  {
    name: "404 among the failover codes",
    given: [contract(), (stack) => ({ lastKnownGood: new Bucket(stack, "LastKnownGood") })],
    make: ({ distribution }) =>
      resource(distribution).addPropertyOverride(
        "DistributionConfig.OriginGroups.Items.0.FailoverCriteria.StatusCodes",
        { Items: [404, 503], Quantity: 2 },
      ),
    error:
      "behaviour \"/api/*\" fails over on 404: that is the API's answer, and would be replaced by another's; fail over on 500, 502, 503 and 504 only",
  },
  {
    name: "a way to the API that goes round the authorizer",
    make: ({ distribution }) =>
      resource(distribution).addPropertyDeletionOverride(`${DEFAULT}.LambdaFunctionAssociations`),
    error:
      'the default behaviour reaches the API without the viewer authorizer, so "//" before a tenant path goes round it; associate the authorizer with viewer-request, or list the pattern in publicPaths',
  },
  {
    name: "a public path that covers an endpoint",
    given: [contract(), () => ({ publicPaths: ["/api/inv*"] })],
    make: () => {},
    error: [
      'endpoint "/api/inventory?organization={tenant}" is served by behaviour "/api/inv*", which does not cache: prewarming it helps nobody; give that behaviour a TTL, or drop the endpoint',
      'public path "/api/inv*" covers the endpoint "/api/inventory?organization={tenant}", a tenant\'s data; make the public pattern narrower',
    ],
  },
];

for (const { name, make, given, error } of mistakes) {
  test(`refuses ${name}`, () => {
    const made = tenantCache(...(given ?? []));
    make(made);
    assert.deepEqual(made.distribution.node.validate(), Array.isArray(error) ? error : [error]);
  });
}

test("a public path that covers no endpoint is no mistake", () => {
  const { distribution } = tenantCache(contract(), () => ({ publicPaths: ["/api/login", "/health"] }));
  assert.deepEqual(distribution.node.validate(), []);
});

test("a rename hides the previous tag header too", () => {
  const { distribution } = tenantCache({ ...contract(), previousTagHeader: "x-amz-meta-cache-tag" });
  assert.deepEqual(distribution.node.validate(), []);
  resource(distribution).addPropertyDeletionOverride(`${TENANT_PATH}.ResponseHeadersPolicyId`);
  assert.equal(distribution.node.validate().length, 2);
});

function withEndpoint(path: string) {
  const changed = contract();
  changed.endpoints = [...changed.endpoints, { path, timeout: "110s" }];
  return changed;
}
