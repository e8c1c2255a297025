/**
 * Bundles the small Node.js functions that run beside the deployment: `*.lambda.ts` beside the construct that has them.
 */
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import type { Code } from "aws-cdk-lib/aws-lambda";
import { buildSync } from "esbuild";
import { stagedCode } from "./staged-code.ts";

/** Code of the module at `source`; the AWS SDK is the runtime's own. */
export function lambdaCode(source: URL): Code {
  const file = fileURLToPath(source);
  return stagedCode(dirname(file), [file], (output) => {
    buildSync({
      entryPoints: [file],
      outfile: `${output}/index.cjs`,
      bundle: true,
      platform: "node",
      target: "node24",
      // The runtime's SDK lies where only `require` is sure to look.
      format: "cjs",
      supported: { "dynamic-import": false },
      external: ["@aws-sdk/*"],
      logLevel: "silent",
    });
  });
}
