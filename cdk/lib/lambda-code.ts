/**
 * Bundles the small Node.js functions that run beside the deployment: `*.lambda.ts` in this folder.
 */
import { fileURLToPath } from "node:url";
import type { Code } from "aws-cdk-lib/aws-lambda";
import { buildSync } from "esbuild";
import { stagedCode } from "./staged-code.ts";

const HERE = fileURLToPath(new URL(".", import.meta.url));

/** Code of `{name}.lambda.ts`; the AWS SDK is the runtime's own. */
export function lambdaCode(name: string): Code {
  return stagedCode(HERE, [name], (output) => {
    buildSync({
      entryPoints: [`${HERE}${name}.lambda.ts`],
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
