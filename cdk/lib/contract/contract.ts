/**
 * The contract as the CDK app reads it: what "this tenant's cached responses" means.
 * Its form is owned by the JSON Schema beside it; this file owns the TypeScript types and the reading.
 */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { seconds } from "../duration.ts";
import { checkHeaders, checkTags, checkVariants } from "../edge/contract-checks.ts";
import { InvalidFile, readJson } from "../json-file.ts";
import { schemaProblems } from "../settings/schema.ts";
import { matchesPath, pathOf } from "./path-patterns.ts";

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
 * Reads a contract and checks it against `contract.schema.json` in the same folder, and its fields against each other.
 *
 * @throws InvalidFile naming every problem
 */
export function readContract(file: string): Contract {
  const schemaFile = join(dirname(file), "contract.schema.json");
  if (!existsSync(schemaFile)) {
    throw new InvalidFile(file, [`its schema is missing: expected ${schemaFile}`]);
  }
  const value = readJson(file);
  // A copy, since checking fills in defaults, and what is bundled is the file as it was written.
  const problems = schemaProblems(readJson(schemaFile) as object, structuredClone(value));
  // Rules between fields make sense only where the fields themselves do.
  if (problems.length === 0) problems.push(...contradictions(value as Contract));
  if (problems.length > 0) throw new InvalidFile(file, problems);
  return value as Contract;
}

function contradictions(contract: Contract): string[] {
  return [
    ...keyContradictions(contract),
    ...endpointContradictions(contract),
    ...migrationContradictions(contract),
    ...checkTags(contract),
    ...checkHeaders(contract),
    ...checkVariants(contract),
  ];
}

function keyContradictions({ cacheKey, paths, tenant, variants }: Contract): string[] {
  const problems: string[] = [];
  const keyed = [tenant.header, ...variants.map((variant) => variant.header)];
  for (const header of keyed.filter((each) => !cacheKey.headers.includes(each))) {
    problems.push(`cacheKey.headers: "${header}" is missing, and answers differ by it; add it`);
  }
  for (const name of tenant.queryNames.filter((each) => !cacheKey.queryNames.includes(each))) {
    problems.push(`cacheKey.queryNames: "${name}" names the tenant and is missing; add it`);
  }
  for (const variant of variants.filter((each) => !each.values.some(({ value }) => value === each.default))) {
    problems.push(`variants ${variant.header}: the default "${variant.default}" is none of its values`);
  }
  for (const path of paths.filter((each) => seconds(each.defaultTtl) > seconds(each.maxTtl))) {
    problems.push(`paths ${path.pattern}: defaultTtl ${path.defaultTtl} is above maxTtl ${path.maxTtl}`);
  }
  return problems;
}

function endpointContradictions({ endpoints, scopes = {} }: Contract): string[] {
  const problems: string[] = [];
  for (const { path, scope } of endpoints) {
    if (scope === undefined) continue;
    const patterns = scopes[scope];
    if (!patterns) {
      problems.push(
        `endpoint "${path}": scope "${scope}" is unknown; known: ${Object.keys(scopes).join(", ") || "none"}`,
      );
    } else if (!patterns.some((pattern) => matchesPath(pattern, pathOf(path)))) {
      problems.push(
        `endpoint "${path}": no pattern of its scope "${scope}" matches it, so a refresh of the scope would not purge it; the patterns are ${patterns.join(", ")}`,
      );
    }
  }
  return problems;
}

/** Wildcard paths that a distribution may have in progress (quotas page). */
const MAX_WILDCARDS = 15;

function migrationContradictions({ migration, previousTagHeader, tagHeader }: Contract): string[] {
  const problems: string[] = [];
  const paths = migration?.paths ?? [];
  for (const path of paths.filter((each) => each.slice(0, -1).includes("*"))) {
    problems.push(`migration.paths: "${path}" has a wildcard before its end, where CloudFront takes none`);
  }
  const wildcards = paths.filter((each) => each.endsWith("*")).length;
  if (wildcards > MAX_WILDCARDS) {
    problems.push(
      `migration.paths: ${wildcards} wildcards, and a distribution may have ${MAX_WILDCARDS} in progress; write paths out, or purge fewer`,
    );
  }
  if (previousTagHeader === tagHeader) {
    problems.push("previousTagHeader: equals tagHeader; leave it out when nothing is being renamed");
  }
  return problems;
}
