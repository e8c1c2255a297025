import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import type { Claims } from "../../lib/edge/runtime/token.ts";
import {
  authorizer,
  claims,
  contract,
  keyPair,
  only,
  type Pair,
  poolKey,
  token,
  unverifiableToken,
  viewerEvent,
  withLog,
} from "./edge-event.ts";

interface Caller {
  readonly tenant: string | null;
  readonly groups: readonly string[];
}

interface Attempt {
  readonly name: string;
  readonly as: string;
  readonly token?: string;
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: readonly Pair[];
  readonly expected: { readonly tenant?: string; readonly status?: number };
}

const crossTenant: { callers: Record<string, Caller>; attempts: Attempt[] } = JSON.parse(
  readFileSync(new URL("cross-tenant.json", import.meta.url), "utf8"),
);
const handler = authorizer();
const stranger = keyPair(poolKey.kid);

/** The claims of one of the callers that cross-tenant.json names. */
function claimsOf({ tenant, groups }: Caller): Claims {
  return claims({
    "custom:organization": tenant ?? undefined,
    "cognito:groups": groups.length > 0 ? groups : undefined,
  });
}

/** Values of Authorization for one of the tokens that cross-tenant.json names. */
function credentials(kind: string, own: Claims): Pair[] {
  const asBeta = { ...own, "custom:organization": "beta" };
  const [header, payload, signature] = token(own).split(".");
  const kinds: Record<string, string[]> = {
    own: [token(own)],
    none: [],
    garbage: ["not.a.token"],
    unsigned: [unverifiableToken({ alg: "none" }, asBeta, "")],
    tampered: [`${header}.${Buffer.from(JSON.stringify(asBeta)).toString("base64url")}.${signature}`],
    forged: [token(asBeta, { key: stranger })],
    twice: [token(own), token(own)],
  };
  assert.notEqual(payload, undefined);
  const values = kinds[kind];
  assert.ok(values, `unknown token ${kind}`);
  return values.map((value) => ["Authorization", `Bearer ${value}`]);
}

describe("cross-tenant attempts", () => {
  for (const attempt of crossTenant.attempts) {
    const { as, token: kind = "own", method, path, query, headers, expected } = attempt;
    const wanted = expected.status ?? `data of ${expected.tenant}`;
    test(`${attempt.name} (${as}): ${wanted}`, async () => {
      const own = claimsOf(crossTenant.callers[as] as Caller);
      const event = viewerEvent({ method, path, query, headers: [...credentials(kind, own), ...headers] });
      const { result } = await withLog(() => handler(event));
      if (expected.status !== undefined) {
        assert.equal(result.status, String(expected.status));
        assert.equal(only(result.headers, "cache-control"), "no-store");
        return;
      }
      assert.equal(result.status, undefined, `refused: ${result.body}`);
      assert.equal(only(result.headers, contract.tenant.header), expected.tenant);
      // Nothing that an origin could read as another tenant's name goes on.
      const other = expected.tenant === "acme" ? /beta/i : /acme/i;
      const { authorization, ...rest } = result.headers;
      assert.doesNotMatch(JSON.stringify([result.uri, result.querystring, rest]), other);
      assert.equal(authorization?.length, 1);
    });
  }
});
