import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  type Asked,
  authorizer,
  claims,
  only,
  type Pair,
  settings,
  token,
  viewerEvent,
  withLog,
} from "./edge-event.ts";

const handler = authorizer({ ...settings, tokenCookie: "session", corsOrigins: ["https://app.example.com"] });
const ask = async (asked: Asked, on = handler) => (await withLog(() => on(viewerEvent(asked)))).result;
const cookie = (value: string): Pair => ["Cookie", value];

describe("a token in the cookie that the settings name", () => {
  test("lets a link or a download through, and is where the origin looks for it", async () => {
    const bearer = token();
    const outcome = await ask({ headers: [cookie(`theme=dark; session=${bearer}; x=1`)] });
    assert.equal(only(outcome.headers, "x-organization-id"), "acme");
    assert.equal(only(outcome.headers, "authorization"), `Bearer ${bearer}`);
    assert.equal(outcome.headers.cookie, undefined);
  });

  test("counts wherever HTTP/2 has put it, and as often as it is the same", async () => {
    const session = `session=${token()}`;
    for (const headers of [
      [cookie("a=1"), cookie(session)],
      [cookie(`${session};${session}`)],
      [cookie(` ${session} `)],
    ]) {
      assert.equal((await ask({ headers })).status, undefined, JSON.stringify(headers.length));
    }
  });

  test("does not count beside Authorization, which is the one that is looked at", async () => {
    const stranger = token(claims({ "custom:organization": "beta" }));
    const outcome = await ask({ bearer: token(), headers: [cookie(`session=${stranger}`)] });
    assert.equal(only(outcome.headers, "x-organization-id"), "acme");
    assert.equal(
      (await ask({ bearer: "not.a.token", headers: [cookie(`session=${token()}`)] })).status,
      "401",
    );
  });

  test("is refused where it is not one token", async () => {
    for (const value of [
      "session=",
      "session=x.y",
      `session="${token()}"`,
      `session=Bearer ${token()}`,
      `session=${token()}; session=${token(claims({ "custom:organization": "beta" }))}`,
      `session=${token(claims({ exp: 1 }))}`,
    ]) {
      assert.equal((await ask({ headers: [cookie(value)] })).status, "401", value.slice(0, 20));
    }
  });

  test("is nothing under another name, or where the settings name none", async () => {
    for (const value of [`Session=${token()}`, `session2=${token()}`, `xsession=${token()}`]) {
      assert.equal((await ask({ headers: [cookie(value)] })).status, "401");
    }
    assert.equal((await ask({ headers: [cookie(`session=${token()}`)] }, authorizer())).status, "401");
  });

  test("is asked for by name", async () => {
    assert.match((await ask({})).body, /Authorization: Bearer <token>, or the cookie session/);
    assert.doesNotMatch((await ask({}, authorizer())).body, /cookie/);
  });
});

describe("a request that changes something, with its token in a cookie", () => {
  const post = async (origin?: string, method = "POST") =>
    (
      await ask({
        method,
        headers: [
          cookie(`session=${token()}`),
          ...(origin === undefined ? [] : [["Origin", origin] as const]),
        ],
      })
    ).status ?? "passed";

  test("passes from the site itself, from a named origin and from programs", async () => {
    for (const origin of ["https://d111111abcdef8.cloudfront.net", "https://app.example.com", undefined]) {
      assert.equal(await post(origin), "passed", origin);
    }
  });

  test("is refused from anywhere else, since browsers send cookies unasked", async () => {
    for (const origin of [
      "https://evil.example",
      "null",
      "http://app.example.com",
      "https://app.example.com:8443",
      "",
    ]) {
      for (const method of ["POST", "PUT", "DELETE", "OPTIONS"])
        assert.equal(await post(origin, method), "403", origin);
    }
  });

  test("is judged by its cookie alone: a token in Authorization is never sent unasked", async () => {
    const outcome = await ask({
      method: "POST",
      bearer: token(),
      headers: [["Origin", "https://evil.example"]],
    });
    assert.equal(outcome.status, undefined);
  });
});
