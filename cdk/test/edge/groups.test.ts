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

const ROLE = {
  header: "x-role",
  from: "claim:custom:role",
  default: "reader",
  values: [
    { value: "admin", matches: ["admin", "owner"] },
    { value: "reader", matches: ["reader"] },
  ],
};

const withRole = changed((copy) => {
  copy.tenant.prewarmGroup = "prewarm";
  copy.cacheKey.headers = [...copy.cacheKey.headers, "x-role"];
  copy.variants = [...copy.variants, ROLE];
});
const handler = authorizer({ ...settings, contract: withRole });
const ask = async (asked: Asked, changes: Claims) => {
  const { result } = await withLog(() => handler(viewerEvent({ bearer: token(claims(changes)), ...asked })));
  return result;
};

const PREWARMER = { "custom:organization": undefined, "cognito:groups": ["prewarm"] };
const roleOf = async (asked: Asked, changes: Claims) => only((await ask(asked, changes)).headers, "x-role");

describe("the prewarm group", () => {
  const named = { query: "organization=beta" };

  test("gets the very request that a user of the tenant gets", async () => {
    const { headers: chosen, ...one } = await ask(named, PREWARMER);
    const { headers: own, ...other } = await ask(named, { "custom:organization": "beta" });
    assert.deepEqual(one, other);
    assert.deepEqual({ ...chosen, authorization: [] }, { ...own, authorization: [] });
  });

  test("may read the contract's paths and its probe", async () => {
    const elsewhere = changed((copy) => {
      copy.probe = { path: "/version?organization={tenant}", timeout: "10s" };
    });
    const on = authorizer({ ...settings, contract: elsewhere });
    for (const path of ["/api/overview", "/version"]) {
      const outcome = await on(viewerEvent({ bearer: token(claims(PREWARMER)), ...named, path }));
      assert.equal(only(outcome.headers, "x-organization-id"), "beta", path);
    }
  });

  test("may do nothing else", async () => {
    for (const asked of [
      { method: "POST" },
      { method: "PUT" },
      { method: "PATCH" },
      { method: "DELETE" },
      { method: "OPTIONS" },
      { path: "/account" },
      { path: "/" },
      { path: "/API/overview" },
    ]) {
      const outcome = await ask({ ...named, ...asked }, PREWARMER);
      assert.equal(outcome.status, "403", JSON.stringify(asked));
      assert.match(outcome.body, /The prewarm group may read the contract's paths and nothing else/);
    }
  });

  test("has no more rights for being in the superadmin group as well", async () => {
    const both = { ...PREWARMER, "cognito:groups": ["superadmin", "prewarm"] };
    assert.equal((await ask({ ...named, method: "POST" }, both)).status, "403");
    assert.equal(
      (await ask({ ...named, method: "POST" }, { "cognito:groups": ["superadmin"] })).status,
      undefined,
    );
  });

  test("is called prewarm where the contract does not say", async () => {
    const unnamed = changed(({ tenant }) => {
      delete (tenant as { prewarmGroup?: string }).prewarmGroup;
    });
    const event = viewerEvent({ bearer: token(claims(PREWARMER)), ...named });
    const outcome = await authorizer({ ...settings, contract: unnamed })(event);
    assert.equal(only(outcome.headers, "x-organization-id"), "beta");
  });
});

describe("a variant of a claim", () => {
  for (const [claim, expected, why] of [
    ["admin", "admin", "the value itself"],
    ["Owner", "admin", "another of its spellings, in whatever case"],
    ["reader", "reader", "another value"],
    ["non-admin", "reader", "not a part of the claim"],
    ["admin,reader", "reader", "not a list in a text"],
    [["staff", "admin"], "admin", "an entry of a list"],
    [["reader", "admin"], "admin", "the contract's order, not the list's"],
    [{ admin: true }, "reader", "an object is no value"],
    [undefined, "reader", "no claim: the default"],
    [null, "reader", "null"],
    ["", "reader", "an empty claim"],
    [["admin", ["admin"]], "admin", "what is no text in a list is passed over"],
  ] as const) {
    test(`${JSON.stringify(claim)} gives ${expected}: ${why}`, async () =>
      assert.equal(await roleOf({}, { "custom:role": claim }), expected));
  }

  test("is nobody's to choose but the prewarm group's", async () => {
    for (const groups of [undefined, ["superadmin"], ["Prewarm"], "prewarm"]) {
      const chosen: Asked = { headers: [["X-Role", "admin"]] };
      assert.equal(await roleOf(chosen, { "cognito:groups": groups }), "reader", JSON.stringify(groups));
    }
  });

  test("has the value that the prewarm group chooses, and only one of the contract's", async () => {
    const choose = (...values: string[]): Asked => ({
      query: "organization=beta",
      headers: values.map((value) => ["X-Role", value]),
    });
    assert.equal(await roleOf(choose("admin"), PREWARMER), "admin");
    assert.equal(await roleOf(choose("admin", "admin"), PREWARMER), "admin");
    assert.equal(await roleOf(choose(), PREWARMER), "reader");
    assert.equal(await roleOf(choose(), { ...PREWARMER, "custom:role": "admin" }), "admin");
    for (const values of [["root"], ["Admin"], [""], ["admin", "reader"], ["admin, reader"]]) {
      const outcome = await ask(choose(...values), PREWARMER);
      assert.equal(outcome.status, "403", values.join());
      assert.match(outcome.body, /x-role names none of the contract's values/);
    }
  });

  test("leaves variants of headers as they are: the prewarm group sends what a browser sends", async () => {
    const outcome = await ask(
      { query: "organization=beta", headers: [["X-Locale-Bucket", "en"]] },
      PREWARMER,
    );
    assert.equal(only(outcome.headers, "x-locale-bucket"), "de");
  });
});

describe("a look", () => {
  const look = (value: string): Asked => ({
    query: "organization=beta",
    headers: [["X-Warmfront-Look", value]],
  });

  test("is the prewarm group's to ask for, in one spelling", async () => {
    assert.equal(only((await ask(look("cached"), PREWARMER)).headers, "x-warmfront-look"), "cached");
    for (const value of ["", "Cached", "cached,cached", "missing", "true"]) {
      assert.equal((await ask(look(value), PREWARMER)).headers["x-warmfront-look"], undefined, value);
    }
  });

  test("differs in nothing else from the request without it", async () => {
    const { "x-warmfront-look": looks, ...rest } = (await ask(look("cached"), PREWARMER)).headers;
    const { authorization, ...plain } = (await ask({ query: "organization=beta" }, PREWARMER)).headers;
    assert.equal(looks?.length, 1);
    assert.deepEqual({ ...rest, authorization: [] }, { ...plain, authorization: [] });
  });

  test("is nobody else's: it would show who is cached, and hide what is not", async () => {
    for (const groups of [undefined, ["superadmin"]]) {
      const outcome = await ask({ ...look("cached"), query: "" }, { "cognito:groups": groups });
      assert.equal(outcome.headers["x-warmfront-look"], undefined);
    }
  });
});
