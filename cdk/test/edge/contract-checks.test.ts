import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { checkHeaders, checkTags, checkUserPool, checkVariants } from "../../lib/edge/contract-checks.ts";
import { changed, contract, poolKey, settings } from "./edge-event.ts";

/** Exactly one problem, which says `what`. */
function says(problems: readonly string[], what: RegExp) {
  assert.equal(problems.length, 1, JSON.stringify(problems));
  assert.match(problems[0] ?? "", what);
}

test("the example contract and settings pass every check", () => {
  assert.deepEqual(
    [checkVariants(contract), checkTags(contract), checkHeaders(contract), checkUserPool(settings.userPool)],
    [[], [], [], []],
  );
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

describe("tags are wrong", () => {
  test("that are too many", () => {
    const scopes = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`s${index}`, ["/api/*"]]));
    says(checkTags({ ...contract, scopes }), /50 scopes.*more than the 50 tags.*merge scopes/);
  });

  test("that are too long, with the longest tenant id", () => {
    assert.deepEqual(checkTags({ ...contract, scopes: {}, tagPrefix: "t".repeat(192) }), []);
    says(
      checkTags({ ...contract, scopes: {}, tagPrefix: "t".repeat(193) }),
      /tagPrefix: tags can reach 257 characters/,
    );
    says(
      checkTags({ ...contract, scopes: { ["s".repeat(185)]: [] } }),
      /scopes\.s+: tags can reach 257 characters/,
    );
  });

  test("that have a comma or a space", () => {
    says(checkTags({ ...contract, scopes: {}, tagPrefix: "tenant, " }), /tagPrefix: a tag has visible ASCII/);
  });

  test("of tenant ids with another alphabet", () => {
    says(
      checkTags(
        changed(({ tenant }) => {
          tenant.id = { pattern: "[a-z0-9][a-z0-9._-]*", maxLength: 128 };
        }),
      ),
      /tenant\.id: .* up to 64 characters only/,
    );
  });
});

describe("a header is wrong", () => {
  test("that edge functions may not write", () => {
    for (const name of [
      "x-amz-cf-id",
      "X-Edge-Tag",
      "via",
      "x-cache",
      "x-amzn-requestid",
      "transfer-encoding",
      "cache-control",
      "authorization",
    ]) {
      says(
        checkHeaders({ ...contract, tagHeader: name }),
        /^tagHeader: ".*" is not an edge function's to write/,
      );
    }
    says(
      checkHeaders(
        changed(({ tenant }) => {
          tenant.header = "host";
        }),
      ),
      /^tenant\.header: "host"/,
    );
    assert.deepEqual(checkHeaders({ ...contract, previousTagHeader: "x-amz-meta-cache-tag" }), []);
  });

  test("that is one with another to an origin", () => {
    says(
      checkHeaders(
        changed(({ variants }) => {
          Object.assign(variants[0] ?? {}, { header: "x_organization_id" });
        }),
      ),
      /"x-organization-id" is written for two purposes/,
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
