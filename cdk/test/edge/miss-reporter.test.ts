import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { changed, only, originRequestEvent, type Pair, reporter, withLog } from "./edge-event.ts";

const handler = reporter();
const LOOK: Pair = ["X-Warmfront-Look", "cached"];

describe("a look that found nothing cached", () => {
  test("is told so, in an answer that nobody stores and nobody shares", async () => {
    for (const method of ["GET", "HEAD"]) {
      assert.deepEqual(await handler(originRequestEvent({ method, headers: [LOOK] })), {
        status: "204",
        statusDescription: "No Content",
        headers: {
          "cache-control": [{ key: "Cache-Control", value: "no-store" }],
          "x-warmfront-look": [{ key: "X-Warmfront-Look", value: "missing" }],
        },
      });
    }
  });

  test("gets an answer of its own, whatever became of the last one", async () => {
    const first = await handler(originRequestEvent({ headers: [LOOK] }));
    delete first.headers["cache-control"];
    const second = await handler(originRequestEvent({ headers: [LOOK] }));
    assert.equal(only(second.headers, "cache-control"), "no-store");
  });
});

describe("a request that goes on to the origin", () => {
  test("is a reader's, unchanged", async () => {
    const event = originRequestEvent({ bearer: "a.b.c", query: "organization=acme" });
    const before = structuredClone(event.Records[0]?.cf.request);
    assert.deepEqual(await handler(event), before);
  });

  test("never has the look's header, whatever it says and whichever method it has", async () => {
    for (const asked of [
      { headers: [["X-Warmfront-Look", "Cached"]] },
      { headers: [["X-Warmfront-Look", ""]] },
      { headers: [LOOK], method: "POST" },
    ] as const) {
      const outcome = await handler(originRequestEvent(asked));
      assert.equal(outcome.status, undefined);
      assert.equal(outcome.headers["x-warmfront-look"], undefined);
    }
  });

  test("does not say which page's origin it came from, as the answer is for every page", async () => {
    const headers: Pair[] = [["Origin", "https://app.example.com"]];
    assert.equal((await handler(originRequestEvent({ headers }))).headers.origin, undefined);
    assert.equal((await handler(originRequestEvent({ headers, method: "POST" }))).headers.origin?.length, 1);
    const keyed = changed(({ cacheKey }) => {
      cacheKey.headers = [...cacheKey.headers, "Origin"];
    });
    assert.equal((await reporter(keyed)(originRequestEvent({ headers }))).headers.origin?.length, 1);
  });

  test("is as it was where the event cannot be read, which is logged in one line", async () => {
    for (const headers of [undefined, null, [], "x"]) {
      const event = originRequestEvent();
      Object.assign(event.Records[0]?.cf.request ?? {}, { headers });
      const before = structuredClone(event.Records[0]?.cf.request);
      const { result, lines } = await withLog(() => handler(event));
      assert.deepEqual(result, before);
      assert.equal(lines.length, 1);
    }
  });
});
