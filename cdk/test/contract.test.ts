/** What the CDK app says of a contract. The rules themselves are the rulebook's, and tested where they are. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { patternOf, readContract } from "../lib/contract/contract.ts";
import { InvalidFile } from "../lib/json-file.ts";
import { checkInstallation } from "../lib/settings/read.ts";
import { CONTRACT_FILE, contract, everything, SETTINGS_FILE, temporaryFolder } from "./app-under-test.ts";

function problemsOf(text: string): readonly string[] {
  const file = join(temporaryFolder(), "contract.json");
  writeFileSync(file, text);
  try {
    readContract(file);
  } catch (error) {
    assert.ok(error instanceof InvalidFile, String(error));
    return error.problems;
  }
  return [];
}

test("a sound contract is read as it is written, and needs no file beside it", () => {
  const text = readFileSync(CONTRACT_FILE, "utf8");
  assert.deepEqual(problemsOf(text), []);
  assert.deepEqual(readContract(CONTRACT_FILE), JSON.parse(text));
});

test("every problem is told at once, with place, consequence, mend and the rule's name", () => {
  const changed = contract();
  changed.tagHeader = "x-cache";
  changed.cacheKey.headers = ["x-locale-bucket", "x-device-class"];
  changed.paths = [{ pattern: "/api/*", defaultTtl: "8d", maxTtl: "7d" }];
  assert.deepEqual(problemsOf(JSON.stringify(changed)), [
    'tagHeader "x-cache" is not an edge function\'s to write or to read: CloudFront answers 502, or drops it; choose a header of your own, such as "x-organization-id" [header-not-writable]',
    'tenant.header "x-organization-id" is not in cacheKey.headers, although answers differ by "x-organization-id": one\'s answer would be served to another; add it there [key-lacks]',
    "paths[0] has a defaultTtl above its maxTtl: CloudFront would refuse the cache policy; raise maxTtl, or lower defaultTtl [ttl-order]",
  ]);
});

test("what is no contract at all is refused", () => {
  assert.match(problemsOf('{"not":"a contract"}').join("\n"), /tagHeader is missing; add it \[missing\]/);
  assert.match(problemsOf("{").join("\n"), /is not JSON/);
  assert.match(
    problemsOf(readFileSync(CONTRACT_FILE, "utf8").replace("{", '{ "tagPrefix": "x:",')).join("\n"),
    /has the field "tagPrefix" twice/,
  );
});

test("a value whose `send` gives another value is refused: only the edge functions' own code knows", () => {
  const changed = contract();
  Object.assign(changed.variants[0]?.values[1] ?? {}, { send: "fr,en;q=0.5" });
  assert.match(problemsOf(JSON.stringify(changed)).join("\n"), /"fr,en;q=0.5" gives "en", not "de"/);
});

test("values that are no languages are refused by name, whatever else reads them", () => {
  for (const value of ["en_US", "international", "1"]) {
    const changed = contract();
    Object.assign(changed.variants[0]?.values[0] ?? {}, { matches: [value] });
    assert.match(problemsOf(JSON.stringify(changed)).join("\n"), /\[variant-language\]/, value);
  }
});

test("a file that is not there is named", () => {
  assert.throws(() => readContract("/nowhere/contract.json"), /\/nowhere\/contract\.json.*cannot be read/s);
});

test("the settings' problems name the contract's file", () => {
  const file = join(temporaryFolder(), "contract.json");
  writeFileSync(file, "{}");
  assert.throws(
    () => checkInstallation(SETTINGS_FILE, { ...everything(), contract: file }),
    /contract\.json: tagHeader is missing; add it \[missing\]/,
  );
});

test("a request's pattern is its path, whichever tenant is asked for", () => {
  assert.equal(patternOf("/api/{tenant}/cost?window=90d"), "/api/*/cost");
});
