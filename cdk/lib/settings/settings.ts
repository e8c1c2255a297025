/**
 * The app's settings: one JSON file, named by the context key `settings`, checked against `settings.schema.json`
 * and against itself, every problem at once. Documented in `README.md`.
 */
import { existsSync } from "node:fs";
import { arch } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { InvalidFile, readJson, schemaProblems } from "../contract/schema.ts";
import { seconds } from "../duration.ts";

/** Settings of the refresh pipeline. */
export interface PipelineSettings {
  readonly distributionId?: string;
  readonly baseUrl?: string;
  readonly userPoolId: string;
  readonly clientId?: string;
  readonly secretArn?: string;
  readonly architecture: "arm64" | "x86_64";
  readonly binaries: string;
  readonly definition: string;
  readonly memory: { readonly invalidate: number; readonly poll: number; readonly prewarm: number };
  readonly poll: { readonly budget: string; readonly window: string };
  readonly prewarm: {
    readonly timeout: string;
    readonly concurrency: number;
    readonly errorCachingTtl?: string;
    readonly staleRepairs: number;
    readonly recheckAfter?: string;
  };
  readonly distributionTenants: boolean;
  readonly logLevel: "trace" | "debug" | "info" | "warn" | "error";
  readonly logRetentionDays: number;
  readonly executionLogLevel: "ALL" | "ERROR" | "FATAL" | "OFF";
  readonly logExecutionData: boolean;
  readonly parameterPrefix: string;
  readonly functionEnvironment: Readonly<Record<string, string>>;
  readonly serviceUser: {
    readonly username: string;
    readonly createGroup: boolean;
    readonly rotateAfter: string;
  };
}

/** Settings of the distribution. */
export interface DistributionSettings {
  readonly apiDomain: string;
  readonly apiProtocol: "https" | "http";
  readonly apiPort?: number;
  readonly apiPath?: string;
  readonly originReadTimeout?: string;
  readonly originReadTimeoutQuota: string;
  readonly connectionAttempts: number;
  readonly originShieldRegion?: string;
  readonly originVerify?: { readonly header: string; readonly secretArn: string };
  readonly publicPaths: readonly string[];
  readonly staticSite: boolean;
  readonly lastKnownGood: boolean;
  readonly domainNames: readonly string[];
  readonly certificateArn?: string;
  readonly webAclArn?: string;
  readonly errorCachingTtl: string;
  readonly accessLogs: boolean;
  readonly clientIds?: readonly string[];
  readonly tokenUse: "id" | "access";
  /** The keys themselves, also where the settings name a file. */
  readonly jwks?: { readonly keys: readonly object[] };
  readonly corsPreflight: boolean;
  readonly cacheKeyLock: string;
}

/** Everything that the app is told, with defaults filled in and paths made absolute. */
export interface Settings {
  readonly stackPrefix: string;
  readonly account?: string;
  readonly region?: string;
  readonly contract: string;
  readonly pipeline: PipelineSettings;
  readonly distribution?: DistributionSettings;
}

const PACKAGE = fileURLToPath(new URL("../..", import.meta.url));
const SCHEMA = join(PACKAGE, "settings.schema.json");

/** Names that the pipeline itself gives to its functions. */
export const OWN_VARIABLES = [
  "DISTRIBUTION_ID",
  "POLL_BUDGET",
  "POLL_WINDOW",
  "BASE_URL",
  "SECRET_ID",
  "USER_POOL_ID",
  "CLIENT_ID",
  "PREWARM_CONCURRENCY",
  "ERROR_CACHING_TTL",
  "STALE_REPAIRS",
  "RECHECK_AFTER",
];

/** The file that is read when none is named: the operator's own, else the example. */
export function defaultSettingsFile(): string {
  const own = join(PACKAGE, "settings.json");
  return existsSync(own) ? own : join(PACKAGE, "settings.example.json");
}

/**
 * Reads a settings file. Paths in it are relative to the file.
 *
 * @throws InvalidFile naming every problem
 */
export function readSettings(file: string): Settings {
  return checkSettings(file, readJson(file));
}

/** The same for settings that are already in memory; `file` is what they are called in errors. */
export function checkSettings(file: string, value: unknown): Settings {
  const filled = structuredClone(value) as Settings;
  const problems = schemaProblems(readJson(SCHEMA) as object, filled);
  // Rules between fields make sense only where the fields themselves do.
  if (problems.length === 0) problems.push(...contradictions(filled));
  if (problems.length > 0) throw new InvalidFile(file, problems);
  const from = dirname(resolve(file));
  // What is written is relative to the file it is written in, and what is not, to this package.
  const path = (given: string | undefined, otherwise: string): string =>
    given === undefined ? join(PACKAGE, otherwise) : resolve(from, given);
  const { pipeline, distribution } = filled;
  return {
    ...filled,
    contract: path(filled.contract, "../shared/contract.json"),
    pipeline: {
      ...pipeline,
      architecture: hostIfAsked(pipeline.architecture),
      binaries: path(pipeline.binaries, "../target/lambda/arm64"),
      definition: path(pipeline.definition, "../statemachine/refresh.asl.json"),
    },
    distribution: distribution && {
      ...distribution,
      cacheKeyLock: path(distribution.cacheKeyLock, "cache-key.lock.json"),
      jwks: readJwks(file, from, distribution.jwks),
    },
  };
}

function readJwks(file: string, from: string, given: unknown): DistributionSettings["jwks"] {
  if (given === undefined) return undefined;
  const source = typeof given === "string" ? resolve(from, given) : file;
  const jwks = (typeof given === "string" ? readJson(source) : given) as { keys?: unknown };
  if (!Array.isArray(jwks.keys)) {
    throw new InvalidFile(source, [
      'the JWKS has no "keys": expected what the pool publishes at /.well-known/jwks.json',
    ]);
  }
  return jwks as DistributionSettings["jwks"];
}

function hostIfAsked(architecture: string): "arm64" | "x86_64" {
  if (architecture === "host") return arch() === "arm64" ? "arm64" : "x86_64";
  return architecture as "arm64" | "x86_64";
}

function contradictions(settings: Settings): string[] {
  const { pipeline, distribution } = settings;
  return [
    ...pipelineContradictions(settings, pipeline),
    ...(distribution ? distributionContradictions(distribution, pipeline) : []),
  ];
}

function pipelineContradictions(settings: Settings, pipeline: PipelineSettings): string[] {
  const problems: string[] = [];
  if (!settings.distribution) {
    if (!pipeline.distributionId) {
      problems.push(
        'pipeline: "distributionId" is missing: give the distribution to purge, or the setting "distribution"',
      );
    }
    if (!pipeline.baseUrl) {
      problems.push('pipeline: "baseUrl" is missing: give the address that the prewarmer sends requests to');
    }
  } else if (!pipeline.distributionId && !settings.region) {
    problems.push(
      '"region" is missing: the distribution is in us-east-1, and the pipeline has to know its own region to refer to it',
    );
  }
  if (!pipeline.clientId && pipeline.secretArn) {
    problems.push(
      'pipeline: "clientId" is missing: give the app client that the user in secretArn logs in with, or neither of them to have both made',
    );
  }
  if (seconds(pipeline.prewarm.timeout) > 900) {
    problems.push(`pipeline.prewarm.timeout: ${pipeline.prewarm.timeout} is above 900s, Lambda's maximum`);
  }
  if (seconds(pipeline.poll.window) > 25) {
    problems.push(
      `pipeline.poll.window: ${pipeline.poll.window} is above 25s, and the poll function is stopped after 30s`,
    );
  }
  const poolRegion = pipeline.userPoolId.split("_")[0];
  if (settings.region && poolRegion !== settings.region) {
    problems.push(
      `pipeline.userPoolId: the pool is in ${poolRegion} and the pipeline in ${settings.region}; put "region" where the pool is`,
    );
  }
  for (const name of Object.keys(pipeline.functionEnvironment)) {
    if (OWN_VARIABLES.includes(name)) {
      problems.push(
        `pipeline.functionEnvironment: ${name} is set by the pipeline itself; use its own setting`,
      );
    }
  }
  return problems;
}

function distributionContradictions(
  distribution: DistributionSettings,
  pipeline: PipelineSettings,
): string[] {
  const problems: string[] = [];
  if (distribution.domainNames.length > 0 && !distribution.certificateArn) {
    problems.push('distribution: "certificateArn" is missing: domainNames need a certificate');
  }
  if (distribution.clientIds && pipeline.clientId && !distribution.clientIds.includes(pipeline.clientId)) {
    problems.push(
      `distribution.clientIds: ${pipeline.clientId} is missing: the prewarmer's own tokens would be refused`,
    );
  }
  const waits = pipeline.prewarm.errorCachingTtl;
  if (waits && seconds(waits) < seconds(distribution.errorCachingTtl)) {
    problems.push(
      `pipeline.prewarm.errorCachingTtl: ${waits} is below distribution.errorCachingTtl ${distribution.errorCachingTtl}: a repeated request would read the cached error; leave it out to have them equal`,
    );
  }
  return problems;
}
