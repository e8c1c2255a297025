// Lambda@Edge events in their documented shape, tokens of a user pool of our own, and settings.
import { createHmac, createSign, generateKeyPairSync } from "node:crypto";
import { readFileSync } from "node:fs";

/** @param {string} path from the repository's root */
function readJson(path) {
  return JSON.parse(readFileSync(new URL(`../../../${path}`, import.meta.url), "utf8"));
}

export const contract = readJson("shared/contract.json");
export const tenantIds = readJson("shared/vectors/tenant-ids.json");
export const cacheTagVectors = readJson("shared/vectors/cache-tags.json");
export const crossTenant = readJson("cdk/edge/test/cross-tenant.json");

export const POOL = "eu-central-1_EdgeTests";
export const CLIENT = "4testclientid";
const ISSUER = `https://cognito-idp.eu-central-1.amazonaws.com/${POOL}`;

/** @param {string} kid */
export function keyPair(kid) {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  return {
    kid,
    privateKey,
    publicKey,
    jwk: { ...publicKey.export({ format: "jwk" }), kid, alg: "RS256", use: "sig" },
  };
}

export const poolKey = keyPair("pool-key");

export const settings = {
  contract,
  userPool: { userPoolId: POOL, clientIds: [CLIENT], tokenUse: "id", jwks: { keys: [poolKey.jwk] } },
};

/** Claims as Cognito puts them into an id token; `changes` with undefined leave a claim out. */
export function claims(changes = {}) {
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

const encoded = (part) =>
  Buffer.from(typeof part === "string" ? part : JSON.stringify(part)).toString("base64url");

/** A token signed with RS256 by `key`. */
export function token(payload = claims(), { key = poolKey, header = {} } = {}) {
  const signed = `${encoded({ alg: "RS256", kid: key.kid, ...header })}.${encoded(payload)}`;
  return `${signed}.${createSign("RSA-SHA256").update(signed).sign(key.privateKey, "base64url")}`;
}

/** A token with this header and payload under a signature that need not fit. */
export function unverifiableToken(header, payload, signature = "AAAA") {
  return `${encoded(header)}.${encoded(payload)}.${signature}`;
}

/** The classic swap: HMAC, keyed with the text of the public key. */
export function tokenSignedWithPublicKey(payload = claims()) {
  const signed = `${encoded({ alg: "HS256", kid: poolKey.kid })}.${encoded(payload)}`;
  const secret = poolKey.publicKey.export({ format: "pem", type: "spki" });
  return `${signed}.${createHmac("sha256", secret).update(signed).digest("base64url")}`;
}

/** Header pairs in the shape of an event: lists under lower-cased names. */
export function headersOf(pairs) {
  const headers = {};
  for (const [key, value] of pairs) {
    headers[key.toLowerCase()] = [...(headers[key.toLowerCase()] ?? []), { key, value }];
  }
  return headers;
}

const BROWSER = [
  ["Host", "d111111abcdef8.cloudfront.net"],
  ["User-Agent", "Mozilla/5.0 (X11; Linux x86_64)"],
  ["Accept-Language", "de-DE,de;q=0.9,en;q=0.5"],
  ["Accept", "*/*"],
];

/** A viewer-request event as the Developer Guide shows it. */
export function viewerEvent({
  method = "GET",
  path = "/api/overview",
  query = "",
  headers = [],
  bearer,
} = {}) {
  const credentials = bearer === undefined ? [] : [["Authorization", `Bearer ${bearer}`]];
  return {
    Records: [
      {
        cf: {
          config: {
            distributionDomainName: "d111111abcdef8.cloudfront.net",
            distributionId: "EDFDVBD6EXAMPLE",
            eventType: "viewer-request",
            requestId: "4TyzHTaYWb1GX1qTfsHhEqV6HUDd_BzoBZnwfnvQc_1oF26ClkoUSEQ==",
          },
          request: {
            clientIp: "203.0.113.178",
            headers: headersOf([...BROWSER, ...credentials, ...headers]),
            method,
            querystring: query,
            uri: path,
          },
        },
      },
    ],
  };
}

/** An origin-response event as the Developer Guide shows it. */
export function originEvent({
  path = "/api/overview",
  request = [["X-Organization-Id", "acme"]],
  response = [],
  status = "200",
} = {}) {
  return {
    Records: [
      {
        cf: {
          config: {
            distributionDomainName: "d111111abcdef8.cloudfront.net",
            distributionId: "EDFDVBD6EXAMPLE",
            eventType: "origin-response",
            requestId: "4TyzHTaYWb1GX1qTfsHhEqV6HUDd_BzoBZnwfnvQc_1oF26ClkoUSEQ==",
          },
          request: {
            clientIp: "203.0.113.178",
            headers: headersOf([["Host", "api.example.com"], ["Via", "2.0 cloudfront"], ...request]),
            method: "GET",
            querystring: "",
            uri: path,
            origin: {
              custom: { domainName: "api.example.com", port: 443, protocol: "https", readTimeout: 120 },
            },
          },
          response: {
            headers: headersOf([
              ["Content-Type", "application/json"],
              ["Cache-Control", "public, max-age=86400"],
              ["X-Data-Version", "42"],
              ...response,
            ]),
            status,
            statusDescription: "OK",
          },
        },
      },
    ],
  };
}

/** The one value of a header; fails the test where there is not exactly one. */
export function only(headers, name) {
  const entries = headers[name] ?? [];
  if (entries.length !== 1) {
    throw new Error(`expected one ${name}, found ${JSON.stringify(entries)}`);
  }
  return entries[0].value;
}

/** Runs `work` with the console caught; returns its result and the lines. */
export async function withLog(work) {
  const lines = [];
  const { warn, error } = console;
  console.warn = console.error = (line) => lines.push(line);
  try {
    return { result: await work(), lines };
  } finally {
    Object.assign(console, { warn, error });
  }
}
