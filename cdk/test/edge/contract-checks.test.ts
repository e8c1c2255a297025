import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { checkUserPool, checkVariants } from "../../lib/edge/contract-checks.ts";
import { changed, contract, poolKey, settings } from "./edge-event.ts";

/** Exactly one problem, which says `what`. */
function says(problems: readonly string[], what: RegExp) {
  assert.equal(problems.length, 1, JSON.stringify(problems));
  assert.match(problems[0] ?? "", what);
}

test("a sound contract and settings pass every check", () => {
  assert.deepEqual([checkVariants(contract), checkUserPool(settings.userPool)], [[], []]);
});

describe("a variant is wrong", () => {
  test("whose `send` normalises to another value", () => {
    says(
      checkVariants(
        changed(({ variants }) => Object.assign(variants[0]?.values[1] ?? {}, { send: "fr,en;q=0.5" })),
      ),
      /x-locale-bucket: accept-language "fr,en;q=0.5" gives "en", not "de": change `send`/,
    );
  });

  test("whose value comes after one that matches more", () => {
    says(
      checkVariants(
        changed(({ variants }) => Object.assign(variants[1]?.values[0] ?? {}, { matches: ["mozilla"] })),
      ),
      /x-device-class.*gives "mobile", not "desktop"/,
    );
  });

  test("and each such value is told", () => {
    assert.equal(
      checkVariants(
        changed(({ variants }) => {
          Object.assign(variants[0]?.values[0] ?? {}, { send: "de" });
          Object.assign(variants[0]?.values[1] ?? {}, { send: "en" });
        }),
      ).length,
      2,
    );
  });
});

describe("a user pool is wrong", () => {
  const pool = (changes: object) => checkUserPool({ ...settings.userPool, ...changes });

  test("with a pool id that is none", () => {
    for (const userPoolId of ["pool", "", "eu-central-1_", "Token[TOKEN.12]"]) {
      says(pool({ userPoolId }), /Invalid Cognito User Pool ID.*looks like eu-central-1_/);
    }
  });

  test("without clients, but not with any client", () => {
    says(pool({ clientIds: [] }), /lets nobody in/);
    assert.deepEqual(pool({ clientIds: null }), []);
  });

  test("with a token use that is none", () => {
    assert.match(pool({ tokenUse: "refresh" })[0] ?? "", /say "id" or "access"/);
  });

  test("with keys that are none, or private", () => {
    for (const jwks of [
      {},
      { keys: [] },
      { keys: [{ kty: "oct", kid: "a" }] },
      { keys: [{ ...poolKey.jwk, d: "secret" }] },
      { keys: [null] },
    ]) {
      assert.match(pool({ jwks })[0] ?? "", /not a list of public RSA keys/, JSON.stringify(jwks));
    }
    assert.deepEqual(pool({ jwks: null }), []);
  });
});
