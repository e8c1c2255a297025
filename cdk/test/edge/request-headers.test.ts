import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  type Asked,
  authorizer,
  changed,
  contract,
  headersOf,
  only,
  type Pair,
  settings,
  token,
  viewerEvent,
} from "./edge-event.ts";

const names = async (asked: Asked, on = authorizer()) =>
  Object.keys((await on(viewerEvent({ bearer: token(), ...asked }))).headers).toSorted();

/** What a browser, a proxy or somebody with bad intentions may send. */
const UNKEYED: readonly Pair[] = [
  "accept|text/html",
  "accept-charset|utf-16",
  "accept-datetime|Thu, 31 May 2007 20:35:00 GMT",
  "accept-language|fr",
  "access-control-request-headers|x",
  "access-control-request-method|PUT",
  "api-version|1",
  "cache-control|no-cache",
  "client-ip|10.0.0.1",
  "cloudfront-viewer-country|DE",
  "content-encoding|gzip",
  "content-type|text/xml",
  "cookie|organization=beta",
  "dnt|1",
  "forwarded|host=beta.example.com",
  "from|beta@example.com",
  'if-match|"x"',
  'if-range|"x"',
  "if-unmodified-since|Thu, 31 May 2007 20:35:00 GMT",
  "max-forwards|0",
  "origin|https://beta.example.com",
  "pragma|no-cache",
  "prefer|return=minimal",
  "range|bytes=0-0",
  "referer|https://beta.example.com/",
  "save-data|on",
  "sec-fetch-site|none",
  "traceparent|00-0-0-00",
  "true-client-ip|10.0.0.1",
  "upgrade-insecure-requests|1",
  "user-agent|curl",
  "want-digest|md5",
  "warning|x",
  "x-api-version|1",
  "x-correlation-id|1",
  "x-csrf-token|1",
  "x-debug|1",
  "x-forwarded-for|10.0.0.1",
  "x-forwarded-host|beta.example.com",
  "x-forwarded-port|80",
  "x-forwarded-prefix|/beta",
  "x-forwarded-scheme|http",
  "x-http-method-override|DELETE",
  "x-original-url|/beta",
  "x-organization|beta",
  "x-organization-id.|beta",
  "x-organization_id|beta",
  "x_organization_id|beta",
  "x-locale_bucket|fr",
  "x-request-id|1",
  "x-requested-with|XMLHttpRequest",
  "x-rewrite-url|/beta",
  "x-tenant|beta",
  "x-tenant-id|beta",
  "x-user|beta",
  "x-warmfront-look|cached",
  "x-wap-profile|x",
  "constructor|x",
].map((line) => line.split("|") as [string, string]);

describe("on a cached path", () => {
  test("goes on what is in the key, and the token", async () => {
    for (const method of ["GET", "HEAD"]) {
      assert.deepEqual(await names({ method, headers: UNKEYED }), [
        "authorization",
        "host",
        "x-device-class",
        "x-locale-bucket",
        "x-organization-id",
      ]);
    }
  });

  test("goes on what CloudFront reads itself, and what functions may not take away", async () => {
    const headers: Pair[] = [
      ["Accept-Encoding", "br, gzip"],
      ["If-None-Match", '"x"'],
      ["If-Modified-Since", "Thu, 31 May 2007 20:35:00 GMT"],
      ["Content-Length", "0"],
      ["Via", "1.1 proxy.example.com"],
    ];
    const kept = headers.map(([name]) => name.toLowerCase());
    const found = await names({ headers });
    assert.deepEqual(
      kept.filter((name) => !found.includes(name)),
      [],
    );
  });

  test("goes on no Accept-Encoding where the key has no encodings, for it would be raw", async () => {
    const plain = changed(({ cacheKey }) => {
      cacheKey.encodings = [];
    });
    const found = await names(
      { headers: [["Accept-Encoding", "br"]] },
      authorizer({ ...settings, contract: plain }),
    );
    assert.ok(!found.includes("accept-encoding"));
  });

  test("goes on a header that the contract has in the key, in whatever case it is written there", async () => {
    const keyed = changed(({ cacheKey }) => {
      cacheKey.headers = [...cacheKey.headers, "X-Forwarded-Host", "origin"];
    });
    const outcome = await authorizer({ ...settings, contract: keyed })(
      viewerEvent({
        bearer: token(),
        headers: [
          ["X-Forwarded-Host", "a.example.com"],
          ["Origin", "https://b.example.com"],
        ],
      }),
    );
    assert.equal(only(outcome.headers, "x-forwarded-host"), "a.example.com");
    assert.equal(only(outcome.headers, "origin"), "https://b.example.com");
  });

  test("goes on the browser's name only where the key has what CloudFront makes of it", async () => {
    const keyed = changed(({ cacheKey }) => {
      cacheKey.headers = [...cacheKey.headers, "CloudFront-Is-Mobile-Viewer"];
    });
    assert.ok((await names({}, authorizer({ ...settings, contract: keyed }))).includes("user-agent"));
  });

  test("go on the cookies of the key and no others", async () => {
    const keyed = changed(({ cacheKey }) => {
      cacheKey.cookies = ["theme", "lang"];
    });
    const ask = async (headers: readonly Pair[]) =>
      (await authorizer({ ...settings, contract: keyed })(viewerEvent({ bearer: token(), headers }))).headers
        .cookie;
    const sent: Pair[] = [
      ["Cookie", "session=1; theme=dark;lang=de"],
      ["Cookie", "Theme=x; theme=light"],
    ];
    assert.deepEqual(await ask(sent), [{ key: "cookie", value: "theme=dark; lang=de; theme=light" }]);
    assert.equal(await ask([["Cookie", "session=1; theme"]]), undefined);
  });

  test("goes on an Origin that the settings name, so that CloudFront can answer it, and no other", async () => {
    const on = authorizer({ ...settings, corsOrigins: ["https://app.example.com"] });
    const ask = async (...origins: string[]) =>
      (await names({ headers: origins.map((origin) => ["Origin", origin]) }, on)).includes("origin");
    assert.equal(await ask("https://app.example.com"), true);
    for (const origins of [
      ["https://app.example.com.evil.example"],
      ["HTTPS://APP.EXAMPLE.COM"],
      ["null"],
      ["https://app.example.com", "https://evil.example"],
    ]) {
      assert.equal(await ask(...origins), false, origins.join());
    }
  });
});

describe("elsewhere", () => {
  const kept: Pair[] = [
    ["Accept", "text/html"],
    ["Cookie", "session=1"],
    ["Origin", "https://app.example.com"],
    ["X-Csrf-Token", "1"],
  ];
  const wanted = kept.map(([name]) => name.toLowerCase());

  for (const [what, asked] of [
    ["a method that is never cached", { method: "POST" }],
    ["a path that is not the contract's", { path: "/account" }],
  ] as const) {
    test(`${what} keeps what it came with`, async () => {
      const found = await names({ ...asked, headers: kept });
      assert.deepEqual(
        wanted.filter((name) => !found.includes(name)),
        [],
      );
    });

    test(`${what} loses what could name another tenant, URL, method or host, or ask for a look`, async () => {
      const lost: Pair[] = [
        ["X-Original-URL", "/api/overview?organization=beta"],
        ["X_Rewrite_Url", "/"],
        ["X-Forwarded-Host", "beta.example.com"],
        ["X-HTTP-Method-Override", "DELETE"],
        ["X-Organization_Id", "beta"],
        ["X-Locale_Bucket", "fr"],
        ["X-Warmfront-Look", "cached"],
      ];
      const found = new Set(await names({ ...asked, headers: lost }));
      assert.deepEqual(
        lost.map(([name]) => name.toLowerCase()).filter((name) => found.has(name)),
        [],
      );
    });
  }

  test("a rerouting header stays where the contract has it in the key", async () => {
    const keyed = changed(({ cacheKey }) => {
      cacheKey.headers = [...cacheKey.headers, "x-forwarded-host"];
    });
    const found = await names(
      { method: "POST", headers: [["X-Forwarded-Host", "www.example.com"]] },
      authorizer({ ...settings, contract: keyed }),
    );
    assert.ok(found.includes("x-forwarded-host"));
  });
});

test("the attempts cover many headers, and none that is in the key", () => {
  assert.ok(UNKEYED.length > 50);
  assert.deepEqual(
    Object.keys(headersOf(UNKEYED)).filter((name) => contract.cacheKey.headers.includes(name)),
    [],
  );
});
