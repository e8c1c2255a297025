import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { randomInt } from "node:crypto";
import { test } from "node:test";
import { cacheTags } from "../../lib/edge/runtime/cache-tags.ts";
import { canonicalTenantId, MAX_LENGTH, PATTERN } from "../../lib/edge/runtime/tenant-id.ts";
import { contract, tenantIds } from "./edge-event.ts";

test("every vector gives what it says", () => {
  for (const { input, canonical, note } of tenantIds) {
    assert.equal(canonicalTenantId(input), canonical, note);
  }
});

test("what is no string is no tenant id", () => {
  for (const given of [undefined, null, 7, true, ["acme"], { toString: () => "acme" }, new String("acme")]) {
    assert.equal(canonicalTenantId(given), null);
  }
});

test("a lone surrogate is no tenant id", () => {
  assert.equal(canonicalTenantId("acme\ud800"), null);
});

test("the contract asks for the alphabet that is implemented", () => {
  assert.deepEqual(contract.tenant.id, { pattern: PATTERN, maxLength: MAX_LENGTH });
});

test("the line program answers each line, whatever the string holds", () => {
  const inputs = [...tenantIds.map(({ input }) => input), "a\u2028b", "a\rb"];
  const { stdout, status } = spawnSync(
    process.execPath,
    ["--import", "tsx", new URL("canonicalise-lines.ts", import.meta.url).pathname],
    {
      input: inputs.map((input) => `${JSON.stringify(input)}\n`).join(""),
      encoding: "utf8",
    },
  );
  assert.equal(status, 0);
  const answers = stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  assert.deepEqual(answers, inputs.map(canonicalTenantId));
});

test("no two different canonical ids share a tag", () => {
  const alphabet = "ab0._-";
  const owners = new Map<string, string>();
  for (let round = 0; round < 20_000; round += 1) {
    const given = Array.from({ length: randomInt(1, 8) }, () => alphabet[randomInt(alphabet.length)]).join(
      "",
    );
    const tenant = canonicalTenantId(given);
    if (tenant === null) {
      continue;
    }
    for (const tag of cacheTags(contract, tenant, "/api/overview")) {
      // CloudFront compares tags without case.
      const owner: string = owners.get(tag.toLowerCase()) ?? tenant;
      assert.equal(owner, tenant, `${tag} belongs to ${owner} and ${tenant}`);
      owners.set(tag.toLowerCase(), tenant);
    }
  }
  assert.ok(owners.size > 1000);
});
