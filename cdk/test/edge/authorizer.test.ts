import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Claims } from "../../lib/edge/runtime/token.ts";
import {
  type Asked,
  authorizer,
  changed,
  claims,
  only,
  settings,
  token,
  viewerEvent,
  withLog,
} from "./edge-event.ts";

const handler = authorizer();
const ask = async (options: Asked, changes: Claims = {}) =>
  handler(viewerEvent({ bearer: token(claims(changes)), ...options }));

describe("a request that is let through", () => {
  test("carries the tenant of the token and the variants, and is otherwise as it came", async () => {
    const event = viewerEvent({ bearer: token(), query: "window=30d&x=%20y+z", method: "POST" });
    const before = structuredClone(event.Records[0]?.cf.request);
    const passed = await handler(event);
    const {
      "x-organization-id": tenant,
      "x-locale-bucket": locale,
      "x-device-class": device,
      ...rest
    } = passed.headers;
    assert.deepEqual(tenant, [{ key: "x-organization-id", value: "acme" }]);
    assert.deepEqual(locale, [{ key: "x-locale-bucket", value: "de" }]);
    assert.deepEqual(device, [{ key: "x-device-class", value: "desktop" }]);
    assert.deepEqual({ ...passed, headers: rest }, before);
  });

  test("has one spelling of the tenant in the query, so that it has one cache entry", async () => {
    for (const [query, expected] of [
      ["organization=ACME", "organization=acme"],
      ["organization=%61cme&window=30d", "organization=acme&window=30d"],
      ["window=30d&organization%5Fid=Acme", "window=30d&organization_id=acme"],
      ["a=1&&b", "a=1&&b"],
      ["", ""],
    ]) {
      assert.equal((await ask({ query })).querystring, expected, query);
    }
  });

  test("keeps parameters that only resemble the tenant's", async () => {
    for (const query of [
      "organizations=beta",
      "org=beta",
      "my_organization=beta",
      "next=%2Fhome%3Ftab%3D1",
      "q=100%",
      "q=%ff",
    ]) {
      assert.equal((await ask({ query })).querystring, query);
    }
  });

  test("keeps them where a query name of the contract is outside ASCII, too", async () => {
    const abroad = changed(({ tenant }) => {
      tenant.queryNames = ["組織"];
    });
    const query = "=1&[]=2&名=3&%E7%B5%84%E7%B9%94=ACME";
    const passed = await authorizer({ ...settings, contract: abroad })(
      viewerEvent({ bearer: token(), query }),
    );
    assert.equal(passed.querystring, "=1&[]=2&名=3&%E7%B5%84%E7%B9%94=acme");
  });

  test("keeps a nested address as long as it names the own tenant", async () => {
    const nested = (tenant: string) => `next=${encodeURIComponent(`/dash?organization=${tenant}&tab=1`)}`;
    assert.equal((await ask({ query: nested("acme") })).querystring, nested("acme"));
    assert.equal((await ask({ query: nested("beta") })).status, "403");
  });

  test("may carry the token without its scheme, as API Gateway takes it", async () => {
    for (const value of [token(), `bearer ${token()}`, `Bearer   ${token()} `]) {
      const passed = await handler(viewerEvent({ headers: [["Authorization", value]] }));
      assert.equal(only(passed.headers, "x-organization-id"), "acme");
    }
  });

  test("is for the canonical spelling of the claim", async () => {
    assert.equal(
      only((await ask({}, { "custom:organization": "ACME" })).headers, "x-organization-id"),
      "acme",
    );
  });
});

describe("the superadmin", () => {
  const superadmin = { "cognito:groups": ["staff", "superadmin"] };

  test("who names nobody asks for the tenant of the own claim", async () => {
    assert.equal(only((await ask({}, superadmin)).headers, "x-organization-id"), "acme");
  });

  test("has a chosen tenant folded in header and query alike", async () => {
    const passed = await ask(
      { query: "organization=Beta", headers: [["X-Organization-Id", "BETA"]] },
      superadmin,
    );
    assert.equal(only(passed.headers, "x-organization-id"), "beta");
    assert.equal(passed.querystring, "organization=beta");
  });

  test("gets the very request that a user of that tenant gets", async () => {
    const options = { query: "organization=acme&window=30d" };
    const { headers: chosen, ...one } = await ask(options, {
      ...superadmin,
      "custom:organization": undefined,
    });
    const { headers: own, ...other } = await ask(options);
    assert.deepEqual(one, other);
    assert.deepEqual({ ...chosen, authorization: [] }, { ...own, authorization: [] });
  });

  test("is told what is wrong with the choice", async () => {
    for (const [query, reason] of [
      ["organization=..", "The request names a tenant in a spelling that is no tenant id."],
      ["organization=beta&organization_id=acme", "The request names two tenants."],
      ["", "The request names no tenant, and neither does the token."],
    ]) {
      const { result } = await withLog(() =>
        ask({ query }, { ...superadmin, "custom:organization": undefined }),
      );
      assert.deepEqual(JSON.parse(result.body), { error: "forbidden", message: reason });
    }
  });

  test("is nobody whose groups only look so", async () => {
    for (const groups of [
      "superadmin",
      ["Superadmin"],
      ["superadmin "],
      { 0: "superadmin" },
      [["superadmin"]],
      null,
    ]) {
      const { result } = await withLog(() =>
        ask({ query: "organization=beta" }, { "cognito:groups": groups }),
      );
      assert.equal(result.status, "403", JSON.stringify(groups));
    }
  });
});

describe("a refusal", () => {
  test("is short JSON that nobody stores, with a challenge for a missing token", async () => {
    const answer = await handler(viewerEvent());
    assert.deepEqual(answer, {
      status: "401",
      statusDescription: "Unauthorized",
      headers: {
        "content-type": [{ key: "Content-Type", value: "application/json" }],
        "cache-control": [{ key: "Cache-Control", value: "no-store" }],
        "www-authenticate": [{ key: "WWW-Authenticate", value: "Bearer" }],
      },
      bodyEncoding: "text",
      body: '{"error":"unauthorized","message":"A token is required: Authorization: Bearer <token>."}',
    });
  });

  test("repeats nothing that the caller sent and is logged once, without the token", async () => {
    const bearer = token();
    const { result, lines } = await withLog(() =>
      handler(viewerEvent({ bearer, query: "organization=beta" })),
    );
    assert.equal(result.status, "403");
    assert.doesNotMatch(JSON.stringify(result), /beta|acme/);
    assert.equal(lines.length, 1);
    assert.equal(JSON.parse(lines[0] ?? "").tenant, "acme");
    assert.doesNotMatch(lines[0] ?? "", new RegExp(bearer.slice(0, 20)));
  });

  test("meets a claim that is no tenant id, whatever else the request says", async () => {
    for (const claim of [
      "",
      "..",
      "acme corp",
      "acme,beta",
      "\u212aelvin",
      "a".repeat(65),
      ["acme"],
      { acme: 1 },
      7,
      null,
      undefined,
    ]) {
      const { result } = await withLog(() =>
        ask({ headers: [["X-Organization-Id", "acme"]] }, { "custom:organization": claim }),
      );
      assert.equal(result.status, "403", JSON.stringify(claim));
    }
  });

  test("meets a claim that only the prototype has", async () => {
    const odd = changed(({ tenant }) => {
      tenant.claim = "constructor";
    });
    const { result } = await withLog(() =>
      authorizer({ ...settings, contract: odd })(viewerEvent({ bearer: token() })),
    );
    assert.equal(result.status, "403");
  });
});

describe("a CORS preflight", () => {
  const preflight: Asked = {
    method: "OPTIONS",
    query: "organization=beta",
    headers: [
      ["Origin", "https://app.example.com"],
      ["Access-Control-Request-Method", "GET"],
      ["X-Organization-Id", "beta"],
      ["Authorization", "Bearer x.y.z"],
    ],
  };

  test("needs a token as long as nobody says otherwise", async () => {
    assert.equal((await handler(viewerEvent(preflight))).status, "401");
  });

  test("passes where it may, and selects nobody's data", async () => {
    const passed = await authorizer({ ...settings, corsPreflight: true })(viewerEvent(preflight));
    assert.equal(passed.querystring, "");
    assert.equal(passed.headers["x-organization-id"], undefined);
    assert.equal(passed.headers.authorization, undefined);
    assert.equal(only(passed.headers, "origin"), "https://app.example.com");
  });

  test("is not what a GET, or an OPTIONS without its headers, can claim to be", async () => {
    const open = authorizer({ ...settings, corsPreflight: true });
    assert.equal((await open(viewerEvent({ ...preflight, method: "GET" }))).status, "401");
    assert.equal((await open(viewerEvent({ method: "OPTIONS" }))).status, "401");
  });
});
