/**
 * What lies in a function's zip: the `bootstrap` binary from the build folder, and the contract.
 * Owns the placeholder that lets templates be synthesized before anything is built.
 */
import { chmodSync, copyFileSync, existsSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Code } from "aws-cdk-lib/aws-lambda";
import { stagedCode } from "../lambda/staged-code.ts";

const PLACEHOLDER =
  "#!/bin/sh\necho 'placeholder: this function was deployed without its binary' >&2\nexit 1\n";

/** The code of one function, and whether its binary was there. */
export interface FunctionCode {
  readonly code: Code;
  /** The binary that is missing, when the code is a placeholder. */
  readonly missing?: string;
}

/**
 * Code of the function `name`, whose binary is `{directory}/{name}/bootstrap`.
 *
 * The hash is that of the staged files, so a changed contract is a changed function.
 */
export function functionCode(directory: string, name: string, contractFile: string): FunctionCode {
  const binary = join(directory, name, "bootstrap");
  const built = existsSync(binary);
  const code = stagedCode(dirname(contractFile), [binary, contractFile], (output) => {
    const bootstrap = join(output, "bootstrap");
    if (built) copyFileSync(binary, bootstrap);
    else writeFileSync(bootstrap, PLACEHOLDER);
    chmodSync(bootstrap, 0o755);
    copyFileSync(contractFile, join(output, "contract.json"));
    chmodSync(join(output, "contract.json"), 0o644);
  });
  return built ? { code } : { code, missing: binary };
}
