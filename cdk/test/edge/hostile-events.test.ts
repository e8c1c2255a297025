import assert from "node:assert/strict";
import { test } from "node:test";
import type { CloudFrontResponseEvent } from "aws-lambda";
import {
  authorizer,
  claims,
  type Outcome,
  originEvent,
  originRequestEvent,
  reporter,
  tagger,
  token,
  viewerEvent,
  withLog,
} from "./edge-event.ts";

const authorize = authorizer();
const tag = tagger();

const JUNK = [
  undefined,
  null,
  true,
  0,
  Number.NaN,
  "",
  "x",
  "%",
  "\u0000",
  "x".repeat(20_480),
  [],
  [null],
  [[]],
  {},
  { value: 1 },
  { key: "x" },
  [{ value: null }],
  [{ value: {} }],
];

/** Every object and list inside `value`, as [container, member] pairs. */
function* members(value: unknown): Generator<[container: Record<string, unknown>, member: string]> {
  if (typeof value === "object" && value !== null) {
    const container = value as Record<string, unknown>;
    for (const member of Object.keys(container)) {
      yield [container, member];
      yield* members(container[member]);
    }
  }
}

/** The event with each of its members replaced, one at a time, by each piece of junk. */
function* damaged<T>(event: T): Generator<T> {
  for (const [container, member] of [...members(event)]) {
    const whole = container[member];
    for (const junk of JUNK) {
      container[member] = junk;
      yield structuredClone(event);
    }
    container[member] = whole;
  }
}

/** Junk passes as a whole event too. */
const wholly = () =>
  JUNK.flatMap((junk) => [
    junk,
    { Records: junk },
    { Records: [{ cf: junk }] },
    { Records: [{ cf: { request: junk, response: junk } }] },
  ]);

test("viewer-request throws at no damaged event, and lets none through without a token", async () => {
  let events = 0;
  await withLog(async () => {
    for (const event of [...wholly(), ...damaged<unknown>(viewerEvent({ query: "organization=acme" }))]) {
      const answer = await authorize(event);
      assert.match(answer.status ?? "passed", /^(401|500)$/);
      events += 1;
    }
  });
  assert.ok(events > 500);
});

test("viewer-request lets a damaged event with a token through only for the token's tenant", async () => {
  const outcomes = { refused: 0, passed: 0 };
  await withLog(async () => {
    for (const event of damaged(
      viewerEvent({ bearer: token(), query: "organization=acme", headers: [["X-Organization-Id", "beta"]] }),
    )) {
      const answer = await authorize(event);
      if (answer.status === undefined) {
        assert.deepEqual(answer.headers["x-organization-id"], [{ key: "x-organization-id", value: "acme" }]);
        outcomes.passed += 1;
      } else {
        assert.match(answer.status ?? "passed", /^(401|403|500)$/);
        outcomes.refused += 1;
      }
    }
  });
  assert.ok(outcomes.refused > 50 && outcomes.passed > 50, JSON.stringify(outcomes));
});

test("viewer-request answers 500 to an event without a request, never to a request without a token", async () => {
  const { result, lines } = await withLog(() => authorize({ Records: [{ cf: {} }] }));
  assert.equal(result.status, "500");
  assert.equal(lines.length, 1);
  assert.equal(
    (await authorize({ Records: [{ cf: { request: { uri: "/", querystring: "" } } }] })).status,
    "401",
  );
});

test("viewer-request takes headers of 20 KB", async () => {
  const large = "x".repeat(20_480);
  for (const name of ["X-Organization-Id", "Accept-Language", "User-Agent", "Cookie", "X-Large"]) {
    const event = viewerEvent({ bearer: token(), headers: [[name, large]] });
    assert.equal((await authorize(event)).headers["x-organization-id"]?.[0]?.value, "acme", name);
  }
  for (const language of [
    ",".repeat(20_480),
    "de;q=0.1,".repeat(2_000),
    ";q=".repeat(6_000),
    "de-".repeat(6_000),
  ]) {
    const event = viewerEvent({ bearer: token(), headers: [["Accept-Language", language]] });
    assert.equal((await authorize(event)).headers["x-organization-id"]?.[0]?.value, "acme");
  }
});

test("viewer-request judges the longest of URLs within its time", async () => {
  const { lines } = await withLog(async () => {
    for (const query of [
      "%25".repeat(2_730),
      "&".repeat(8_192),
      ";".repeat(8_192),
      "a=%26".repeat(1_638),
      "organization=acme&".repeat(455),
      "\ufdfa".repeat(8_192),
    ]) {
      const started = performance.now();
      const answer = await authorize(viewerEvent({ bearer: token(), query }));
      assert.match(answer.status ?? "passed", /^(403|passed)$/);
      assert.ok(performance.now() - started < 1_000, query.slice(0, 10));
    }
  });
  assert.ok(lines.every((line) => JSON.parse(line).level === "warn"));
});

test("viewer-request reads a claim named like an object's own members as any other", async () => {
  const event = viewerEvent({ bearer: token(claims({ constructor: "beta", toString: "beta" })) });
  Object.assign(event.Records[0]?.cf.request ?? {}, {
    headers: JSON.parse(
      JSON.stringify(event.Records[0]?.cf.request.headers).replace(
        "{",
        '{"__proto__":[{"key":"__proto__","value":"x"}],"constructor":[{"value":"x"}],',
      ),
    ),
  });
  assert.equal((await authorize(event)).headers["x-organization-id"]?.[0]?.value, "acme");
});

test("origin-response throws at no damaged event and returns its response", async () => {
  let events = 0;
  await withLog(async () => {
    for (const event of [...wholly(), ...damaged<unknown>(originEvent())]) {
      const before = (event as Partial<CloudFrontResponseEvent>)?.Records?.[0]?.cf?.response as
        | Outcome
        | undefined;
      const answer = await tag(event);
      if (before !== null && typeof before === "object" && !Array.isArray(before)) {
        assert.equal(answer.status, before.status);
        assert.equal(answer.body, before.body);
      }
      events += 1;
    }
  });
  assert.ok(events > 500);
});

test("origin-request throws at no damaged event, and answers nothing but looks", async () => {
  const report = reporter();
  let answers = 0;
  await withLog(async () => {
    const events = damaged<unknown>(originRequestEvent({ headers: [["X-Warmfront-Look", "cached"]] }));
    for (const event of [...wholly(), ...events]) {
      const outcome = await report(event);
      if (outcome?.status === "204") answers += 1;
      else assert.equal(outcome?.headers?.["x-warmfront-look"]?.[0]?.value === "cached", false);
    }
  });
  assert.ok(answers > 100);
});
