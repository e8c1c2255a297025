import assert from "node:assert/strict";
import { test } from "node:test";
import { areStorable, cacheTags } from "../../lib/edge/runtime/cache-tags.ts";
import { matchesPath } from "../../lib/edge/runtime/path-pattern.ts";
import { cacheTagVectors, contract } from "./edge-event.ts";

test("every vector gives its tags, the tenant's own first", () => {
  for (const { tenant, path, version, tags } of cacheTagVectors) {
    assert.deepEqual(cacheTags(contract, tenant, path, version), tags, `${tenant} at ${path}, ${version}`);
  }
});

test("scopes stand in the order of their names, whatever the contract's", () => {
  const scopes = { z: ["/api/*"], a: ["/api/*"], 1: ["/api/*"] };
  assert.deepEqual(cacheTags({ tagPrefix: "t:", scopes }, "acme", "/api/x"), [
    "t:acme",
    "t:acme:1",
    "t:acme:a",
    "t:acme:z",
  ]);
});

test("a contract may leave versions out of its tags, or know none", () => {
  const quiet = {
    ...contract,
    version: { header: "x-data-version", order: "integer", tags: false },
  } as const;
  for (const given of [quiet, { ...contract, version: undefined }]) {
    assert.deepEqual(cacheTags(given, "acme", "/api/version", "41"), ["tenant:acme"]);
  }
});

test("a contract without scopes tags with the tenant alone", () => {
  assert.deepEqual(cacheTags({ tagPrefix: "t:" }, "acme", "/api/cost"), ["t:acme"]);
});

test("path patterns follow the rules of cache behaviours", () => {
  const cases: [pattern: string, path: string, expected: boolean][] = [
    ["/api/cost*", "/api/cost", true],
    ["/api/cost*", "/api/cost/summary", true],
    ["/api/cost*", "/api/Cost", false],
    ["api/*", "/api/x", true],
    ["*", "/anything/at/all", true],
    ["/a?c", "/abc", true],
    ["/a?c", "/ac", false],
    ["/a?c", "/a/c", true],
    ["/*/b", "/x/y/b", true],
    ["/*/b", "/x/y/bc", false],
    ["/*.js", "/a.js.map", false],
    ["/a*b*c", "/axxbyybzc", true],
    ["/a.c", "/abc", false],
    ["/api/(x)+", "/api/(x)+", true],
    ["", "/", true],
    ["/**", "/", true],
  ];
  for (const [pattern, path, expected] of cases) {
    assert.equal(matchesPath(pattern, path), expected, `${pattern} against ${path}`);
  }
});

test("a long path against many stars is decided at once", () => {
  const started = performance.now();
  assert.equal(matchesPath(`/${"*a".repeat(20)}*b`, `/${"a".repeat(8_000)}`), false);
  assert.ok(performance.now() - started < 1_000);
});

test("tags beyond CloudFront's limits are not storable", () => {
  assert.equal(areStorable(["tenant:acme", "tenant:acme:cost"]), true);
  assert.equal(areStorable(Array.from({ length: 50 }, (_, index) => `t${index}`)), true);
  assert.equal(areStorable(Array.from({ length: 51 }, (_, index) => `t${index}`)), false);
  assert.equal(areStorable(["t".repeat(256)]), true);
  assert.equal(areStorable(["t".repeat(257)]), false);
  for (const tag of ["a b", "a,b", "", "ä", "a\n"]) {
    assert.equal(areStorable([tag]), false, JSON.stringify(tag));
  }
});
