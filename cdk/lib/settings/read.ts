/**
 * Reads the operator's settings and the contract that they name, and checks both, every problem at once.
 */
import { existsSync } from "node:fs";
import { arch } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { type Contract, readContract } from "../contract/contract.ts";
import { InvalidFile, readJson } from "../json-file.ts";
import { contradictions } from "./rules.ts";
import { schemaProblems } from "./schema.ts";
import type { DistributionSettings, Settings } from "./settings.ts";

/** One installation: its settings, and its contract. */
export interface Installation {
  /** The file that the settings are from. */
  readonly file: string;
  /** The settings, with defaults filled in and paths absolute. */
  readonly settings: Settings;
  /** The contract that they name. */
  readonly contract: Contract;
}

const PACKAGE = fileURLToPath(new URL("../..", import.meta.url));
const SCHEMA = readJson(join(PACKAGE, "settings.schema.json")) as ObjectSchema;

/** As much of the schema as says which settings are paths. */
interface ObjectSchema {
  readonly $ref?: string;
  readonly "x-path"?: string;
  readonly properties?: Readonly<Record<string, ObjectSchema>>;
}

/** The file that is read when none is named: the operator's own, else the example. */
export function defaultSettingsFile(): string {
  const own = join(PACKAGE, "settings.json");
  return existsSync(own) ? own : join(PACKAGE, "settings.example.json");
}

/**
 * Reads a settings file and its contract. Paths in it are relative to the file.
 *
 * @throws InvalidFile naming every problem
 */
export function readInstallation(file: string): Installation {
  return checkInstallation(file, readJson(file));
}

/** The same for settings that are already in memory; `file` is what they are called in errors. */
export function checkInstallation(file: string, value: unknown): Installation {
  const given = structuredClone(value) as Settings;
  const malformed = schemaProblems(SCHEMA, given);
  // Rules between fields make sense only where the fields themselves do.
  if (malformed.length > 0) throw new InvalidFile(file, malformed);
  const problems: string[] = [];
  const settings = completed(resolve(file), given, problems);
  const contract = contractOf(settings.contract, problems);
  problems.push(...contradictions(settings, contract));
  if (problems.length > 0 || !contract) throw new InvalidFile(file, problems);
  return { file: resolve(file), settings, contract };
}

/** `given` with what follows from the file's place and from other settings. */
function completed(file: string, given: Settings, problems: string[]): Settings {
  const { pipeline, distribution, stackPrefix, ...rest } = withPaths(given, SCHEMA, dirname(file));
  const name = stackPrefix.toLowerCase();
  return {
    ...rest,
    stackPrefix,
    pipeline: {
      ...pipeline,
      architecture: hostIfAsked(pipeline.architecture),
      // Two installations in one account have different prefixes, and so none of the other's names.
      parameterPrefix: pipeline.parameterPrefix ?? `/${name}`,
      serviceUser: { ...pipeline.serviceUser, username: pipeline.serviceUser.username ?? `${name}-prewarm` },
    },
    distribution: distribution && {
      ...distribution,
      cacheKeyLock: distribution.cacheKeyLock ?? file.replace(/(\.json)?$/, ".cache-key.lock.json"),
      jwks: readJwks(file, distribution.jwks, problems),
    },
  };
}

/** `given` with its paths absolute: what is written is relative to `from`, and what is not, to this package. */
function withPaths<T extends object>(given: T, schema: ObjectSchema, from: string): T {
  const paths = Object.entries(schema.properties ?? {}).map(([name, field]) => {
    const written = given[name as keyof T];
    if (field.$ref === "#/$defs/path") {
      if (written !== undefined) return [name, resolve(from, written as string)];
      return [name, field["x-path"] && join(PACKAGE, field["x-path"])];
    }
    return [name, field.properties && written ? withPaths(written as object, field, from) : written];
  });
  return { ...given, ...Object.fromEntries(paths) };
}

function contractOf(file: string, problems: string[]): Contract | undefined {
  try {
    return readContract(file);
  } catch (error) {
    if (!(error instanceof InvalidFile)) throw error;
    problems.push(...error.problems.map((problem) => `${relative(process.cwd(), file)}: ${problem}`));
    return undefined;
  }
}

function readJwks(file: string, given: unknown, problems: string[]): DistributionSettings["jwks"] {
  if (given === undefined) return undefined;
  try {
    const jwks = typeof given === "string" ? readJson(resolve(dirname(file), given)) : given;
    const { keys } = jwks as { keys?: unknown };
    if (Array.isArray(keys) && keys.length > 0) return jwks as DistributionSettings["jwks"];
    problems.push(
      'distribution.jwks: has no "keys"; expected what the pool publishes at /.well-known/jwks.json',
    );
  } catch (error) {
    if (!(error instanceof InvalidFile)) throw error;
    problems.push(...error.problems.map((problem) => `distribution.jwks: ${given} ${problem}`));
  }
  return undefined;
}

function hostIfAsked(architecture: string): "arm64" | "x86_64" {
  if (architecture === "host") return arch() === "arm64" ? "arm64" : "x86_64";
  return architecture as "arm64" | "x86_64";
}
