import assert from "node:assert/strict";
import { test } from "node:test";
import { overlap, pathOf, queryNamesOf } from "../lib/contract/path-patterns.ts";

test("patterns overlap when some path matches both", () => {
  for (const [left, right] of [
    ["/api/*", "/api/cost*"],
    ["/api/*", "*"],
    ["/api/*/export", "/api/cost/*"],
    ["/a?c", "/*c"],
    ["/api/cost", "/api/cost"],
  ] as const) {
    assert.ok(overlap(left, right), `${left} and ${right}`);
    assert.ok(overlap(right, left), `${right} and ${left}`);
  }
});

test("patterns without a common path do not overlap", () => {
  for (const [left, right] of [
    ["/api/*", "/static/*"],
    ["/api/cost", "/api/costs"],
    ["/a?c", "/ac"],
    ["*.json", "*.html"],
    ["/api/*", "/API/*"],
  ] as const) {
    assert.ok(!overlap(left, right), `${left} and ${right}`);
  }
});

test("a long run of stars is judged at once", () => {
  assert.ok(!overlap(`/${"*a".repeat(60)}`, `/${"*b".repeat(60)}c`));
});

test("an endpoint's path and query names are as written", () => {
  assert.equal(pathOf("/api/{tenant}/cost?window=90d"), "/api/tenant/cost");
  assert.deepEqual(queryNamesOf("/api/cost?organization={tenant}&window=90d&Window"), [
    "organization",
    "window",
    "Window",
  ]);
  assert.deepEqual(queryNamesOf("/api/cost"), []);
});
