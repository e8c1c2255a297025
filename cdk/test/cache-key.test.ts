import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { addStacks } from "../lib/app.ts";
import { type Composition, changes } from "../lib/cache-key/cache-key.ts";
import { accept, compositionOf, meaningOf, readLock, unaccepted } from "../lib/cache-key/cache-key-lock.ts";
import { readDistribution } from "../lib/distribution/distribution-model.ts";
import { checkInstallation, readInstallation } from "../lib/settings/read.ts";
import {
  contract,
  everything,
  SETTINGS_FILE,
  temporaryFolder,
  tenantCache,
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

test("a key counts only once it is accepted, and again when it changes", () => {
  const file = join(temporaryFolder(), "cache-key.lock.json");
  assert.deepEqual(unaccepted(file, [API, REST], MEANING), [
    `the cache key was never accepted: ${file} is missing; read it and run "make accept-cache-key"`,
  ]);
  accept(file, [API, REST]);
  assert.deepEqual(unaccepted(file, [API, REST], MEANING), []);
  const changed = without("headers", "x-locale-bucket");
  assert.deepEqual(unaccepted(file, changed, MEANING), [
    'cache key: `x-locale-bucket` leaves the key of `/api/*`: German and French answers will share one entry; if that is meant, run "make accept-cache-key"',
  ]);
  accept(file, changed);
  assert.deepEqual(unaccepted(file, changed, MEANING), []);
  assert.deepEqual(readLock(file)?.replaces, [API, REST]);
});

test("accepting what is accepted keeps the key that it replaces", () => {
  const file = join(temporaryFolder(), "cache-key.lock.json");
  accept(file, [REST]);
  accept(file, [API, REST]);
  const before = readFileSync(file, "utf8");
  accept(file, [API, REST]);
  assert.equal(readFileSync(file, "utf8"), before);
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
  const composition = compositionOf(readDistribution(distribution.tenantCache.distribution));
  assert.deepEqual(unaccepted(settings.distribution.cacheKeyLock, composition, meaningOf(contract())), []);
});

test("a changed key stops the synthesis of the app", () => {
  const cacheKeyLock = join(temporaryFolder(), "cache-key.lock.json");
  accept(cacheKeyLock, compositionOf(readDistribution(tenantCache().distribution)));
  const changed = everything({ cacheKeyLock, publicPaths: ["/api/login"] });
  const app = testApp({ ...WITHOUT_STAGING, cacheKey: undefined });
  addStacks(app, checkInstallation(SETTINGS_FILE, changed));
  assert.throws(
    () => app.synth(),
    /cache key: `\/api\/login` is new: not cached; if that is meant, run "make accept-cache-key"/,
  );
});
