import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { isPlainPath } from "../../lib/edge/runtime/plain-path.ts";
import { authorizer, claims, token, viewerEvent, withLog } from "./edge-event.ts";

const PATTERNS = ["/api/*", "/api/cost*", "/reports/daily"];

describe("a path that everybody reads alike", () => {
  for (const path of [
    "/",
    "/api/cost",
    "/api/cost/",
    "/api/Cost/2026-11-24",
    "/api/files/a%2Fb.csv",
    "/api/files/r%C3%A9sum%C3%A9%20(1).pdf",
    "/api/items/100%25",
    "/api/items;v=1",
    "/api/.well-known/x",
    "/api/a..b/...",
    "/api/~user/$x,y:z@w!'()*",
    "/api/\u7d44\u7e54",
    "/api/proxy/https:%2F%2Fexample.com%2Fx",
    "/assets/app.js",
  ]) {
    test(path, () => assert.equal(isPlainPath(path, PATTERNS), true));
  }
});

describe("a path that is two paths", () => {
  for (const [path, why] of [
    ["//api/cost", "CloudFront chooses the behaviour of /api/cost"],
    ["/api//cost", "the same, and origins merge slashes"],
    ["/api/cost//", "at the end, too"],
    ["/api/./cost", "a dot segment"],
    ["/x/../api/cost", "a way into the pattern"],
    ["/api/../assets/app.js", "a way out of the pattern"],
    ["/api/..", "dots at the end"],
    ["/api/%2e%2e/cost", "dots in escapes"],
    ["/api/.%2E/cost", "half of them"],
    ["/api/%252e%252e/cost", "dots encoded twice"],
    ["/api/x/..;/cost", "dots before a path parameter, which servlet containers drop"],
    ["/api/x/..%3b/cost", "the same, encoded"],
    ["/api\\cost", "a backslash"],
    ["/api/x%5C..%5Ccost", "encoded backslashes, which IIS takes for slashes"],
    ["/api%2Fcost", "an encoded slash that decides the pattern"],
    ["/api/%2Fcost", "an encoded slash beside one"],
    ["/%61pi/cost", "an escape that decides the pattern"],
    ["/api/%63ost", "an escape that decides the scope"],
    ["/api/%2563ost", "the same, encoded twice"],
    ["/api;x=1/cost", "a path parameter that decides the scope"],
    ["/reports/daily;x=1", "a path parameter that decides the pattern"],
    ["/reports/daily%3Fx=1", "an encoded question mark that decides the pattern"],
    ["/reports/daily%23x", "an encoded hash that decides the pattern"],
    ["/api/\uff0e\uff0e/cost", "full-width dots"],
    ["/api/\uff43ost", "a full-width letter"],
    ["/api/cost%00", "a NUL"],
    ["/api/cost%0d%0aHost:%20x", "the end of a line"],
    ["/api/%C0%AE%C0%AE/cost", "an overlong encoding"],
    ["/api/%ff", "no UTF-8"],
  ] as const) {
    test(`${path}: ${why}`, () => assert.equal(isPlainPath(path, PATTERNS), false));
  }
});

test("a path that is two paths is refused, whoever asks and whichever method", async () => {
  const superadmin = { "cognito:groups": ["superadmin"] };
  for (const changes of [{}, superadmin]) {
    for (const method of ["GET", "HEAD", "POST", "DELETE"]) {
      const event = viewerEvent({ bearer: token(claims(changes)), path: "/api/x/../cost", method });
      const { result, lines } = await withLog(() => authorizer()(event));
      assert.equal(result.status, "403");
      assert.match(result.body, /The path can be read in two ways/);
      assert.equal(lines.length, 1);
    }
  }
});

test("the longest of paths are judged within their time", () => {
  for (const path of [
    `/api/${"%25".repeat(2_700)}`,
    `/api${"/a".repeat(4_000)}`,
    `/api/${";".repeat(8_000)}`,
  ]) {
    const started = performance.now();
    isPlainPath(path, PATTERNS);
    assert.ok(performance.now() - started < 1_000);
  }
});
