import assert from "node:assert/strict";
import { copyFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { readContract } from "../lib/contract/contract.ts";
import { InvalidFile } from "../lib/json-file.ts";
import { CONTRACT_FILE, contract, temporaryFolder } from "./app-under-test.ts";

function problemsOf(value: object): readonly string[] {
  const folder = temporaryFolder();
  const file = join(folder, "contract.json");
  copyFileSync(join(dirname(CONTRACT_FILE), "contract.schema.json"), join(folder, "contract.schema.json"));
  writeFileSync(file, JSON.stringify(value));
  try {
    readContract(file);
  } catch (error) {
    assert.ok(error instanceof InvalidFile, String(error));
    return error.problems;
  }
  return [];
}

test("the project's contract is good", () => {
  assert.deepEqual(problemsOf(contract()), []);
});

test("every breach of the schema is named at once", () => {
  const { tagHeader: _, ...rest } = contract();
  const [path] = rest.paths;
  const problems = problemsOf({ ...rest, colour: "red", paths: [{ ...path, defaultTtl: "one day" }] });
  assert.equal(problems.length, 3);
  assert.match(problems.join("\n"), /"tagHeader" is missing/);
  assert.match(problems.join("\n"), /unknown field "colour"/);
  assert.match(problems.join("\n"), /paths\.0\.defaultTtl: "one day" does not match/);
});

test("every contradiction between fields is named at once", () => {
  const changed = contract();
  changed.cacheKey.headers = ["x-device-class"];
  changed.cacheKey.queryNames = ["window", "organization"];
  changed.variants = changed.variants.map((each, index) => (index === 0 ? { ...each, default: "fr" } : each));
  changed.paths = [{ pattern: "/api/*", defaultTtl: "8d", maxTtl: "7d" }];
  changed.endpoints = [
    { path: "/api/overview?organization={tenant}", timeout: "10s", scope: "costs" },
    { path: "/api/inventory?organization={tenant}", timeout: "10s", scope: "cost" },
  ];
  assert.deepEqual(problemsOf(changed), [
    'cacheKey.headers: "x-organization-id" is missing, and answers differ by it; add it',
    'cacheKey.headers: "x-locale-bucket" is missing, and answers differ by it; add it',
    'cacheKey.queryNames: "organization_id" names the tenant and is missing; add it',
    'variants x-locale-bucket: the default "fr" is none of its values',
    "paths /api/*: defaultTtl 8d is above maxTtl 7d",
    'endpoint "/api/overview?organization={tenant}": scope "costs" is unknown; known: cost, inventory, security',
    'endpoint "/api/inventory?organization={tenant}": no pattern of its scope "cost" matches it, so a refresh of the scope would not purge it; the patterns are /api/cost*, /api/overview*',
  ]);
});

test("what the edge functions could not do is named too", () => {
  const changed = contract();
  changed.tagHeader = "x-cache";
  assert.match(problemsOf(changed).join("\n"), /tagHeader: "x-cache" is not an edge function's to write/);
});

test("migration keeps to CloudFront's rules for wildcards", () => {
  const changed = contract();
  changed.previousTagHeader = changed.tagHeader;
  changed.migration = {
    paths: [
      "/api/*/cost?organization={tenant}",
      ...Array.from({ length: 16 }, (_, n) => `/api/${n}/{tenant}*`),
    ],
  };
  assert.deepEqual(problemsOf(changed).slice(0, 3), [
    'migration.paths: "/api/*/cost?organization={tenant}" has a wildcard before its end, where CloudFront takes none',
    "migration.paths: 16 wildcards, and a distribution may have 15 in progress; write paths out, or purge fewer",
    "previousTagHeader: equals tagHeader; leave it out when nothing is being renamed",
  ]);
});

test("a contract without its schema beside it is refused", () => {
  const file = join(temporaryFolder(), "contract.json");
  writeFileSync(file, "{}");
  assert.throws(() => readContract(file), /its schema is missing: expected .*contract\.schema\.json/);
});
