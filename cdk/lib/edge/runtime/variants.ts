/**
 * Variants: a browser's header is reduced to one of a few values, so that the cache key stays small.
 */
import type { CloudFrontHeaders } from "aws-lambda";
import type { Variant } from "../../contract/contract.ts";
import { headerValues } from "./event.ts";

type Value = Variant["values"][number];

/** The value of `variant` for a request with these headers. */
export function variantValue(variant: Variant, headers: CloudFrontHeaders): string {
  const from = variant.from.toLowerCase();
  const given = headerValues(headers, from).join(",").toLowerCase();
  const found = from === "accept-language" ? byLanguage(variant, given) : bySubstring(variant, given);
  return found?.value ?? variant.default;
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
