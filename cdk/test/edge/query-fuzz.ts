// Queries made at random, and what must hold of each: what goes on names nobody but the caller's tenant, whoever reads it.
import { type Reading, readings } from "./query-parsers.ts";

/** Numbers from a seed, so that a failure can be had again (mulberry32). */
export class Dice {
  private state: number;

  constructor(seed: number) {
    this.state = seed;
  }

  below(end: number): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * end);
  }

  chance(percent: number): boolean {
    return this.below(100) < percent;
  }

  of<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)] as T;
  }
}

/** The tenant of whoever asks in these tests, and its contract's query names. */
export const OWN = "acme";
export const NAMES = ["organization", "organization_id"];

const VALUES = [
  "beta",
  "beta",
  "beta",
  OWN,
  OWN,
  "ACME",
  "Beta",
  "",
  "acme,beta",
  "acme&",
  "acme;beta",
  "beta]",
  "b.c",
];
const PIECES = [
  "[",
  "]",
  "[]",
  "[0]",
  "[id]",
  "[slug]",
  ".",
  ".id",
  "..",
  "[$ne]",
  "!",
  "_",
  "-",
  "+",
  " ",
  "x",
  ":list",
];
const NOISE = [
  ..."[]().;&=?#%+_-!$'\"/\\,:{}|<>* \u0000\t\nx0",
  "%5B",
  "%5D",
  "%2E",
  "%3D",
  "%26",
  "%3B",
  "%00",
  "%",
  "%zz",
];
const OTHERS = [
  "window=30d",
  "a=1",
  "filter[status]=open",
  "next=%2Fhome%3Ftab%3D1",
  "x",
  "",
  "=",
  "page=2",
  "utf8=%E2%9C%93",
];
const LOOKALIKES = [
  "Organization",
  "ORGANIZATION_ID",
  "organizationId",
  "organi\u017fation",
  "organ\u0131zation",
  "\uff4frganization",
];

/** A query that tries to name a tenant, one way or another. */
export function hostileQuery(dice: Dice): string {
  const parameters = Array.from({ length: 1 + dice.below(3) }, () =>
    dice.chance(25) ? dice.of(OTHERS) : parameter(dice),
  );
  let query = parameters.join(dice.of(["&", "&", "&", ";", "&&", "&;", "?", "&amp;", "%26", "& "]));
  if (dice.chance(10)) query = `${dice.of(["next=", "?", "&", "a[", "[", "x=%3F"])}${query}`;
  for (let edits = dice.chance(40) ? dice.below(4) : 0; edits > 0; edits -= 1) query = edited(dice, query);
  return query;
}

function parameter(dice: Dice): string {
  const base = dice.chance(15) ? dice.of(LOOKALIKES) : dice.of(NAMES);
  const before = dice.chance(30)
    ? dice.of(["[", "[[", "]", "filter[", "x=[", "a.", "a[b][", "_", "!", " ", ".", "a[]", "0."])
    : "";
  const after = Array.from({ length: dice.chance(60) ? dice.below(4) : 0 }, () => dice.of(PIECES)).join("");
  const name = encoded(dice, `${before}${base}${after}`);
  const value = encoded(dice, dice.of(VALUES));
  return dice.chance(4) ? name : `${name}${dice.of(["=", "=", "=", "=", "==", "]=", "%3D"])}${value}`;
}

/** The text with some characters percent-encoded, once or several times. */
function encoded(dice: Dice, text: string): string {
  let layered = [...text].map((each) => (/[^ -~]| /.test(each) ? encodeURIComponent(each) : each)).join("");
  for (let layers = dice.of([0, 0, 0, 1, 1, 2, 3]); layers > 0; layers -= 1) {
    const share = dice.of([10, 40, 100]);
    layered = [...layered].map((each) => (dice.chance(share) ? hex(each) : each)).join("");
  }
  return layered;
}

const hex = (character: string) => `%${character.charCodeAt(0).toString(16).padStart(2, "0")}`;

/** One character put in, left out or doubled. */
function edited(dice: Dice, query: string): string {
  const at = dice.below(query.length + 1);
  const rest = query.slice(dice.chance(30) ? at + 1 : at);
  return `${query.slice(0, at)}${dice.chance(70) ? dice.of(NOISE) : ""}${rest}`;
}

const WORDS = [
  "open",
  "Berlin",
  "2026-11-24",
  "a%20b",
  "a+b",
  "%C3%A9t%C3%A9",
  "100%25",
  "x_y-z.1",
  "name,-date",
  "1",
  "true",
  "*",
];
const ORDINARY_NAMES = [
  ...[
    "window",
    "page",
    "page[size]",
    "page.number",
    "sort",
    "q",
    "filter[status]",
    "filter[team][]",
    "ids[]",
    "ids[0]",
    "fields[user]",
  ],
  ...[
    "organizations",
    "organization_name",
    "organizational_unit",
    "my_organization",
    "org",
    "orgs[]",
    "reorganization",
    "utm_source",
  ],
  ...[
    "from",
    "to",
    "min",
    "not",
    "tz",
    "include",
    "user.name",
    "createdAt[gte]",
    "price__lt",
    "a:b",
    "_",
    "callback",
    "X-Trace",
    "\u540d",
  ],
];
const ORDINARY_VALUES = [
  ...[
    "organization",
    "-organization",
    "organization,name",
    "%2Fhome%3Ftab%3D1",
    "https%3A%2F%2Fapp.example.com%2Fdash%3Fa%3D1%26b%3D2",
  ],
  ...[
    "%7B%22status%22%3A%22open%22%7D",
    "Europe%2FBerlin",
    "a%40b.example",
    "eyJhIjoxfQ==",
    "beta",
    "organization%20chart",
    "%F6",
  ],
];
const OWN_NAMES = [
  "organization=acme",
  "organization_id=acme",
  "organization=ACME",
  "organization[]=acme",
  "%6frganization=%61cme",
];

/** A query as front ends send them, the own tenant's name in it or no tenant's. */
export function ordinaryQuery(dice: Dice): string {
  const one = () => `${dice.of(ORDINARY_NAMES)}=${dice.of(dice.chance(50) ? WORDS : ORDINARY_VALUES)}`;
  const parameters = Array.from({ length: dice.below(5) }, () => (dice.chance(10) ? "debug" : one()));
  if (dice.chance(50)) parameters.splice(dice.below(parameters.length + 1), 0, dice.of(OWN_NAMES));
  return parameters.join("&");
}

/** What some parser reads as another tenant's name in each query. */
export function strangers(queries: readonly string[]): Reading[][] {
  return readings(queries, NAMES).map((found) =>
    found.filter(({ at, value }) => at.some((name) => NAMES.includes(name)) && value.toLowerCase() !== OWN),
  );
}
