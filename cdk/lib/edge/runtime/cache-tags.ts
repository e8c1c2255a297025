/**
 * The cache tags of a response, and what CloudFront accepts as a tag. The Rust crate has the same grammar.
 */
import type { Contract } from "../../contract/contract.ts";
import { matchesPath } from "./path-pattern.ts";

/** CloudFront reads the first 50 tags of a response (Developer Guide, "Invalidate by cache tag"). */
export const MAX_TAGS = 50;

/** CloudFront ignores a longer tag. */
export const MAX_TAG_LENGTH = 256;

/**
 * The tags of `tenant`'s response at `path`, which has no query string: the tenant's own first, as CloudFront drops
 * from the end, then one for each scope that the path belongs to, by name.
 */
export function cacheTags(
  contract: Pick<Contract, "tagPrefix" | "scopes">,
  tenant: string,
  path: string,
): string[] {
  const own = `${contract.tagPrefix}${tenant}`;
  const scoped = Object.entries(contract.scopes ?? {})
    .filter(([, patterns]) => patterns.some((pattern) => matchesPath(pattern, path)))
    .map(([scope]) => `${own}:${scope}`)
    .sort();
  return [own, ...scoped];
}

/** Whether CloudFront would store every one of `tags`: visible ASCII without comma, short and few enough. */
export function areStorable(tags: readonly string[]): boolean {
  return (
    tags.length <= MAX_TAGS &&
    tags.every((tag) => tag.length <= MAX_TAG_LENGTH && /^[\x21-\x2b\x2d-\x7e]+$/.test(tag))
  );
}
