/** What a policy of a behaviour says: what is in the cache key, and what the origin is sent beside it. */

/** Which names of a kind take part: none, all, exactly these, or all but these. */
export interface Names {
  readonly behavior: "none" | "all" | "list" | "allExcept";
  readonly names: readonly string[];
}

/** A cache policy: what is in the key, and for how long. */
export interface CacheKeyModel {
  readonly headers: Names;
  readonly queryNames: Names;
  readonly cookies: Names;
  readonly encodings: readonly string[];
  readonly minTtl: number;
  readonly maxTtl: number;
}

/** What the origin is sent beside the key. */
export interface ForwardingModel {
  readonly headers: Names;
  readonly queryNames: Names;
}
