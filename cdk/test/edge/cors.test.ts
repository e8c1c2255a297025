import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Asked, authorizer, only, settings, token, viewerEvent, withLog } from "./edge-event.ts";

const APP = "https://app.example.com";
const named = authorizer({ ...settings, corsOrigins: [APP, "https://admin.example.com"] });
const ask = async (asked: Asked, on = named) => (await withLog(() => on(viewerEvent(asked)))).result;

describe("a refusal", () => {
  const refusals: [status: string, asked: Asked, on?: typeof named][] = [
    ["401", {}],
    ["403", { bearer: token(), query: "organization=beta" }],
    [
      "503",
      { bearer: token() },
      authorizer(
        { ...settings, corsOrigins: [APP], userPool: { ...settings.userPool, jwks: null } },
        { fetch: () => Promise.reject(new Error("unreachable")) },
      ),
    ],
  ];
  for (const [status, asked, on] of refusals) {
    test(`of ${status} can be read by a page of a named origin`, async () => {
      const { status: got, headers } = await ask({ ...asked, headers: [["Origin", APP]] }, on);
      assert.equal(got, status);
      assert.equal(only(headers, "access-control-allow-origin"), APP);
      assert.equal(only(headers, "access-control-expose-headers"), "WWW-Authenticate, Retry-After");
      assert.equal(only(headers, "vary"), "Origin");
      assert.equal(headers["access-control-allow-credentials"], undefined);
    });
  }

  test("of 500 can be read as well", async () => {
    const event = viewerEvent({ headers: [["Origin", APP]] });
    Object.assign(event.Records[0]?.cf.request ?? {}, { querystring: 7 });
    const { result } = await withLog(() => named(event));
    assert.equal(result.status, "500");
    assert.equal(only(result.headers, "access-control-allow-origin"), APP);
  });

  test("cannot be read by a page of another origin", async () => {
    for (const origin of ["https://evil.example", "null", "HTTPS://APP.EXAMPLE.COM", `${APP}/`]) {
      const { headers } = await ask({ headers: [["Origin", origin]] });
      assert.equal(headers["access-control-allow-origin"], undefined, origin);
      assert.equal(only(headers, "vary"), "Origin");
    }
  });

  test("says that cookies may come along where the settings have the token in one", async () => {
    const withCookie = authorizer({ ...settings, corsOrigins: [APP], tokenCookie: "session" });
    const { headers } = await ask({ headers: [["Origin", APP]] }, withCookie);
    assert.equal(only(headers, "access-control-allow-credentials"), "true");
  });

  test("says nothing of origins where the settings name none", async () => {
    const { headers } = await ask({ headers: [["Origin", APP]] }, authorizer());
    assert.deepEqual(Object.keys(headers).toSorted(), ["cache-control", "content-type", "www-authenticate"]);
  });
});
