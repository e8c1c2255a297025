import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { CloudFrontResponseEvent } from "aws-lambda";
import {
  type Answered,
  cacheTagVectors,
  contract,
  only,
  originEvent,
  tagger,
  tenantIds,
  withLog,
} from "./edge-event.ts";

const handler = tagger();
const renaming = tagger({ ...contract, previousTagHeader: "x-amz-meta-cache-tag" });
const responseOf = (event: CloudFrontResponseEvent) => event.Records[0]?.cf.response;

describe("a tagged response", () => {
  test("has the vectors' tags", async () => {
    for (const { tenant, path, version, tags } of cacheTagVectors.filter(({ path }) =>
      path.startsWith("/api/"),
    )) {
      // The end of a line cannot come in a header.
      if (version?.includes("\n")) continue;
      const versions = version === undefined ? [] : [version];
      const response = await handler(
        originEvent({ path, versions, request: [["X-Organization-Id", tenant]] }),
      );
      assert.deepEqual(response.headers["cache-tag"], [{ key: "cache-tag", value: tags.join(",") }], path);
    }
  });

  test("has its version's tags where the origin stamps one version, and they fit", async () => {
    const tagsOf = async (options: Answered, on = handler) =>
      only((await on(originEvent(options))).headers, "cache-tag");
    const path = "/api/version";
    assert.equal(await tagsOf({ path, versions: [" 41 "] }), "tenant:acme,tenant:acme@41");
    for (const versions of [[], ["41", "42"], ["41", "41"], ["4 1"], ["v".repeat(65)]]) {
      assert.equal(await tagsOf({ path, versions }), "tenant:acme", versions.join());
    }
    const long = tagger({ ...contract, tagPrefix: "t".repeat(240) });
    assert.equal(await tagsOf({ path, versions: ["v".repeat(64)] }, long), `${"t".repeat(240)}acme`);
    const unversioned = tagger({ ...contract, version: undefined });
    assert.equal(await tagsOf({ path, versions: ["41"] }, unversioned), "tenant:acme");
  });

  test("does not say what only the miss reporter says", async () => {
    const response = await handler(originEvent({ response: [["X-Warmfront-Look", "missing"]] }));
    assert.equal(response.headers["x-warmfront-look"], undefined);
  });

  test("is otherwise as the origin sent it", async () => {
    const event = originEvent();
    const before = structuredClone(responseOf(event));
    const { "cache-tag": tag, ...headers } = (await handler(event)).headers;
    assert.equal(tag?.length, 1);
    assert.deepEqual({ ...before, headers }, before);
  });

  test("has no tags of the origin's", async () => {
    const response = await renaming(
      originEvent({
        response: [
          ["Cache-Tag", "tenant:beta"],
          ["Cache-Tag", "all"],
          ["X-Amz-Meta-Cache-Tag", "tenant:beta"],
        ],
      }),
    );
    for (const name of ["cache-tag", "x-amz-meta-cache-tag"]) {
      assert.equal(
        only(response.headers, name),
        [...["", ":cost", ":inventory", ":security"], ...["@42", ":cost@42", ":inventory@42", ":security@42"]]
          .map((end) => `tenant:acme${end}`)
          .join(),
      );
    }
  });

  test("carries the tags under the previous header too while a rename is on, and only then", async () => {
    assert.equal((await handler(originEvent())).headers["x-amz-meta-cache-tag"], undefined);
    assert.match(only((await renaming(originEvent())).headers, "x-amz-meta-cache-tag"), /^tenant:acme,/);
  });

  test("may be an error: CloudFront stores those as well", async () => {
    for (const status of ["204", "301", "304", "404", "500", "503"]) {
      assert.match(only((await handler(originEvent({ status }))).headers, "cache-tag"), /^tenant:acme,/);
    }
  });

  test("keeps its header's spelling apart from its place in the event", async () => {
    const response = await tagger({ ...contract, tagHeader: "Cache-Tag" })(originEvent());
    assert.equal(response.headers["cache-tag"]?.[0]?.key, "Cache-Tag");
  });

  test("names the same tenant in its own header, in whatever case", async () => {
    const response = await handler(originEvent({ response: [["X-Organization-Id", "ACME"]] }));
    assert.equal(only(response.headers, "cache-control"), "public, max-age=86400");
    assert.match(only(response.headers, "cache-tag"), /^tenant:acme,/);
  });
});

describe("a response that is not to be stored", () => {
  const uncacheable = async (options: Answered, on = handler) => {
    const { result, lines } = await withLog(() => on(originEvent(options)));
    assert.equal(only(result.headers, "cache-control"), "no-store");
    assert.equal(result.headers["cache-tag"], undefined);
    assert.equal(result.headers.expires, undefined);
    assert.equal(result.status, "200");
    assert.equal(lines.length, 1);
  };

  test("is for a tenant that is no canonical id", async () => {
    for (const { input } of tenantIds.filter(({ input, canonical }) => canonical !== input)) {
      await uncacheable({
        request: [["X-Organization-Id", input]],
        response: [["Expires", "Fri, 01 Jan 2100 00:00:00 GMT"]],
      });
    }
  });

  test("is for two tenants, even for one of them twice", async () => {
    await uncacheable({
      request: [
        ["X-Organization-Id", "acme"],
        ["X-Organization-Id", "beta"],
      ],
    });
    await uncacheable({
      request: [
        ["X-Organization-Id", "acme"],
        ["X-Organization-Id", "acme"],
      ],
    });
  });

  test("is for nobody on a tenant path, as no purge would reach it", async () => {
    await uncacheable({ request: [] });
  });

  test("is what the origin answered for another tenant", async () => {
    for (const named of ["beta", "acme, beta", ""]) {
      await uncacheable({ response: [["X-Organization-Id", named]] });
    }
  });

  test("loses the tags that the origin gave it", async () => {
    await uncacheable(
      {
        request: [],
        response: [
          ["Cache-Tag", "tenant:acme"],
          ["X-Amz-Meta-Cache-Tag", "tenant:acme"],
        ],
      },
      renaming,
    );
  });

  test("has more tags than CloudFront reads, its version's not counted", async () => {
    const scopes = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`scope-${index}`, ["/api/*"]]));
    const tags = only(
      (await tagger({ ...contract, scopes: scopes(49) })(originEvent())).headers,
      "cache-tag",
    );
    assert.equal(tags.split(",").length, 50);
    assert.ok(!tags.includes("@"));
    await uncacheable({}, tagger({ ...contract, scopes: scopes(50) }));
  });

  test("has a longer tag than CloudFront keeps", async () => {
    await uncacheable({}, tagger({ ...contract, tagPrefix: "t".repeat(253) }));
  });

  test("would with its tags have more headers than CloudFront passes on", async () => {
    await uncacheable({ response: [["X-Large", "x".repeat(20_300)]] });
    assert.equal(
      (await handler(originEvent({ response: [["X-Large", "x".repeat(20_000)]] }))).headers["cache-tag"]
        ?.length,
      1,
    );
  });
});

describe("a response that is left alone", () => {
  test("is for nobody elsewhere than on a tenant path", async () => {
    const event = originEvent({ path: "/assets/app.js", request: [], response: [["Cache-Tag", "build:7"]] });
    const before = structuredClone(responseOf(event));
    const { result, lines } = await withLog(() => handler(event));
    assert.deepEqual(result, before);
    assert.deepEqual(lines, []);
  });

  test("belongs to an event that cannot be read, which is logged in one line", async () => {
    type Damageable = Record<"request" | "response", Record<string, unknown>>;
    const breakage: ((cf: Partial<Damageable> & Damageable) => void)[] = [
      (cf: Partial<Damageable>) => delete cf.request,
      (cf) => delete cf.request.headers,
      (cf) => delete cf.request.uri,
      (cf) => delete cf.response.headers,
      (cf) => Object.assign(cf.request, { headers: [] }),
      (cf) => Object.assign(cf.request, { uri: null }),
    ];
    for (const damage of breakage) {
      const event = originEvent();
      damage(event.Records[0]?.cf as unknown as Damageable);
      const before = structuredClone(responseOf(event));
      const { result, lines } = await withLog(() => handler(event));
      assert.deepEqual(result, before, damage.toString());
      assert.equal(lines.length, 1);
      assert.equal(JSON.parse(lines[0] ?? "").level, "error");
    }
  });
});
