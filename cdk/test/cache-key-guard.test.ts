import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { Match } from "aws-cdk-lib/assertions";
import { type Composition, canonical } from "../lib/cache-key/cache-key.ts";
import { type CustomResourceEvent, handler, objection } from "../lib/cache-key/cache-key-guard.lambda.ts";
import { everything, templates } from "./app-under-test.ts";

function key(...headers: string[]): Composition {
  return [{ pattern: "/api/*", cached: true, headers, queryNames: [], cookies: [], encodings: [] }];
}

const OLD = key("x-organization-id", "x-locale-bucket");
const NEW = key("x-organization-id");
const THEIRS = key("x-organization-id", "x-device-class");

function event(composition: Composition, replaces: Composition, changes: object = {}): CustomResourceEvent {
  return {
    RequestType: "Update",
    ResponseURL: "http://127.0.0.1:1/",
    StackId: "stack",
    RequestId: "request",
    LogicalResourceId: "Check",
    ResourceProperties: {
      ParameterName: "/warmfront/cache-key",
      Composition: canonical(composition),
      Replaces: canonical(replaces),
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
    return composition && canonical(composition);
  };
}

test("a first deployment passes", async () => {
  assert.equal(await objection(event(NEW, [], { RequestType: "Create" }), deployed(undefined)), undefined);
});

test("what is deployed already passes", async () => {
  assert.equal(await objection(event(NEW, []), deployed(NEW)), undefined);
});

test("an accepted change of what is deployed passes", async () => {
  assert.equal(await objection(event(NEW, OLD), deployed(OLD)), undefined);
});

test("a rollback of an accepted change passes", async () => {
  const rollback = event(OLD, [], { OldResourceProperties: event(NEW, OLD).ResourceProperties });
  assert.equal(await objection(rollback, deployed(NEW)), undefined);
});

test("refuses to replace a key that was not the accepted one, in words", async () => {
  assert.equal(
    await objection(event(NEW, OLD), deployed(THEIRS)),
    'the deployed cache key (/warmfront/cache-key) is not the one that was accepted to be replaced. This deployment would mean: `x-device-class` leaves the key of `/api/*`: mobile and desktop answers will share one entry. Bring the lock file to what is deployed, then accept the change with "make accept-cache-key"',
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
    await handler(event(NEW, OLD, { ResponseURL }));
    await handler(event(NEW, OLD, { ResponseURL, RequestType: "Delete", PhysicalResourceId: "known" }));
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
  distribution.hasResource("AWS::CloudFront::Distribution", {
    DependsOn: Match.arrayWith([Match.stringLikeRegexp("^CacheKeyCheck")]),
  });
  distribution.hasResource("AWS::SSM::Parameter", {
    Properties: { Name: "/warmfront/cache-key" },
    DependsOn: Match.arrayWith([Match.stringLikeRegexp("^TenantCacheDistribution")]),
  });
  const [check] = Object.values(distribution.findResources("Custom::CacheKeyGuard"));
  const [record] = Object.values(distribution.findResources("AWS::SSM::Parameter"));
  assert.equal(check?.Properties.Composition, record?.Properties.Value);
  assert.ok(record?.Properties.Value.length < 4096, "a standard parameter holds 4 KB");
});
