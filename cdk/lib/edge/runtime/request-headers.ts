/**
 * Which of a viewer's headers go on. On cached paths a header that is not in the key must not reach the origin: what it
 * does to the answer would be stored for everybody. Elsewhere only what could name another tenant, URL or host is gone.
 */
import type { CloudFrontHeaders } from "aws-lambda";
import type { Contract } from "../../contract/contract.ts";
import { cookies } from "./cookies.ts";
import { header, headerValues } from "./event.ts";
import { LOOK_HEADER } from "./look.ts";

/**
 * Kept on cached paths although they are in no key.
 *
 * `host`, `via`, `content-length` and `transfer-encoding` are read-only at viewer-request: CloudFront answers 502 where a
 * function removes them (Developer Guide, "Restrictions on all edge functions"). The token is checked here and again at
 * the origin. With the conditions CloudFront answers 304 from its cache, and spares browsers the body; the origin's 304
 * is not stored as an answer.
 */
const HARMLESS = [
  "authorization",
  "content-length",
  "host",
  "if-modified-since",
  "if-none-match",
  "transfer-encoding",
  "via",
];

/**
 * Headers by which a client can tell some origins and frameworks another URL, method or host than the one that was
 * asked for.
 */
const REROUTING = [
  "forwarded",
  "x-forwarded-host",
  "x-forwarded-path",
  "x-forwarded-prefix",
  "x-forwarded-server",
  "x-forwarded-uri",
  "x-host",
  "x-http-host-override",
  "x-http-method",
  "x-http-method-override",
  "x-method-override",
  "x-original-host",
  "x-original-uri",
  "x-original-url",
  "x-rewrite-url",
];

/** Returns the headers with `owned` values written over the client's. */
export type HeaderSeal = (headers: CloudFrontHeaders, owned: Record<string, string>) => CloudFrontHeaders;

/** The seal for uncached paths and for methods that are never cached. */
export function uncachedSeal(contract: Contract): HeaderSeal {
  const keyed = new Set(contract.cacheKey.headers.map(asCgiName));
  const sealed = new Set([
    ...[contract.tenant.header, LOOK_HEADER, ...contract.variants.map((variant) => variant.header)].map(
      asCgiName,
    ),
    ...REROUTING.map(asCgiName).filter((name) => !keyed.has(name)),
  ]);
  return (headers, owned) =>
    Object.assign(
      Object.fromEntries(Object.entries(headers).filter(([name]) => !sealed.has(asCgiName(name)))),
      written(owned),
    );
}

/** The seal for GET and HEAD on cached paths; `origins` are front ends whose `Origin` CloudFront has to see. */
export function cachedSeal(contract: Contract, origins: readonly string[]): HeaderSeal {
  const { cacheKey } = contract;
  const kept = new Set([...HARMLESS, ...cacheKey.headers.map((name) => name.toLowerCase())]);
  // In the key in one of four forms, where the contract has encodings; raw, where it has none.
  if (cacheKey.encodings.length > 0) kept.add("accept-encoding");
  // CloudFront tells devices apart by it, and hands on its own name in its place.
  if (cacheKey.headers.some((name) => /^cloudfront-is-/i.test(name))) kept.add("user-agent");
  return (headers, owned) => {
    const [origin, ...more] = headerValues(headers, "origin");
    const isNamed = origin !== undefined && more.length === 0 && origins.includes(origin);
    const keyCookies = cookies(headers).filter(({ name }) => cacheKey.cookies.includes(name));
    return Object.assign(
      Object.fromEntries(Object.entries(headers).filter(([name]) => kept.has(name))),
      isNamed ? header("origin", origin) : {},
      keyCookies.length > 0 ? header("cookie", keyCookies.map(({ pair }) => pair).join("; ")) : {},
      written(owned),
    );
  };
}

function written(owned: Record<string, string>): CloudFrontHeaders {
  return Object.assign({}, ...Object.entries(owned).map(([name, value]) => header(name, value)));
}

/** A header's name as CGI, WSGI and PHP know it: `X_Organization_Id` and `X-Organization-Id` are one. */
function asCgiName(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, "-");
}
