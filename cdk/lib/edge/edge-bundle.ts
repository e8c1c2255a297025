/**
 * Bundles an edge function with its settings inside: Lambda@Edge has no environment variables.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Code } from "aws-cdk-lib/aws-lambda";
import { buildSync } from "esbuild";
import type { Contract } from "../contract/contract.ts";
import { stagedCode } from "../lambda/staged-code.ts";

/** With what viewers' tokens are verified. */
export interface TokenSettings {
  /** The pool that signs them. */
  readonly userPoolId: string;
  /** The app clients whose tokens count; null for every client of the pool. */
  readonly clientIds: readonly string[] | null;
  /** Which token viewers send. */
  readonly tokenUse: "id" | "access";
  /** The pool's public keys; null where they are fetched on first use. */
  readonly jwks: { readonly keys: readonly object[] } | null;
}

/** What the module `warmfront:settings` exports to an edge function. */
export interface EdgeSettings {
  readonly contract: Contract;
  readonly userPool: TokenSettings | null;
  readonly corsPreflight?: boolean;
  readonly corsOrigins?: readonly string[];
  readonly tokenCookie?: string;
}

const EDGE = fileURLToPath(new URL(".", import.meta.url));

/** Writes `index.mjs` into `output`: the entry `name`.lambda.ts of this folder with `settings` inside. */
export function bundleEdgeFunction(name: string, settings: EdgeSettings, output: string): void {
  const work = mkdtempSync(join(tmpdir(), "warmfront-edge-"));
  try {
    const file = join(work, "settings.json");
    writeFileSync(file, JSON.stringify(settings));
    buildSync({
      entryPoints: [join(EDGE, `${name}.lambda.ts`)],
      outfile: join(output, "index.mjs"),
      alias: { "warmfront:settings": file },
      bundle: true,
      minify: true,
      platform: "node",
      target: "node20",
      format: "esm",
      logLevel: "silent",
    });
  } finally {
    rmSync(work, { recursive: true });
  }
}

/** The same as an asset. */
export function edgeCode(name: string, settings: EdgeSettings): Code {
  return stagedCode(EDGE, [name, JSON.stringify(settings)], (output) =>
    bundleEdgeFunction(name, settings, output),
  );
}
