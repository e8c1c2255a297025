/**
 * The committed lock file with the accepted composition of the cache key. A distribution whose key is another one
 * cannot be synthesized until that is accepted on purpose.
 */
import { existsSync, writeFileSync } from "node:fs";
import type { Contract } from "../contract/contract.ts";
import { caches, type DistributionModel } from "../distribution/distribution-model.ts";
import type { Names } from "../distribution/policy-model.ts";
import { InvalidFile, readJson } from "../json-file.ts";
import { type Composition, canonical, changes, type HeaderMeaning, type KeyOfPattern } from "./cache-key.ts";

/** What the lock file holds. */
export interface CacheKeyLock {
  /** The key that was accepted. */
  readonly accepted: Composition;
  /** The key that it took the place of; a deployment may replace this one and no other. */
  readonly replaces: Composition;
}

/** The composition of the key of each behaviour. */
export function compositionOf(model: DistributionModel): Composition {
  return model.behaviors.map((behavior): KeyOfPattern => {
    const { key, pattern } = behavior;
    if (!key || !caches(behavior)) {
      return { pattern, cached: false, headers: [], queryNames: [], cookies: [], encodings: [] };
    }
    return {
      pattern,
      cached: true,
      headers: spelled(key.headers),
      queryNames: spelled(key.queryNames),
      cookies: spelled(key.cookies),
      encodings: key.encodings,
    };
  });
}

function spelled({ behavior, names }: Names): string[] {
  if (behavior === "all") return ["(all)"];
  return behavior === "allExcept" ? names.map((name) => `(all but ${name})`) : [...names];
}

/** What the headers of `contract` stand for. */
export function meaningOf(contract: Contract): HeaderMeaning {
  const languages = new Intl.DisplayNames("en", { type: "language" });
  return {
    tenantHeader: contract.tenant.header,
    variants: Object.fromEntries(
      contract.variants.map(({ from, header, values }) => [
        header,
        values.map(({ value }) => (from === "accept-language" ? (languages.of(value) ?? value) : value)),
      ]),
    ),
  };
}

/** The lock file, or undefined where there is none yet. */
export function readLock(file: string): CacheKeyLock | undefined {
  if (!existsSync(file)) return undefined;
  const value = readJson(file) as Partial<CacheKeyLock>;
  if (!Array.isArray(value.accepted) || !Array.isArray(value.replaces)) {
    throw new InvalidFile(file, [
      'is not a lock of the cache key: run "make accept-cache-key" to write it anew',
    ]);
  }
  return value as CacheKeyLock;
}

/** How `composition` differs from what was accepted in `file`; empty when it does not. */
export function unaccepted(file: string, composition: Composition, meaning: HeaderMeaning): string[] {
  const lock = readLock(file);
  if (!lock)
    return [`the cache key was never accepted: ${file} is missing; read it and run "make accept-cache-key"`];
  if (canonical(lock.accepted) === canonical(composition)) return [];
  return changes(lock.accepted, composition, meaning).map(
    (change) => `cache key: ${change}; if that is meant, run "make accept-cache-key"`,
  );
}

/** Accepts `composition`: it may replace what was accepted before. */
export function accept(file: string, composition: Composition): void {
  const before = readLock(file)?.accepted ?? [];
  if (canonical(before) === canonical(composition)) return;
  const lock: CacheKeyLock = { accepted: composition, replaces: before };
  writeFileSync(file, `${JSON.stringify(lock, undefined, 2)}\n`);
}
