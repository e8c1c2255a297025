import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { urlNaming } from "../../lib/edge/runtime/tenant-naming.ts";

const naming = urlNaming(["organization", "organization_id"]);
const named = (query: string) => naming("/api/overview", query).named;

describe("a parameter names the tenant that it says", () => {
  for (const query of [
    "organization=acme",
    "ORGANIZATION=acme",
    "organization[]=acme",
    "organization%5B0%5D=ACME",
    "[organization]=acme",
    "organization.id=acme",
    "organization_id[slug]=acme",
    "filter[organization]=acme",
    "user.organization.slug=%61cme",
    "organization:in=acme",
    "organization__slug=acme",
  ]) {
    test(query, () =>
      assert.ok(named(query).length > 0 && named(query).every((tenant) => tenant === "acme")),
    );
  }
});

describe("a parameter names no one tenant", () => {
  for (const query of [
    "organization=",
    "organization",
    "organization[]=acme,beta",
    "organization[ne]=acme",
    "organization[$in][]=acme",
    "organization[not][eq]=acme",
    "exclude.organization=acme",
    "organization!=acme",
    "organization<=acme",
    "organization__startswith=acme",
    "Organization=acme%26x",
    "Organization=acme;x",
    "Organization=%2561cme",
  ]) {
    test(query, () => assert.ok(named(query).includes(null), JSON.stringify(named(query))));
  }
});

describe("a parameter names nobody", () => {
  for (const query of [
    "",
    "organizations=beta",
    "organization_name=Acme%20Corp",
    "my_organization=beta",
    "organizational.unit=beta",
    "sort=organization",
    "fields=organization,name",
    "q=organization+beta",
    "filter=organization%20eq%20%27beta%27",
    "filter[status][ne]=open",
    "createdAt[$gte]=2026-01-01",
    "not=x&from=y",
  ]) {
    test(query || "(empty)", () => assert.deepEqual(named(query), []));
  }
});

test("a name joined of several parts counts where the contract has only the longer one", () => {
  const only = urlNaming(["organization_id"]);
  for (const query of [
    "organization.id=beta",
    "organization[id=beta",
    "x[organization][id]=beta",
    "organization.id[a]=beta",
  ]) {
    assert.deepEqual(only("/", query).named.includes("beta"), true, query);
  }
  assert.deepEqual(only("/", "organization=beta").named, []);
});

test("a name outside ASCII counts as an array and nested, too", () => {
  const abroad = urlNaming(["\u7d44\u7e54"]);
  for (const query of ["\u7d44\u7e54=beta", "\u7d44\u7e54[]=beta", "a[%E7%B5%84%E7%B9%94]=beta"]) {
    assert.deepEqual(new Set(abroad("/", query).named), new Set(["beta"]), query);
  }
  assert.deepEqual(abroad("/", "\u7d44=beta").named, []);
});

test("a name with broken escapes or control characters cannot be judged", () => {
  for (const query of ["%=1", "a%zz=1", "%ff=1", "a%00=1", "a%0A=1", "ok=1&%C1%AF=2"]) {
    assert.equal(naming("/", query).readable, false, query);
  }
  for (const query of ["a=%", "a=%ff", "a=%00", "%C3%A9=1"]) {
    assert.equal(naming("/", query).readable, true, query);
  }
});
