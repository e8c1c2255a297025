/**
 * Variants: a browser's header or a claim is reduced to one of a few values, so that the cache key stays small.
 */
import type { CloudFrontHeaders } from "aws-lambda";
import type { Variant } from "../../contract/contract.ts";
import { headerValues } from "./event.ts";
import type { Claims } from "./token.ts";

type Value = Variant["values"][number];

/** How `from` begins where a variant is made from a claim of the token instead of a header. */
const CLAIM = "claim:";

/** Whether the variant is made from a claim of the token. */
export function isOfClaim({ from }: Variant): boolean {
  return from.startsWith(CLAIM);
}

/** The value of `variant` for a request with these headers and verified claims. */
export function variantValue(variant: Variant, headers: CloudFrontHeaders, claims: Claims = {}): string {
  const found = isOfClaim(variant)
    ? byClaim(variant, claims[variant.from.slice(CLAIM.length)])
    : byHeader(variant, headers);
  return found?.value ?? variant.default;
}

/** The one value that `chosen` names itself; undefined where it names none of the contract's, or two. */
export function chosenVariant(variant: Variant, chosen: readonly string[]): string | undefined {
  const [named, ...more] = new Set(chosen);
  return more.length > 0 ? undefined : variant.values.find(({ value }) => value === named)?.value;
}

/**
 * First value, in the contract's order, one of whose `matches` is the claim or, where that is a list, one of its
 * entries. Whole, and not a part of it: whoever is a `non-admin` must not get what was computed for an `admin`.
 */
function byClaim(variant: Variant, claim: unknown): Value | undefined {
  const given = (Array.isArray(claim) ? claim : [claim])
    .filter((each) => ["string", "number", "boolean"].includes(typeof each))
    .map((each) => String(each).toLowerCase());
  return variant.values.find(({ matches }) => matches.some((match) => given.includes(match.toLowerCase())));
}

function byHeader(variant: Variant, headers: CloudFrontHeaders): Value | undefined {
  const from = variant.from.toLowerCase();
  const given = headerValues(headers, from).join(",").toLowerCase();
  return from === "accept-language" ? byLanguage(variant, given) : bySubstring(variant, given);
}

/** First value, in the contract's order, one of whose `matches` occurs in the header. */
function bySubstring(variant: Variant, given: string): Value | undefined {
  return variant.values.find(({ matches }) => matches.some((match) => given.includes(match.toLowerCase())));
}

/** Value of the most wanted language range whose primary subtag some value lists. */
function byLanguage(variant: Variant, given: string): Value | undefined {
  const ranges = given
    .split(",")
    .map(languageRange)
    .filter((range) => range.quality > 0);
  // The sort is stable: ranges of equal quality keep the browser's order.
  ranges.sort((a, b) => b.quality - a.quality);
  for (const { primary } of ranges) {
    const found = variant.values.find(({ matches }) =>
      matches.some((match) => match.toLowerCase() === primary),
    );
    if (found) return found;
  }
  return undefined;
}

/** Primary subtag and quality of one language range; a malformed quality counts as 0 (RFC 9110, 12.4.2). */
function languageRange(range: string): { primary: string | undefined; quality: number } {
  const [tag = "", ...parameters] = range.split(";").map((part) => part.trim());
  const weight = parameters.find((parameter) => parameter.startsWith("q="))?.slice(2) ?? "1";
  const quality = /^(0(\.\d{0,3})?|1(\.0{0,3})?)$/.test(weight) ? Number(weight) : 0;
  return { primary: tag.split("-")[0], quality };
}
