/**
 * The contract as the CDK app reads it: what "this tenant's cached responses" means.
 * Whether it is valid says the rulebook; this file owns the TypeScript types and the reading.
 */
import { checkVariants } from "../edge/contract-checks.ts";
import { InvalidFile, readText } from "../json-file.ts";
import { contractProblems } from "../rulebook/rulebook.ts";

/** A normalised request header that is computed at viewer-request and is part of the cache key. */
export interface Variant {
  readonly header: string;
  readonly from: string;
  readonly default: string;
  readonly values: readonly {
    readonly value: string;
    readonly matches: readonly string[];
    readonly send?: string;
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
    readonly id?: { readonly pattern: string; readonly maxLength: number };
    readonly claim: string;
    readonly superadminGroup: string;
    readonly prewarmGroup?: string;
    readonly responseHeader?: string;
  };
  readonly cacheKey: {
    readonly headers: readonly string[];
    readonly queryNames: readonly string[];
    readonly cookies: readonly string[];
    readonly encodings: readonly string[];
    readonly warmed?: readonly string[];
    readonly sent?: {
      readonly headers?: Readonly<Record<string, string>>;
      readonly cookies?: Readonly<Record<string, string>>;
    };
  };
  readonly variants: readonly Variant[];
  readonly version?: {
    readonly header: string;
    readonly order: "integer" | "timestamp" | "opaque";
    readonly tags?: boolean;
  };
  readonly paths: readonly TenantPath[];
  readonly scopes?: Readonly<Record<string, readonly string[]>>;
  readonly endpoints: readonly Endpoint[];
  readonly probe?: { readonly path: string; readonly timeout: string };
  readonly migration?: { readonly paths: readonly string[] };
}

/**
 * Reads a contract and holds it to the rulebook.
 *
 * @throws InvalidFile naming every problem
 */
export function readContract(file: string): Contract {
  const text = readText(file);
  const problems = contractProblems(text);
  if (problems.length === 0) problems.push(...checkVariants(JSON.parse(text) as Contract));
  if (problems.length > 0) throw new InvalidFile(file, problems);
  return JSON.parse(text) as Contract;
}

/** The path pattern of a request, whichever tenant is asked for. */
export function patternOf(path: string): string {
  return (path.split("?")[0] as string).replaceAll("{tenant}", "*");
}
