/**
 * The composition of the cache key per behaviour, and what a change of it means, in words. Pure, since both the CDK app
 * and the function that guards deployments use it.
 */

/** Names of one kind that are in a key: exactly these, or every one but these. */
export type Names = readonly string[] | { readonly allBut: readonly string[] };

/** The key of one behaviour; of a behaviour that does not cache, all is empty. */
export interface KeyOfPattern {
  readonly pattern: string;
  readonly cached: boolean;
  readonly headers: Names;
  readonly queryNames: Names;
  readonly cookies: Names;
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
  const sorted = (names: Names): Names =>
    isList(names) ? [...names].sort() : { allBut: [...names.allBut].sort() };
  return JSON.stringify(
    composition.map(({ pattern, cached, headers, queryNames, cookies, encodings }) => ({
      pattern,
      cached,
      headers: sorted(headers),
      queryNames: sorted(queryNames),
      cookies: sorted(cookies),
      encodings: sorted(encodings),
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
    sentences.push(`${path(now)} is new: ${now.cached ? `keyed by ${keyInWords(now)}` : "not cached"}`);
  }
  const kept = (one: Composition, other: Composition) =>
    one.map((each) => each.pattern).filter((pattern) => other.some((each) => each.pattern === pattern));
  const order = kept(after, before);
  if (order.join() !== kept(before, after).join()) {
    sentences.push(`behaviours are tried in another order: ${order.map(quoted).join(", ")}`);
  }
  return sentences;
}

type Part = "headers" | "queryNames" | "cookies" | "encodings";

/** How a part of the key is called, and what it means that a name of it leaves or enters. */
const PARTS: Readonly<
  Record<Part, { one: string; leaves: (name: string, meaning: HeaderMeaning) => string; enters: string }>
> = {
  headers: {
    one: "header",
    leaves: headerLeaves,
    enters: "what is cached there is not found again, and each of its values is stored apart",
  },
  queryNames: {
    one: "query name",
    leaves: (name) =>
      `\`?${name}=1\` and \`?${name}=2\` will share one entry, and the origin no longer sees it`,
    enters: "each of its values is stored apart",
  },
  cookies: {
    one: "cookie",
    leaves: () => "people with different values will share one entry",
    enters: "each of its values is stored apart",
  },
  encodings: {
    one: "encoding",
    leaves: () => "browsers that accept it get another encoding or none",
    enters: "browsers that accept it get entries of their own",
  },
};

function changesOfKey(old: KeyOfPattern, now: KeyOfPattern, meaning: HeaderMeaning): string[] {
  if (old.cached && !now.cached)
    return [`${path(now)} is no longer cached: every request reaches the origin`];
  if (!old.cached && now.cached) return [`${path(now)} becomes cached, keyed by ${keyInWords(now)}`];
  const at = `the key of ${path(now)}`;
  return (Object.keys(PARTS) as Part[]).flatMap((part) => {
    const { leaves, enters } = PARTS[part];
    const gone = minus(old[part], now[part]);
    const come = minus(now[part], old[part]);
    return [
      ...told(part, gone, meaning).map(
        ([who, name]) =>
          `${who} leaves ${at}: ${name ? leaves(name, meaning) : "requests that differ by them will share one entry"}`,
      ),
      ...told(part, come, meaning).map(
        ([who, name]) => `${who} enters ${at}: ${name ? enters : "each of their values is stored apart"}`,
      ),
    ];
  });
}

/** The members of `names`, each with its own name; where there is no end of them, those that mean something, and the rest. */
function told(part: Part, names: Names, meaning: HeaderMeaning): [who: string, name?: string][] {
  const { one } = PARTS[part];
  const who = (name: string) => (part === "headers" ? quoted(name) : `${one} ${quoted(name)}`);
  if (isList(names)) return names.map((name) => [who(name), name]);
  const known = part === "headers" ? [meaning.tenantHeader, ...Object.keys(meaning.variants)] : [];
  const others = names.allBut.length === 0 ? "" : ` but ${list(names.allBut.map(quoted))}`;
  return [
    ...known
      .filter((name) => !names.allBut.includes(name))
      .map((name): [string, string] => [who(name), name]),
    [`every ${one}${others}`],
  ];
}

function headerLeaves(header: string, { tenantHeader, variants }: HeaderMeaning): string {
  if (header === tenantHeader) return "all tenants will share one entry, and read each other's data";
  const values = variants[header];
  if (values && values.length > 1) return `${list(values)} answers will share one entry`;
  return "requests that differ by it will share one entry";
}

function isList(names: Names): names is readonly string[] {
  return Array.isArray(names);
}

/** The names that are in `left` and not in `right`. */
function minus(left: Names, right: Names): Names {
  if (isList(left)) {
    return left.filter((name) => (isList(right) ? !right.includes(name) : right.allBut.includes(name)));
  }
  if (isList(right)) return { allBut: [...left.allBut, ...right] };
  return right.allBut.filter((name) => !left.allBut.includes(name));
}

function list(names: readonly string[]): string {
  if (names.length < 2) return names.join("");
  return `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}

function quoted(name: string): string {
  return `\`${name}\``;
}

function path({ pattern }: KeyOfPattern): string {
  return pattern === "*" ? "the default behaviour" : quoted(pattern);
}

function keyInWords(key: KeyOfPattern): string {
  const nothing: HeaderMeaning = { tenantHeader: "", variants: {} };
  const named = (Object.keys(PARTS) as Part[]).flatMap((part) =>
    told(part, key[part], nothing).flatMap(([who, name]) => (name === "" ? [] : [who])),
  );
  return named.length === 0 ? "the path alone" : named.join(", ");
}
