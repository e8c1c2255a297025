import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  authorizer,
  CLIENT,
  claims,
  keyPair,
  only,
  type Pair,
  poolKey,
  settings,
  token,
  tokenSignedWithPublicKey,
  unverifiableToken,
  viewerEvent,
} from "./edge-event.ts";

/** Answers like the pool's key endpoint and counts how often it was asked. */
function keySource(answer: () => unknown) {
  const source = {
    asked: 0,
    fetch: async (): Promise<ArrayBuffer> => {
      source.asked += 1;
      return new TextEncoder().encode(JSON.stringify(answer())).buffer;
    },
  };
  return source;
}

const unreachable = () =>
  keySource(() => {
    throw new Error("connect ECONNREFUSED");
  });

const handler = authorizer(settings, unreachable());
const statusFor = async (bearer: string, on = handler) =>
  (await on(viewerEvent({ bearer }))).status ?? "passed";
const now = Math.floor(Date.now() / 1000);

describe("a token that is refused with 401", () => {
  const stranger = keyPair("pool-key");
  const hostile = {
    "has expired": token(claims({ exp: now - 1 })),
    "has no expiry": token(claims({ exp: undefined })),
    "has an expiry that is no number": token(claims({ exp: "tomorrow" })),
    "is not valid yet": token(claims({ nbf: now + 600 })),
    "was issued in the future": token(claims({ iat: now + 600 })),
    "is of another pool in this region": token(
      claims({ iss: "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Another00" }),
    ),
    "is of another region": token(
      claims({ iss: "https://cognito-idp.us-east-1.amazonaws.com/eu-central-1_EdgeTests" }),
    ),
    "is of no issuer": token(claims({ iss: undefined })),
    "is of an issuer that only begins right": token(claims({ iss: `${claims().iss}.attacker.example` })),
    "is for another client": token(claims({ aud: "someotherclient" })),
    "is for no client": token(claims({ aud: undefined })),
    "is an access token": token(claims({ token_use: "access", aud: undefined, client_id: CLIENT })),
    "is of an unknown use": token(claims({ token_use: "refresh" })),
    "has no use": token(claims({ token_use: undefined })),
    "is unsigned": unverifiableToken({ alg: "none", kid: poolKey.kid }, claims(), ""),
    "is unsigned with a filler signature": unverifiableToken({ alg: "none", kid: poolKey.kid }, claims()),
    "is unsigned in another letter case": unverifiableToken({ alg: "NONE", kid: poolKey.kid }, claims()),
    "is signed with the public key as a secret": tokenSignedWithPublicKey(),
    "says another algorithm": token(claims(), { header: { alg: "RS512" } }),
    "says no algorithm": token(claims(), { header: { alg: undefined } }),
    "names no key": token(claims(), { header: { kid: undefined } }),
    "names an unknown key": token(claims(), { key: keyPair("unknown") }),
    "brings its own key": token(claims(), {
      key: stranger,
      header: { jwk: stranger.jwk, jku: "https://attacker.example/jwks" },
    }),
    "is signed by a stranger under the pool's key id": token(claims(), { key: stranger }),
    "names a key that objects inherit": token(claims(), { header: { kid: "__proto__" } }),
    "has a payload that is no object": token("[]"),
    "has a payload that is no JSON": token("{"),
    "has a header that is no JSON": `${Buffer.from("{").toString("base64url")}.e30.AAAA`,
    "has no signature": token().replace(/[^.]*$/, ""),
    "has half a signature": token().slice(0, -100),
    "has four parts": `${token()}.AAAA`,
    "is empty": "",
    "is white space": "   ",
    "is 20 KB of garbage": "A".repeat(20_000),
    "is 20 KB of dots": ".".repeat(20_000),
    "is 20 KB of parts": `${"A".repeat(6_600)}.${"B".repeat(6_600)}.${"C".repeat(6_600)}`,
    "has control characters": "a.b\u0000.c",
    "is two tokens": `${token()} ${token()}`,
    "is two tokens in a list": `${token()}, ${token()}`,
  };
  for (const [what, bearer] of Object.entries(hostile)) {
    test(what, async () => {
      const answer = await handler(viewerEvent({ bearer }));
      assert.equal(answer.status, "401");
      assert.match(
        only(answer.headers, "www-authenticate"),
        /^Bearer error="invalid_token", error_description="[^"]+"$/,
      );
      assert.equal(only(answer.headers, "cache-control"), "no-store");
      assert.ok(JSON.stringify(answer).length < 1_000);
    });
  }

  test("comes with another scheme", async () => {
    const basic: Pair[] = [["Authorization", `Basic ${Buffer.from("user:secret").toString("base64")}`]];
    assert.equal((await handler(viewerEvent({ headers: basic }))).status, "401");
  });
});

describe("a token that is taken", () => {
  test("is an id token of the pool for one of the clients", async () => {
    const several = { ...settings, userPool: { ...settings.userPool, clientIds: ["other", CLIENT] } };
    assert.equal(await statusFor(token(), authorizer(several)), "passed");
  });

  test("may be of any client where the settings list none", async () => {
    const any = authorizer({ ...settings, userPool: { ...settings.userPool, clientIds: null } });
    assert.equal(await statusFor(token(claims({ aud: "someotherclient" })), any), "passed");
  });

  test("is an access token where the settings ask for one", async () => {
    const access = authorizer({ ...settings, userPool: { ...settings.userPool, tokenUse: "access" } });
    assert.equal(
      await statusFor(token(claims({ token_use: "access", aud: undefined, client_id: CLIENT })), access),
      "passed",
    );
    assert.equal(await statusFor(token(), access), "401");
  });

  test("was issued by a clock that is a little ahead", async () => {
    assert.equal(await statusFor(token(claims({ iat: now + 30 }))), "passed");
  });
});

describe("the pool's keys", () => {
  const withoutKeys = { ...settings, userPool: { ...settings.userPool, jwks: null } };

  test("are fetched once and kept when none are pre-loaded", async () => {
    const source = keySource(() => ({ keys: [poolKey.jwk] }));
    const fetching = authorizer(withoutKeys, source);
    for (let request = 0; request < 5; request += 1) {
      assert.equal(await statusFor(token(), fetching), "passed");
    }
    assert.equal(source.asked, 1);
  });

  test("are not fetched at all for tokens of the pre-loaded key", async () => {
    const source = unreachable();
    assert.equal(await statusFor(token(), authorizer(settings, source)), "passed");
    assert.equal(source.asked, 0);
  });

  test("are fetched anew when the pool begins to sign with another", async () => {
    const next = keyPair("next-key");
    const source = keySource(() => ({ keys: [poolKey.jwk, next.jwk] }));
    assert.equal(await statusFor(token(claims(), { key: next }), authorizer(settings, source)), "passed");
    assert.equal(source.asked, 1);
  });

  test("are not asked for again and again by tokens of unknown keys", async () => {
    for (const source of [keySource(() => ({ keys: [poolKey.jwk] })), unreachable()]) {
      const flooded = authorizer(settings, source);
      for (let request = 0; request < 20; request += 1) {
        assert.equal(
          await statusFor(token(claims(), { header: { kid: `unknown-${request}` } }), flooded),
          "401",
        );
      }
      assert.equal(source.asked, 1);
      assert.equal(await statusFor(token(), flooded), "passed");
    }
  });

  test("that cannot be had at all close the door with 503, and are not asked for at every knock", async () => {
    const source = unreachable();
    const closed = authorizer(withoutKeys, source);
    for (let request = 0; request < 5; request += 1) {
      const answer = await closed(viewerEvent({ bearer: token() }));
      assert.equal(answer.status, "503");
      assert.equal(only(answer.headers, "retry-after"), "10");
      assert.equal(only(answer.headers, "cache-control"), "no-store");
    }
    assert.equal(source.asked, 1);
  });

  test("that are nonsense are as good as none", async () => {
    for (const nonsense of [{ keys: [] }, [], null, "keys", {}, { keys: "all" }, { keys: [null] }]) {
      const closed = authorizer(
        withoutKeys,
        keySource(() => nonsense),
      );
      assert.equal(await statusFor(token(), closed), "503", JSON.stringify(nonsense));
    }
  });

  test("verify nothing when they are no RSA keys", async () => {
    const secret = { kid: poolKey.kid, kty: "oct", k: "c2VjcmV0" };
    const closed = authorizer(
      withoutKeys,
      keySource(() => ({ keys: [secret] })),
    );
    assert.equal(await statusFor(token(), closed), "401");
    assert.equal(await statusFor(tokenSignedWithPublicKey(), closed), "401");
  });
});
