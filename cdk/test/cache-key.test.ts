import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { addStacks } from "../lib/app.ts";
import { type Composition, changes } from "../lib/cache-key/composition.ts";
import { accept, meaningOf, readLock, unaccepted } from "../lib/cache-key/lock.ts";
import { digestOf } from "../lib/cache-key/record.ts";
import { rendered } from "../lib/rulebook/rendered.ts";
import { cacheKeys } from "../lib/rulebook/rulebook.ts";
import { checkInstallation, readInstallation } from "../lib/settings/read.ts";
import {
  contract,
  everything,
  SETTINGS_FILE,
  temporaryFolder,
  testApp,
  WITHOUT_STAGING,
} from "./app-under-test.ts";

const MEANING = meaningOf({
  ...contract(),
  variants: [
    {
      header: "x-locale-bucket",
      from: "accept-language",
      default: "de",
      values: ["de", "fr"].map((value) => ({ value, matches: [value], send: value })),
    },
    {
      header: "x-device-class",
      from: "user-agent",
      default: "desktop",
      values: ["mobile", "tablet", "desktop"].map((value) => ({ value, matches: [value], send: value })),
    },
  ],
});
const API = {
  pattern: "/api/*",
  cached: true,
  headers: ["x-organization-id", "x-locale-bucket", "x-device-class"],
  queryNames: ["organization"],
  cookies: ["session"],
  encodings: ["br", "gzip"],
};
const UNCACHED = { cached: false, headers: [], queryNames: [], cookies: [], encodings: [] };
const REST = { ...UNCACHED, pattern: "*" };

function without(part: "headers" | "queryNames" | "cookies" | "encodings", name: string): Composition {
  return [{ ...API, [part]: API[part].filter((each) => each !== name) }, REST];
}

test("a change of the key is told in words", () => {
  const before = [API, REST];
  const told = (after: Composition) => changes(before, after, MEANING);
  assert.deepEqual(told(without("headers", "x-locale-bucket")), [
    "`x-locale-bucket` leaves the key of `/api/*`: German and French answers will share one entry",
  ]);
  assert.deepEqual(told(without("headers", "x-device-class")), [
    "`x-device-class` leaves the key of `/api/*`: mobile, tablet and desktop answers will share one entry",
  ]);
  assert.deepEqual(told(without("headers", "x-organization-id")), [
    "`x-organization-id` leaves the key of `/api/*`: all tenants will share one entry, and read each other's data",
  ]);
  assert.deepEqual(told(without("queryNames", "organization")), [
    "query name `organization` leaves the key of `/api/*`: `?organization=1` and `?organization=2` will share one entry, and the origin no longer sees it",
  ]);
  assert.deepEqual(told(without("cookies", "session")), [
    "cookie `session` leaves the key of `/api/*`: people with different values will share one entry",
  ]);
  assert.deepEqual(told(without("encodings", "br")), [
    "encoding `br` leaves the key of `/api/*`: browsers that accept it get another encoding or none",
  ]);
  assert.deepEqual(told([{ ...API, headers: [...API.headers, "origin"] }, REST]), [
    "`origin` enters the key of `/api/*`: what is cached there is not found again, and each of its values is stored apart",
  ]);
  assert.deepEqual(told([{ ...API, cached: false }, REST]), [
    "`/api/*` is no longer cached: every request reaches the origin",
  ]);
  assert.deepEqual(told([API, { ...REST, cached: true }]), [
    "the default behaviour becomes cached, keyed by the path alone",
  ]);
  assert.deepEqual(told([{ ...UNCACHED, pattern: "/api/login" }, API, REST]), [
    "`/api/login` is new: not cached",
  ]);
  assert.deepEqual(told([REST]), ["`/api/*` is gone: another behaviour serves what it served"]);
});

test("a change of order is told, since the first match serves", () => {
  const login = { ...UNCACHED, pattern: "/api/login" };
  assert.deepEqual(changes([login, API, REST], [API, login, REST], MEANING), [
    "behaviours are tried in another order: `/api/*`, `/api/login`, `*`",
  ]);
});

test("the order of names within a key is no change", () => {
  assert.deepEqual(changes([API], [{ ...API, headers: [...API.headers].reverse() }], MEANING), []);
});

test("every name but some is told as what it is", () => {
  const every = (part: "headers" | "queryNames" | "cookies", ...but: string[]) => [
    { ...API, [part]: { allBut: but } },
    REST,
  ];
  const told = (before: Composition, after: Composition) => changes(before, after, MEANING);
  assert.deepEqual(told([API, REST], every("queryNames")), [
    "every query name but `organization` enters the key of `/api/*`: each of their values is stored apart",
  ]);
  assert.deepEqual(told(every("queryNames"), [API, REST]), [
    "every query name but `organization` leaves the key of `/api/*`: requests that differ by them will share one entry",
  ]);
  assert.deepEqual(told(every("cookies"), every("cookies", "theme")), [
    "cookie `theme` leaves the key of `/api/*`: people with different values will share one entry",
  ]);
  assert.deepEqual(told(every("headers"), [{ ...API, headers: ["x-device-class"] }, REST]), [
    "`x-organization-id` leaves the key of `/api/*`: all tenants will share one entry, and read each other's data",
    "`x-locale-bucket` leaves the key of `/api/*`: German and French answers will share one entry",
    "every header but `x-device-class` leaves the key of `/api/*`: requests that differ by them will share one entry",
  ]);
  assert.deepEqual(told([REST], [{ ...API, headers: { allBut: ["authorization"] } }, REST]), [
    "`/api/*` is new: keyed by every header but `authorization`, query name `organization`, cookie `session`, encoding `br`, encoding `gzip`",
  ]);
});

test("a key counts only once it is accepted, and again when it changes", () => {
  const file = join(temporaryFolder(), "cache-key.lock.json");
  const command = "make accept-cache-key";
  assert.deepEqual(unaccepted(file, [API, REST], MEANING, command), [
    `the cache key was never accepted: ${file} is missing; to accept it, run: make accept-cache-key`,
  ]);
  accept(file, [API, REST], MEANING);
  assert.deepEqual(unaccepted(file, [API, REST], MEANING, command), []);
  const changed = without("headers", "x-locale-bucket");
  const words =
    "`x-locale-bucket` leaves the key of `/api/*`: German and French answers will share one entry";
  assert.deepEqual(unaccepted(file, changed, MEANING, command), [
    `cache key: ${words}; if that is meant, run: make accept-cache-key`,
  ]);
  assert.deepEqual(accept(file, changed, MEANING), [words]);
  assert.deepEqual(unaccepted(file, changed, MEANING, command), []);
});

test("a lock knows every key that was accepted before, and the accepted one is not among them", () => {
  const file = join(temporaryFolder(), "cache-key.lock.json");
  const keys: Composition[] = [[REST], [API, REST], without("encodings", "br")];
  for (const each of keys) accept(file, each, MEANING);
  assert.deepEqual(readLock(file)?.earlier, keys.slice(0, 2).map(digestOf));
  accept(file, [REST], MEANING);
  assert.deepEqual(readLock(file)?.earlier, keys.slice(1).map(digestOf));
  const before = readFileSync(file, "utf8");
  assert.deepEqual(accept(file, [REST], MEANING), []);
  assert.equal(readFileSync(file, "utf8"), before);
});

test("values that are no languages are told as they are", () => {
  const given = contract();
  given.variants = given.variants.map((each) => ({
    ...each,
    values: ["en_US", "international", "1", "de"].map((value) => ({ value, matches: ["x"], send: "x" })),
  }));
  assert.deepEqual(meaningOf(given).variants["x-locale-bucket"], ["en_US", "international", "1", "German"]);
});

test("a lock that is something else is refused", () => {
  const file = join(temporaryFolder(), "cache-key.lock.json");
  writeFileSync(file, "{}");
  assert.throws(() => readLock(file), /is not a lock of the cache key/);
});

test("the committed lock is the key of the example settings", () => {
  const installation = readInstallation(join(SETTINGS_FILE, "../settings.example.json"));
  const { distribution } = addStacks(testApp({ ...WITHOUT_STAGING, placeholders: "allow" }), installation);
  const { settings } = installation;
  assert.ok(distribution && settings.distribution);
  const composition = cacheKeys(rendered(distribution.tenantCache.distribution));
  assert.deepEqual(
    unaccepted(
      settings.distribution.cacheKeyLock,
      composition,
      meaningOf(installation.contract),
      "make accept-cache-key",
    ),
    [],
  );
});

test("a changed key stops the synthesis of the app until it is accepted, as the error says", () => {
  const folder = temporaryFolder();
  const file = join(folder, "prod.json");
  const lock = join(folder, "prod.cache-key.lock.json");
  const synthesize = (publicPaths: string[], context: object) => {
    const settings = { ...everything({ publicPaths }) } as { distribution: { cacheKeyLock?: string } };
    delete settings.distribution.cacheKeyLock;
    const app = testApp({ ...WITHOUT_STAGING, cacheKey: undefined, ...context });
    addStacks(app, checkInstallation(file, settings));
    app.synth();
  };
  synthesize([], { cacheKey: "accept" });
  synthesize([], {});
  assert.throws(
    () => synthesize(["/api/login"], {}),
    new RegExp(
      `cache key: \`/api/login\` is new: not cached; if that is meant, run: make accept-cache-key SETTINGS=${file}`,
    ),
  );
  synthesize(["/api/login"], { cacheKey: "accept" });
  synthesize(["/api/login"], {});
  assert.equal(readLock(lock)?.earlier.length, 1);
});
