// Lambda@Edge events in their documented shape, tokens of a user pool of our own, and settings.
import { createHmac, createSign, generateKeyPairSync, type JsonWebKey, type KeyObject } from "node:crypto";
import { readFileSync } from "node:fs";
import type { CloudFrontHeaders, CloudFrontRequestEvent, CloudFrontResponseEvent } from "aws-lambda";
import type { Contract } from "../../lib/contract/contract.ts";
import { type AuthorizerSettings, viewerAuthorizer } from "../../lib/edge/runtime/authorizer.ts";
import { missReporter } from "../../lib/edge/runtime/miss-reporter.ts";
import { cacheTagger } from "../../lib/edge/runtime/tagger.ts";
import type { Claims, KeySource } from "../../lib/edge/runtime/token.ts";

/** Reads JSON by its path from the repository's root. */
function readJson(path: string) {
  return JSON.parse(readFileSync(new URL(`../../../${path}`, import.meta.url), "utf8"));
}

/** What may be changed on a copy. */
type Mutable<T> = { -readonly [K in keyof T]: Mutable<T[K]> };

export const contract: Mutable<Contract> = readJson("cdk/test/fixture/contract.json");
export const tenantIds: readonly { input: string; canonical: string | null; note: string }[] = readJson(
  "shared/vectors/tenant-ids.json",
);
export const cacheTagVectors: readonly {
  tenant: string;
  path: string;
  version?: string;
  tags: string[];
}[] = readJson("shared/vectors/cache-tags.json");

/** The contract after `change`. */
export function changed(change: (copy: Mutable<Contract>) => void): Mutable<Contract> {
  const copy = structuredClone(contract);
  change(copy);
  return copy;
}

export const POOL = "eu-central-1_EdgeTests";
export const CLIENT = "4testclientid";
const ISSUER = `https://cognito-idp.eu-central-1.amazonaws.com/${POOL}`;

/** A key that signs tokens. */
export interface SigningKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  readonly jwk: JsonWebKey;
}

export function keyPair(kid: string): SigningKey {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  return {
    kid,
    privateKey,
    publicKey,
    jwk: { ...publicKey.export({ format: "jwk" }), kid, alg: "RS256", use: "sig" },
  };
}

export const poolKey = keyPair("pool-key");

export const settings: AuthorizerSettings = {
  contract,
  userPool: { userPoolId: POOL, clientIds: [CLIENT], tokenUse: "id", jwks: { keys: [poolKey.jwk] } },
};

/** Claims as Cognito puts them into an id token; `changes` with undefined leave a claim out. */
export function claims(changes: Claims = {}): Claims {
  const now = Math.floor(Date.now() / 1000);
  return {
    sub: "b7c1e0d2-0000-4000-8000-000000000000",
    iss: ISSUER,
    aud: CLIENT,
    token_use: "id",
    "custom:organization": "acme",
    auth_time: now,
    iat: now,
    exp: now + 3600,
    ...changes,
  };
}

const encoded = (part: object | string) =>
  Buffer.from(typeof part === "string" ? part : JSON.stringify(part)).toString("base64url");

/** A token signed with RS256 by `key`. */
export function token(
  payload: object | string = claims(),
  { key = poolKey, header = {} }: { key?: SigningKey; header?: object } = {},
): string {
  const signed = `${encoded({ alg: "RS256", kid: key.kid, ...header })}.${encoded(payload)}`;
  return `${signed}.${createSign("RSA-SHA256").update(signed).sign(key.privateKey, "base64url")}`;
}

/** A token with this header and payload under a signature that need not fit. */
export function unverifiableToken(header: object, payload: object, signature = "AAAA"): string {
  return `${encoded(header)}.${encoded(payload)}.${signature}`;
}

/** The classic swap: HMAC, keyed with the text of the public key. */
export function tokenSignedWithPublicKey(payload: object = claims()): string {
  const signed = `${encoded({ alg: "HS256", kid: poolKey.kid })}.${encoded(payload)}`;
  const secret = poolKey.publicKey.export({ format: "pem", type: "spki" });
  return `${signed}.${createHmac("sha256", secret).update(signed).digest("base64url")}`;
}

/** A header's name and value. */
export type Pair = readonly [name: string, value: string];

/** Header pairs in the shape of an event: lists under lower-cased names. */
export function headersOf(pairs: readonly Pair[]): CloudFrontHeaders {
  const names = new Set(pairs.map(([name]) => name.toLowerCase()));
  const under = (name: string) => pairs.filter(([each]) => each.toLowerCase() === name);
  return Object.fromEntries(
    [...names].map((name) => [name, under(name).map(([key, value]) => ({ key, value }))]),
  );
}

const BROWSER: readonly Pair[] = [
  ["Host", "d111111abcdef8.cloudfront.net"],
  ["User-Agent", "Mozilla/5.0 (X11; Linux x86_64)"],
  ["Accept-Language", "de-DE,de;q=0.9,en;q=0.5"],
  ["Accept", "*/*"],
];

/** A viewer's request, as far as a test says. */
export interface Asked {
  readonly method?: string;
  readonly path?: string;
  readonly query?: string;
  readonly headers?: readonly Pair[];
  /** The token; none is sent where there is none. */
  readonly bearer?: string;
}

/** A viewer-request event as the Developer Guide shows it. */
export function viewerEvent({
  method = "GET",
  path = "/api/overview",
  query = "",
  headers = [],
  bearer,
}: Asked = {}): CloudFrontRequestEvent {
  const credentials: Pair[] = bearer === undefined ? [] : [["Authorization", `Bearer ${bearer}`]];
  const request = {
    clientIp: "203.0.113.178",
    headers: headersOf([...BROWSER, ...credentials, ...headers]),
    method,
    querystring: query,
    uri: path,
  };
  const config = {
    distributionDomainName: "d111111abcdef8.cloudfront.net",
    distributionId: "EDFDVBD6EXAMPLE",
    eventType: "viewer-request",
    requestId: "4TyzHTaYWb1GX1qTfsHhEqV6HUDd_BzoBZnwfnvQc_1oF26ClkoUSEQ==",
  } as const;
  return { Records: [{ cf: { config, request } }] };
}

/** An origin's response and the request it answers, as far as a test says. */
export interface Answered {
  readonly path?: string;
  readonly request?: readonly Pair[];
  readonly response?: readonly Pair[];
  /** What the origin stamped, once each. */
  readonly versions?: readonly string[];
  readonly status?: string;
}

/** An origin-response event as the Developer Guide shows it. */
export function originEvent({
  path = "/api/overview",
  request = [["X-Organization-Id", "acme"]],
  response = [],
  versions = ["42"],
  status = "200",
}: Answered = {}): CloudFrontResponseEvent {
  const config = {
    distributionDomainName: "d111111abcdef8.cloudfront.net",
    distributionId: "EDFDVBD6EXAMPLE",
    eventType: "origin-response",
    requestId: "4TyzHTaYWb1GX1qTfsHhEqV6HUDd_BzoBZnwfnvQc_1oF26ClkoUSEQ==",
  } as const;
  const asked = {
    clientIp: "203.0.113.178",
    headers: headersOf([["Host", "api.example.com"], ["Via", "2.0 cloudfront"], ...request]),
    method: "GET",
    querystring: "",
    uri: path,
  };
  const answer = {
    headers: headersOf([
      ["Content-Type", "application/json"],
      ["Cache-Control", "public, max-age=86400"],
      ...versions.map((version): Pair => ["X-Data-Version", version]),
      ...response,
    ]),
    status,
    statusDescription: "OK",
  };
  return { Records: [{ cf: { config, request: asked, response: answer } }] };
}

/** The same request as it leaves for the origin. */
export function originRequestEvent({ headers = [], ...asked }: Asked = {}): CloudFrontRequestEvent {
  const event = viewerEvent({
    ...asked,
    headers: [["X-Organization-Id", "acme"], ["Via", "2.0 cloudfront"], ...headers],
  });
  Object.assign(event.Records[0]?.cf.config ?? {}, { eventType: "origin-request" });
  return event;
}

/** What a handler returned, whether a request to go on with or an answer. */
export interface Outcome {
  readonly uri: string;
  readonly querystring: string;
  readonly headers: CloudFrontHeaders;
  /** Only an answer has one. */
  readonly status?: string;
  readonly body: string;
}

/** The authorizer, for events that need not be what their type says. */
export function authorizer(
  given: AuthorizerSettings = settings,
  source?: KeySource,
): (event: unknown) => Promise<Outcome> {
  const handler = viewerAuthorizer(given, source);
  return async (event) => (await handler(event as CloudFrontRequestEvent)) as Outcome;
}

/** The tagger, likewise. */
export function tagger(given: Contract = contract): (event: unknown) => Promise<Outcome> {
  const handler = cacheTagger({ contract: given });
  return async (event) => (await handler(event as CloudFrontResponseEvent)) as unknown as Outcome;
}

/** The miss reporter, likewise. */
export function reporter(given: Contract = contract): (event: unknown) => Promise<Outcome> {
  const handler = missReporter({ contract: given });
  return async (event) => (await handler(event as CloudFrontRequestEvent)) as Outcome;
}

/** The one value of a header; fails the test where there is not exactly one. */
export function only(headers: CloudFrontHeaders, name: string): string {
  const [entry, ...more] = headers[name] ?? [];
  if (entry === undefined || more.length > 0) {
    throw new Error(`expected one ${name}, found ${JSON.stringify(headers[name])}`);
  }
  return entry.value;
}

/** Runs `work` with the console caught; returns its result and the lines. */
export async function withLog<T>(work: () => T | Promise<T>): Promise<{ result: T; lines: string[] }> {
  const lines: string[] = [];
  const { warn, error } = console;
  console.warn = console.error = (line: string) => lines.push(line);
  try {
    return { result: await work(), lines };
  } finally {
    Object.assign(console, { warn, error });
  }
}
