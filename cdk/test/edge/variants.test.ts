import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Variant } from "../../lib/contract/contract.ts";
import { variantValue } from "../../lib/edge/runtime/variants.ts";
import { contract, headersOf } from "./edge-event.ts";

const [locale, device] = contract.variants;
assert.ok(locale && device);
const reduce = (variant: Variant, ...values: string[]) =>
  variantValue(variant, headersOf(values.map((value) => [variant.from, value])));

describe("the locale bucket", () => {
  const cases: [given: string, expected: string, why: string][] = [
    ["de", "de", "the plain tag"],
    ["de-AT", "de", "a region"],
    ["DE-de", "de", "upper case"],
    ["en-US,en;q=0.9,de;q=0.8", "en", "the best quality first"],
    ["en;q=0.1,de;q=0.9", "de", "quality before order"],
    ["en;q=0.5,de;q=0.5", "en", "order between equals"],
    ["fr,de;q=0.3", "de", "the first that is known"],
    ["fr,it", "en", "none known: default"],
    ["de;q=0,fr", "en", "quality 0 is a refusal"],
    ["de;q=0.000", "en", "so is 0.000"],
    ["de;q=2", "en", "a quality above 1 is malformed"],
    ["de;q=abc,de;q=", "en", "so are letters, and nothing"],
    ["de;q=0.1234", "en", "so are four digits"],
    ["de;q=1.000", "de", "1.000 is 1"],
    ["de ; q=0.4 , en ; q=0.3", "de", "white space"],
    ["DE;Q=0.5", "de", "the letter of the quality in upper case"],
    ["*", "en", "any language: default"],
    ["*;q=0.5,de;q=0.1", "de", "any language names none"],
    ["deu", "en", "a longer primary subtag is another language"],
    ["", "en", "an empty header"],
    [",,;,", "en", "separators only"],
    ["zh-Hant-de", "en", "only the primary subtag counts"],
  ];
  for (const [given, expected, why] of cases) {
    test(`${JSON.stringify(given)} gives ${expected}: ${why}`, () =>
      assert.equal(reduce(locale, given), expected));
  }

  test("without the header is the default", () => assert.equal(variantValue(locale, {}), "en"));
  test("reads two headers as one list", () => assert.equal(reduce(locale, "en;q=0.2", "de"), "de"));
});

describe("the device class", () => {
  const cases: [given: string, expected: string, why: string][] = [
    ["Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Mobile/15E148", "mobile", "a telephone"],
    ["Mozilla/5.0 (Linux; Android 14; SM-X710)", "mobile", "a tablet"],
    ["Mozilla/5.0 (Windows NT 10.0; Win64; x64)", "desktop", "a desktop"],
    ["MOZILLA (X11) MOBILE", "mobile", "the first value in order wins, whatever the case"],
    ["curl/8", "desktop", "none known: default"],
  ];
  for (const [given, expected, why] of cases) {
    test(`${given} gives ${expected}: ${why}`, () => assert.equal(reduce(device, given), expected));
  }
});
