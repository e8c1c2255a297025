/** Every rule of the distribution is broken here, and stops the synthesis; sound distributions do not. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { App, type CfnResource, Duration, Stack } from "aws-cdk-lib";
import {
  CacheHeaderBehavior,
  CachePolicy,
  CacheQueryStringBehavior,
  KeyGroup,
} from "aws-cdk-lib/aws-cloudfront";
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
import {
  api,
  BY_ASPECT,
  BY_ESCAPE_HATCH,
  BY_PROPERTIES,
  failover,
  type Given,
  HEADERS,
  hatch,
  override,
  policy,
  TENANTS,
  withCookie,
} from "./mistakes.ts";

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
