// What real parsers read in a query string: the readings that the authorizer's own is compared with.
import { spawnSync } from "node:child_process";
import querystring from "node:querystring";
import formToRackParams from "@citizensadvice/form-to-rack-params";
import fastQuerystring from "fast-querystring";
import parseStr from "locutus/php/strings/parse_str.js";
import { parse as picoquery } from "picoquery";
import qs from "qs";
import queryString from "query-string";

/** One value and the names that lead to it: `a[b]=1` is 1 at a, b. */
export interface Reading {
  readonly parser: string;
  readonly at: readonly string[];
  readonly value: string;
}

type Pair = readonly [name: string, value: string];

/** Where the old form of a separator counts, too: Rack 2, Python 3.8, Perl's CGI. */
const semicolons = (query: string) => query.replaceAll(";", "&");

const rack = (query: string) => {
  const form = new FormData();
  for (const [name, value] of new URLSearchParams(query)) form.append(name, value);
  return formToRackParams(form);
};

const php = (query: string) => {
  const variables = {};
  parseStr(query, variables);
  return variables;
};

/** Parsers to values and lists and objects of them. One that throws answers 400 and has read nothing. */
const PARSERS: Readonly<Record<string, (query: string) => unknown>> = {
  querystring: querystring.parse,
  "fast-querystring": fastQuerystring.parse,
  "query-string": (query) => queryString.parse(query),
  "query-string, brackets": (query) => queryString.parse(query, { arrayFormat: "bracket" }),
  "query-string, indices": (query) => queryString.parse(query, { arrayFormat: "index" }),
  "query-string, colons": (query) => queryString.parse(query, { arrayFormat: "colon-list-separator" }),
  picoquery: (query) => picoquery(query),
  "picoquery, brackets": (query) => picoquery(query, { nestingSyntax: "index", arrayRepeat: true }),
  "picoquery, both": (query) => picoquery(query, { nestingSyntax: "js", arrayRepeat: true }),
  qs: (query) => qs.parse(query),
  "qs, dots": (query) => qs.parse(query, { allowDots: true }),
  "qs, encoded dots": (query) => qs.parse(query, { allowDots: true, decodeDotInKeys: true }),
  "qs, commas": (query) => qs.parse(query, { comma: true, ignoreQueryPrefix: true }),
  "qs, semicolons": (query) => qs.parse(query, { delimiter: /[;&]/ }),
  "qs, Latin-1": (query) => qs.parse(query, { charset: "iso-8859-1", interpretNumericEntities: true }),
  "qs, flat": (query) => qs.parse(query, { depth: 0, plainObjects: true }),
  "qs, Express": (query) => qs.parse(query, { allowPrototypes: true }),
  rack,
  "rack 2": (query) => rack(semicolons(query)),
  php,
};

/** How model binders that no package carries find a property: whatever its case, and as the head of a path. */
function bound(pairs: readonly Pair[], properties: readonly string[]): Reading[] {
  return pairs.flatMap(([name, value]) => {
    const head = name.toLowerCase().replace(/^[_!]/, "");
    const property = properties.find((each) => new RegExp(`^\\[?${each}(?:$|[\\].[])`).test(head));
    return property === undefined ? [] : [{ parser: "Spring and ASP.NET", at: [property], value }];
  });
}

/** Everything that the parsers read in each query. */
export function readings(queries: readonly string[], properties: readonly string[]): Reading[][] {
  const inPython = pythonPairs(queries);
  return queries.map((query, index) => [
    ...Object.entries(PARSERS).flatMap(([parser, parse]) =>
      leaves(
        parser,
        attempt(() => parse(query)),
      ),
    ),
    ...pairs("URLSearchParams", [...new URLSearchParams(query)]),
    ...pairs("URL", [...new URL(`https://api.example.com/?${query}`).searchParams]),
    ...bound([...new URLSearchParams(query)], properties),
    ...pairs("parse_qsl", inPython[index] ?? []),
  ]);
}

function attempt(parse: () => unknown): unknown {
  try {
    return parse();
  } catch {
    return undefined;
  }
}

function pairs(parser: string, given: readonly Pair[]): Reading[] {
  return given.map(([name, value]) => ({ parser, at: [name], value }));
}

function leaves(parser: string, value: unknown, at: readonly string[] = []): Reading[] {
  if (typeof value === "object" && value !== null) {
    return Object.entries(value).flatMap(([name, member]) => leaves(parser, member, [...at, name]));
  }
  return value === undefined || at.length === 0 ? [] : [{ parser, at, value: String(value ?? "") }];
}

const PYTHON = `
import json, sys
from urllib.parse import parse_qsl
for line in sys.stdin:
    query = json.loads(line)
    pairs = []
    for text in (query, query.replace(";", "&")):
        pairs += parse_qsl(text, keep_blank_values=True)
    print(json.dumps(pairs))
`;

/** Python's own parser, with the new separator and the old one: one process for all queries. */
function pythonPairs(queries: readonly string[]): Pair[][] {
  const input = queries.map((query) => `${JSON.stringify(query)}\n`).join("");
  const { stdout, stderr, status } = spawnSync("python3", ["-c", PYTHON], {
    input,
    encoding: "utf8",
    maxBuffer: 1 << 30,
  });
  if (status !== 0) throw new Error(`python3, which this test needs, ended with ${status}: ${stderr}`);
  return stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
}
