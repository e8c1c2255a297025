/**
 * The composition of the cache key per behaviour, and what a change of it means, in words. Pure, since both the CDK app
 * and the function that guards deployments use it.
 */

/** The key of one behaviour; undefined parts are those of a behaviour that does not cache. */
export interface KeyOfPattern {
  readonly pattern: string;
  readonly cached: boolean;
  readonly headers: readonly string[];
  readonly queryNames: readonly string[];
  readonly cookies: readonly string[];
  readonly encodings: readonly string[];
}

/** The keys of a distribution's behaviours, in the order CloudFront tries them. */
export type Composition = readonly KeyOfPattern[];

/** What the values of a header stand for, so that a change can be told in words: `x-locale-bucket` → German, French. */
export interface HeaderMeaning {
  /** The header that names the tenant. */
  readonly tenantHeader: string;
  /** Names of the values of each variant header. */
  readonly variants: Readonly<Record<string, readonly string[]>>;
}

/** A form in which equal compositions are equal texts. */
export function canonical(composition: Composition): string {
  return JSON.stringify(
    composition.map(({ pattern, cached, headers, queryNames, cookies, encodings }) => ({
      pattern,
      cached,
      headers: [...headers].sort(),
      queryNames: [...queryNames].sort(),
      cookies: [...cookies].sort(),
      encodings: [...encodings].sort(),
    })),
  );
}

/** What becomes different between `before` and `after`, a sentence each; empty when nothing does. */
export function changes(before: Composition, after: Composition, meaning: HeaderMeaning): string[] {
  const sentences: string[] = [];
  for (const old of before) {
    const now = after.find((each) => each.pattern === old.pattern);
    if (!now) sentences.push(`${path(old)} is gone: another behaviour serves what it served`);
    else sentences.push(...changesOfKey(old, now, meaning));
  }
  for (const now of after.filter((each) => !before.some((old) => old.pattern === each.pattern))) {
    sentences.push(`${path(now)} is new: ${now.cached ? `keyed by ${parts(now)}` : "not cached"}`);
  }
  const shared = (one: Composition, other: Composition) =>
    one.map((each) => each.pattern).filter((pattern) => other.some((each) => each.pattern === pattern));
  const order = shared(after, before);
  if (order.join() !== shared(before, after).join()) {
    sentences.push(
      `behaviours are tried in another order: ${order.map((pattern) => `\`${pattern}\``).join(", ")}`,
    );
  }
  return sentences;
}

function changesOfKey(old: KeyOfPattern, now: KeyOfPattern, meaning: HeaderMeaning): string[] {
  if (old.cached && !now.cached)
    return [`${path(now)} is no longer cached: every request reaches the origin`];
  if (!old.cached && now.cached) return [`${path(now)} becomes cached, keyed by ${parts(now)}`];
  const at = `the key of ${path(now)}`;
  return [
    ...difference(old.headers, now.headers).map(
      (name) => `\`${name}\` leaves ${at}: ${shared(name, meaning)}`,
    ),
    ...difference(now.headers, old.headers).map(
      (name) =>
        `\`${name}\` enters ${at}: what is cached there is not found again, and each of its values is stored apart`,
    ),
    ...difference(old.queryNames, now.queryNames).map(
      (name) =>
        `query name \`${name}\` leaves ${at}: \`?${name}=1\` and \`?${name}=2\` will share one entry, and the origin no longer sees it`,
    ),
    ...difference(now.queryNames, old.queryNames).map(
      (name) => `query name \`${name}\` enters ${at}: each of its values is stored apart`,
    ),
    ...difference(old.cookies, now.cookies).map(
      (name) => `cookie \`${name}\` leaves ${at}: people with different values will share one entry`,
    ),
    ...difference(now.cookies, old.cookies).map(
      (name) => `cookie \`${name}\` enters ${at}: each of its values is stored apart`,
    ),
    ...difference(old.encodings, now.encodings).map(
      (name) => `encoding \`${name}\` leaves ${at}: browsers that accept it get another encoding or none`,
    ),
    ...difference(now.encodings, old.encodings).map(
      (name) => `encoding \`${name}\` enters ${at}: browsers that accept it get entries of their own`,
    ),
  ];
}

function shared(header: string, { tenantHeader, variants }: HeaderMeaning): string {
  if (header === tenantHeader) return "all tenants will share one entry, and read each other's data";
  const values = variants[header];
  if (values && values.length > 1) return `${list(values)} answers will share one entry`;
  return "requests that differ by it will share one entry";
}

function list(names: readonly string[]): string {
  return `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}

function difference(left: readonly string[], right: readonly string[]): string[] {
  return left.filter((each) => !right.includes(each));
}

function path({ pattern }: KeyOfPattern): string {
  return pattern === "*" ? "the default behaviour" : `\`${pattern}\``;
}

function parts({ headers, queryNames, cookies, encodings }: KeyOfPattern): string {
  const named = [
    ...headers.map((name) => `\`${name}\``),
    ...queryNames.map((name) => `query name \`${name}\``),
    ...cookies.map((name) => `cookie \`${name}\``),
    ...encodings.map((name) => `encoding \`${name}\``),
  ];
  return named.length === 0 ? "the path alone" : named.join(", ");
}
