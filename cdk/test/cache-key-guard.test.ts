import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { Match } from "aws-cdk-lib/assertions";
import { type Composition, canonical } from "../lib/cache-key/composition.ts";
import { type CustomResourceEvent, handler, objection } from "../lib/cache-key/guard.lambda.ts";
import { CacheKeyGuard } from "../lib/cache-key/guard.ts";
import { digestOf, fromRecord, MAX_RECORD, recordOf } from "../lib/cache-key/record.ts";
import { contract, everything, templates, tenantCache } from "./app-under-test.ts";

function key(...headers: string[]): Composition {
  return [{ pattern: "/api/*", cached: true, headers, queryNames: [], cookies: [], encodings: [] }];
}

const OLD = key("x-organization-id", "x-locale-bucket");
const NEW = key("x-organization-id");
const THEIRS = key("x-organization-id", "x-device-class");

function event(
  composition: Composition,
  earlier: readonly Composition[],
  changes: object = {},
): CustomResourceEvent {
  return {
    RequestType: "Update",
    ResponseURL: "http://127.0.0.1:1/",
    StackId: "stack",
    RequestId: "request",
    LogicalResourceId: "Check",
    ResourceProperties: {
      ParameterName: "/warmfront/cache-key",
      Composition: canonical(composition),
      Earlier: JSON.stringify(earlier.map(digestOf)),
      Meaning: JSON.stringify({
        tenantHeader: "x-organization-id",
        variants: { "x-device-class": ["mobile", "desktop"] },
      }),
    },
    ...changes,
  };
}

function deployed(composition: Composition | undefined) {
  return async (name: string) => {
    assert.equal(name, "/warmfront/cache-key");
    return composition && recordOf(composition);
  };
}

test("a first deployment passes", async () => {
  assert.equal(await objection(event(NEW, [], { RequestType: "Create" }), deployed(undefined)), undefined);
});

test("what is deployed already passes", async () => {
  assert.equal(await objection(event(NEW, []), deployed(NEW)), undefined);
});

test("an accepted change of what is deployed passes", async () => {
  assert.equal(await objection(event(NEW, [OLD]), deployed(OLD)), undefined);
});

test("a rollback of an accepted change passes", async () => {
  const rollback = event(OLD, [], { OldResourceProperties: event(NEW, [OLD]).ResourceProperties });
  assert.equal(await objection(rollback, deployed(NEW)), undefined);
});

test("each environment may skip keys that others had", async () => {
  const production = deployed(OLD);
  assert.equal(await objection(event(THEIRS, [OLD, NEW]), production), undefined);
});

test("refuses to replace a key that was never accepted, in words", async () => {
  assert.equal(
    await objection(event(NEW, [OLD]), deployed(THEIRS)),
    `the deployed cache key (/warmfront/cache-key) was never accepted in the lock file of this deployment. This deployment would mean: \`x-device-class\` leaves the key of \`/api/*\`: mobile and desktop answers will share one entry. If that is meant, add "${digestOf(THEIRS)}" to "earlier" in the lock file, and deploy again`,
  );
});

test("refuses to replace a foreign key on creation, too", async () => {
  assert.match(
    (await objection(event(NEW, [], { RequestType: "Create" }), deployed(THEIRS))) ?? "",
    /x-device-class/,
  );
});

test("removal of the stack passes without a look", async () => {
  const removal = event(NEW, [], { RequestType: "Delete" });
  const unread = () => assert.fail("read the parameter");
  assert.equal(await objection(removal, unread), undefined);
});

test("CloudFormation hears of a comparison that failed", async () => {
  const answers: Record<string, unknown>[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => {
      body += chunk;
    });
    request.on("end", () => {
      answers.push(JSON.parse(body));
      response.end();
    });
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  try {
    const ResponseURL = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    // The SDK is not installed here, so reading fails.
    await handler(event(NEW, [OLD], { ResponseURL }));
    await handler(event(NEW, [OLD], { ResponseURL, RequestType: "Delete", PhysicalResourceId: "known" }));
  } finally {
    server.close();
  }
  assert.deepEqual(
    answers.map((each) => [each.Status, each.PhysicalResourceId, each.RequestId]),
    [
      ["FAILED", "/warmfront/cache-key", "request"],
      ["SUCCESS", "known", "request"],
    ],
  );
  assert.match(String(answers[0]?.Reason), /^the deployed cache key could not be compared: /);
});

test("the comparison comes before the distribution, and the record after it", () => {
  const { distribution } = templates(everything());
  const [made] = Object.values(distribution.findResources("AWS::CloudFront::Distribution"));
  assert.ok(made?.DependsOn.some((each: string) => each.startsWith("CacheKeyCheck")));
  distribution.hasResource("AWS::SSM::Parameter", {
    Properties: { Name: "/warmfront/cache-key" },
    DependsOn: [Match.stringLikeRegexp("^TenantCacheDistribution")],
  });
  const [check] = Object.values(distribution.findResources("Custom::CacheKeyGuard"));
  const [record] = Object.values(distribution.findResources("AWS::SSM::Parameter"));
  assert.equal(check?.Properties.Composition, record?.Properties.Value);
});

test("the record of the largest distribution fits a standard parameter, and is read as it was", () => {
  const largest: Composition = Array.from({ length: 75 }, (_, index) => ({
    ...(key("x-organization-id", "x-locale-bucket", "x-device-class")[0] as Composition[number]),
    pattern: `/api/area-${index}/reports/*`,
  }));
  const record = recordOf(largest);
  assert.ok(canonical(largest).length > MAX_RECORD && record.length <= MAX_RECORD, String(record.length));
  assert.equal(canonical(fromRecord(record)), canonical(largest));
  assert.equal(recordOf(OLD), canonical(OLD), "a short one stays readable");
});

test("a record that fits no parameter is an error at synth", () => {
  const random = (seed: number) => createHash("sha512").update(String(seed)).digest("hex");
  const given = contract();
  given.paths = [
    ...Array.from({ length: 70 }, (_, n) => ({ pattern: `/${random(n)}/*`, defaultTtl: "1d", maxTtl: "7d" })),
    ...given.paths,
  ];
  const { stack, distribution } = tenantCache(given);
  const guard = new CacheKeyGuard(stack, "CacheKey", {
    distribution,
    lockFile: "unused",
    meaning: { tenantHeader: "x-organization-id", variants: {} },
    parameterName: "/warmfront/cache-key",
  });
  assert.match(
    guard.node.validate().join(),
    /its record has [0-9]+ characters, and an SSM parameter holds 4096; give/,
  );
});
