/** What is cached, under which key, and what the origin and viewers see of it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Template } from "aws-cdk-lib/assertions";
import { configOf, contract, everything, type Rendered, templates, tenantCache } from "./app-under-test.ts";

const CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad";

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
