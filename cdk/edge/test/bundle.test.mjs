import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import { contract, only, originEvent, settings, token, viewerEvent } from "./edge-event.mjs";

const folder = mkdtempSync(join(tmpdir(), "edge-bundle-"));
after(() => rmSync(folder, { recursive: true }));

/** One entry with its settings inside, bundled as the CDK app does it. */
async function bundle(entry, inside) {
  const settingsModule = {
    name: "settings",
    setup(builder) {
      builder.onResolve({ filter: /^warmfront:settings$/ }, ({ path }) => ({ path, namespace: "settings" }));
      builder.onLoad({ filter: /.*/, namespace: "settings" }, () => ({
        contents: JSON.stringify(inside),
        loader: "json",
      }));
    },
  };
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL(`../${entry}.mjs`, import.meta.url))],
    bundle: true,
    platform: "node",
    target: "node20",
    format: "esm",
    minify: true,
    write: false,
    plugins: [settingsModule],
  });
  const file = join(folder, `${entry}.mjs`);
  writeFileSync(file, outputFiles[0].contents);
  return { size: outputFiles[0].contents.length, handler: (await import(pathToFileURL(file))).handler };
}

describe("the bundle", () => {
  test("of viewer-request is under 1 MB and verifies", async () => {
    const { size, handler } = await bundle("viewer-request", settings);
    assert.ok(size < 1_000_000, `${size} bytes`);
    assert.equal(
      only((await handler(viewerEvent({ bearer: token() }))).headers, "x-organization-id"),
      "acme",
    );
    assert.equal((await handler(viewerEvent())).status, "401");
  });

  test("of origin-response is under 1 MB, tags, and holds no verifier", async () => {
    const { size, handler } = await bundle("origin-response", { contract, userPool: null });
    assert.ok(size < 20_000, `${size} bytes`);
    assert.match(only((await handler(originEvent())).headers, "cache-tag"), /^tenant:acme,/);
  });
});
