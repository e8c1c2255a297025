/**
 * The cache tags of a response, and what CloudFront accepts as a tag. The Rust crate has the same grammar.
 */
import type { Contract } from "../../contract/contract.ts";
import { matchesPath } from "./path-pattern.ts";

/** CloudFront reads the first 50 tags of a response (Developer Guide, "Invalidate by cache tag"). */
export const MAX_TAGS = 50;

/** CloudFront ignores a longer tag. */
export const MAX_TAG_LENGTH = 256;

/** A data version that can stand in a tag. */
const VERSION = /^[A-Za-z0-9._:+/=~-]{1,64}$/;

/**
 * The tags of `tenant`'s response at `path`, which has no query string: the tenant's own first, as CloudFront drops
 * from the end, then one for each scope that the path belongs to, by name; then, where the response has a `version` and
 * the contract wants it in tags, the same with the version. A version that cannot stand in a tag adds none.
 */
export function cacheTags(
  contract: Pick<Contract, "tagPrefix" | "scopes" | "version">,
  tenant: string,
  path: string,
  version?: string,
): string[] {
  const own = `${contract.tagPrefix}${tenant}`;
  const scoped = Object.entries(contract.scopes ?? {})
    .filter(([, patterns]) => patterns.some((pattern) => matchesPath(pattern, path)))
    .map(([scope]) => `${own}:${scope}`)
    .sort();
  const tags = [own, ...scoped];
  const wanted = contract.version !== undefined && contract.version.tags !== false;
  if (!wanted || version === undefined || !VERSION.test(version)) return tags;
  return [...tags, ...tags.map((tag) => `${tag}@${version}`)];
}

/** Whether CloudFront would store every one of `tags`: visible ASCII without comma, short and few enough. */
export function areStorable(tags: readonly string[]): boolean {
  return (
    tags.length <= MAX_TAGS &&
    tags.every((tag) => tag.length <= MAX_TAG_LENGTH && /^[\x21-\x2b\x2d-\x7e]+$/.test(tag))
  );
}
