/**
 * The rulebook: whether a contract is valid, and whether a distribution fits it. It is the Rust that the functions and
 * `warmfront check` use too, as WebAssembly.
 */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { KeyOfPattern } from "../cache-key/composition.ts";

/** A distribution in rendered templates; it is in the first of them. */
export interface Rendered {
  /** Templates that are deployed together. */
  readonly templates: readonly object[];
  /** Its logical id. */
  readonly distribution: string;
}

/** What a distribution is held against. */
export interface Expected {
  /** The contract, as JSON. */
  readonly contract: string;
  /** Patterns that are meant to be reached without a token. */
  readonly publicPaths: readonly string[];
  /** Patterns that are meant to take signed URLs and cookies only. */
  readonly signedPaths: readonly string[];
  /** References to the cache tagger's version, as its template has them. */
  readonly taggers: readonly unknown[];
  /** References to the viewer authorizer's version, likewise. */
  readonly authorizers: readonly unknown[];
  /** Whether the API is meant to be reached by plain HTTP. */
  readonly plainHttpOrigin: boolean;
  /** The error caching TTL that the prewarmer reckons with, in seconds, where no template says it. */
  readonly errorCachingTtl?: number;
}

/** Everything that is wrong with the contract in `text`, each with its mend. */
export function contractProblems(text: string): string[] {
  return problemsOf(ask({ ask: "contract", contract: text }));
}

/** Everything that is wrong with a distribution, or else with the contract that it is held against. */
export function distributionProblems(rendered: Rendered, expected: Expected): string[] {
  return problemsOf(ask({ ask: "distribution", ...rendered, ...expected }));
}

/** The cache key of each behaviour, in the order in which CloudFront tries them. */
export function cacheKeys(rendered: Rendered): KeyOfPattern[] {
  return ask({ ask: "cacheKeys", ...rendered }).keys ?? [];
}

interface Answer {
  readonly problems?: readonly { readonly rule: string; readonly message: string }[];
  readonly keys?: KeyOfPattern[];
  readonly unreadable?: string;
}

function problemsOf({ problems = [] }: Answer): string[] {
  // As `warmfront check` prints them: the name leads to the page of rules.
  return problems.map(({ rule, message }) => `${message} [${rule}]`);
}

const MODULE = fileURLToPath(
  new URL("../../../target/wasm32-unknown-unknown/release/rulebook.wasm", import.meta.url),
);

/** What the module exports: see the crate `rulebook`. */
interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer };
  room(bytes: number): number;
  ask(): number;
  answered(): number;
}

let loaded: Exports | undefined;

function load(): Exports {
  if (!existsSync(MODULE)) throw new Error(`the rulebook is not built: run "make rulebook" (${MODULE})`);
  const instance = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(MODULE)));
  return instance.exports as Exports;
}

function ask(question: object): Answer {
  loaded ??= load();
  const bytes = new TextEncoder().encode(JSON.stringify(question));
  const room = loaded.room(bytes.length);
  new Uint8Array(loaded.memory.buffer, room, bytes.length).set(bytes);
  const length = loaded.ask();
  // The memory may have grown, and so have moved.
  const text = new TextDecoder().decode(new Uint8Array(loaded.memory.buffer, loaded.answered(), length));
  const answer = JSON.parse(text) as Answer;
  if (answer.unreadable) throw new Error(`the rulebook cannot look: ${answer.unreadable}`);
  return answer;
}
