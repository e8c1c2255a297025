/**
 * The headers that viewer-request answers for: whatever the client sent under these names, or under a name that an
 * origin could take for one of them, is gone before the cache key is computed.
 */
import type { CloudFrontHeaders } from "aws-lambda";
import type { Contract } from "../../contract/contract.ts";
import { header } from "./event.ts";

/**
 * Headers by which a client can tell some origins and frameworks another URL, method or host than the one in the cache
 * key. None is in the key, so the answer to one URL could be stored under another.
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

/** The seal for a contract's headers. */
export function headerSeal(contract: Contract): HeaderSeal {
  const keyed = new Set(contract.cacheKey.headers.map(asCgiName));
  const sealed = new Set([
    asCgiName(contract.tenant.header),
    ...contract.variants.map((variant) => asCgiName(variant.header)),
    ...REROUTING.map(asCgiName).filter((name) => !keyed.has(name)),
  ]);
  return (headers, owned) => {
    const kept = Object.entries(headers).filter(([name]) => !sealed.has(asCgiName(name)));
    const written = Object.entries(owned).flatMap(([name, value]) => Object.entries(header(name, value)));
    return Object.fromEntries([...kept, ...written]);
  };
}

/** A header's name as CGI, WSGI and PHP know it: `X_Organization_Id` and `X-Organization-Id` are one. */
function asCgiName(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, "-");
}
