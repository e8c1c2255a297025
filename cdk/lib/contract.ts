/**
 * The contract as the CDK app reads it: what "this tenant's cached responses" means.
 * Its form is owned by the JSON Schema beside it; this file owns the TypeScript types and the reading.
 */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { InvalidFile, readJson, schemaProblems } from "./schema.ts";

/** A normalised request header that is computed at viewer-request and is part of the cache key. */
export interface Variant {
  readonly header: string;
  readonly from: string;
  readonly default: string;
  readonly values: readonly {
    readonly value: string;
    readonly matches: readonly string[];
    readonly send: string;
    readonly prewarm?: boolean;
  }[];
}

/** A CloudFront path pattern whose responses are cached tenant responses. */
export interface TenantPath {
  readonly pattern: string;
  readonly defaultTtl: string;
  readonly maxTtl: string;
}

/** A request that the prewarmer makes, and that a browser makes in exactly this form. */
export interface Endpoint {
  readonly path: string;
  readonly scope?: string;
  readonly timeout: string;
  readonly required?: boolean;
  readonly tenantPointer?: string;
}

/** One file read by the CDK app, the edge functions and the Lambda functions. */
export interface Contract {
  readonly tagHeader: string;
  readonly previousTagHeader?: string;
  readonly tagPrefix: string;
  readonly tenant: {
    readonly header: string;
    readonly queryNames: readonly string[];
    readonly id: { readonly pattern: string; readonly maxLength: number };
    readonly claim: string;
    readonly superadminGroup: string;
    readonly responseHeader?: string;
  };
  readonly cacheKey: {
    readonly headers: readonly string[];
    readonly queryNames: readonly string[];
    readonly cookies: readonly string[];
    readonly encodings: readonly string[];
  };
  readonly variants: readonly Variant[];
  readonly version?: { readonly header: string; readonly order: "integer" | "timestamp" | "opaque" };
  readonly paths: readonly TenantPath[];
  readonly scopes?: Readonly<Record<string, readonly string[]>>;
  readonly endpoints: readonly Endpoint[];
  readonly probe?: { readonly path: string; readonly timeout: string };
  readonly migration?: { readonly paths: readonly string[] };
}

/**
 * Reads a contract and checks it against `contract.schema.json` in the same folder.
 *
 * @throws InvalidFile naming every problem
 */
export function readContract(file: string): Contract {
  const schemaFile = join(dirname(file), "contract.schema.json");
  if (!existsSync(schemaFile)) {
    throw new InvalidFile(file, [`its schema is missing: expected ${schemaFile}`]);
  }
  const value = readJson(file);
  const problems = schemaProblems(readJson(schemaFile) as object, structuredClone(value));
  if (problems.length > 0) throw new InvalidFile(file, problems);
  return value as Contract;
}
