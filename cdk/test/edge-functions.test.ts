/** Which edge functions stand where, and what they are. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { App, Stack } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { UserPool } from "aws-cdk-lib/aws-cognito";
import { CacheTagger } from "../lib/edge/cache-tagger.ts";
import { ViewerAuthorizer } from "../lib/edge/viewer-authorizer.ts";
import { configOf, contract, everything, type Rendered, templates, tenantCache } from "./app-under-test.ts";

function events(behavior: Rendered): string[] {
  return (behavior.LambdaFunctionAssociations ?? []).map((each: Rendered) => each.EventType);
}

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
