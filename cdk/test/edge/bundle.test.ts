import assert from "node:assert/strict";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { pathToFileURL } from "node:url";
import { bundleEdgeFunction, type EdgeSettings } from "../../lib/edge/edge-bundle.ts";
import {
  contract,
  only,
  originEvent,
  originRequestEvent,
  settings,
  token,
  viewerEvent,
} from "./edge-event.ts";

const folder = mkdtempSync(join(tmpdir(), "edge-bundle-"));
after(() => rmSync(folder, { recursive: true }));

/** One entry with its settings inside, as the CDK app bundles it. */
async function bundle(name: string, inside: EdgeSettings) {
  const output = join(folder, name);
  bundleEdgeFunction(name, inside, output);
  const file = join(output, "index.mjs");
  return { size: statSync(file).size, handler: (await import(pathToFileURL(file).href)).handler };
}

describe("the bundle", () => {
  test("of the authorizer is under 1 MB and verifies", async () => {
    const { size, handler } = await bundle("viewer-authorizer", settings);
    assert.ok(size < 1_000_000, `${size} bytes`);
    assert.equal(
      only((await handler(viewerEvent({ bearer: token() }))).headers, "x-organization-id"),
      "acme",
    );
    assert.equal((await handler(viewerEvent())).status, "401");
  });

  test("of the miss reporter is under 1 MB, answers a look, and holds no verifier", async () => {
    const { size, handler } = await bundle("miss-reporter", { contract, userPool: null });
    assert.ok(size < 20_000, `${size} bytes`);
    const look = originRequestEvent({ headers: [["X-Warmfront-Look", "cached"]] });
    assert.equal(only((await handler(look)).headers, "x-warmfront-look"), "missing");
    assert.equal((await handler(originRequestEvent())).status, undefined);
  });

  test("of the tagger is under 1 MB, tags, and holds no verifier", async () => {
    const { size, handler } = await bundle("cache-tagger", { contract, userPool: null });
    assert.ok(size < 20_000, `${size} bytes`);
    assert.match(only((await handler(originEvent())).headers, "cache-tag"), /^tenant:acme,/);
  });
});
