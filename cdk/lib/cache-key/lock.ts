/**
 * The committed lock file with the accepted composition of the cache key. A distribution whose key is another one
 * cannot be synthesized until that is accepted on purpose.
 */
import { existsSync, writeFileSync } from "node:fs";
import type { Contract } from "../contract/contract.ts";
import { InvalidFile, readJson } from "../json-file.ts";
import { type Composition, canonical, changes, type HeaderMeaning } from "./composition.ts";
import { digestOf } from "./record.ts";

/** What the lock file holds. */
export interface CacheKeyLock {
  /** The key that was accepted. */
  readonly accepted: Composition;
  /** Digests of the keys that were accepted before it: wherever one of them is deployed, it may be replaced. */
  readonly earlier: readonly string[];
}

/** What the headers of `contract` stand for. */
export function meaningOf(contract: Contract): HeaderMeaning {
  const languages = new Intl.DisplayNames("en", { type: "language" });
  return {
    tenantHeader: contract.tenant.header,
    variants: Object.fromEntries(
      contract.variants.map(({ from, header, values }) => [
        header,
        values.map(({ value }) => (from === "accept-language" ? languageOf(value, languages) : value)),
      ]),
    ),
  };
}

/** The name of a language; of a value that is no language tag, itself. */
function languageOf(value: string, languages: Intl.DisplayNames): string {
  try {
    return languages.of(value) ?? value;
  } catch {
    return value;
  }
}

/** The lock file, or undefined where there is none yet. */
export function readLock(file: string): CacheKeyLock | undefined {
  if (!existsSync(file)) return undefined;
  const value = readJson(file) as Partial<CacheKeyLock>;
  if (!Array.isArray(value.accepted) || !Array.isArray(value.earlier)) {
    throw new InvalidFile(file, ["is not a lock of the cache key: delete it, and accept the key anew"]);
  }
  return value as CacheKeyLock;
}

/** How `composition` differs from what was accepted in `file`; `command` accepts it. */
export function unaccepted(
  file: string,
  composition: Composition,
  meaning: HeaderMeaning,
  command: string,
): string[] {
  const lock = readLock(file);
  if (!lock) return [`the cache key was never accepted: ${file} is missing; to accept it, run: ${command}`];
  if (canonical(lock.accepted) === canonical(composition)) return [];
  return changes(lock.accepted, composition, meaning).map(
    (change) => `cache key: ${change}; if that is meant, run: ${command}`,
  );
}

/** Accepts `composition`, which may replace all that were accepted before, and tells what that means. */
export function accept(file: string, composition: Composition, meaning: HeaderMeaning): string[] {
  const lock = readLock(file);
  const before = lock?.accepted ?? [];
  if (lock && canonical(before) === canonical(composition)) return [];
  const known = [...(lock?.earlier ?? []), ...(lock ? [digestOf(before)] : [])];
  const earlier = known.filter((digest) => digest !== digestOf(composition));
  const accepted: CacheKeyLock = { accepted: composition, earlier: [...new Set(earlier)] };
  writeFileSync(file, `${JSON.stringify(accepted, undefined, 2)}\n`);
  return changes(before, composition, meaning);
}
