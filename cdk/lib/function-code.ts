/**
 * What lies in a function's zip: the `bootstrap` binary from the build folder, and the contract.
 * Owns the placeholder that lets templates be synthesized before anything is built.
 */
import { chmodSync, copyFileSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { AssetHashType, DockerImage } from "aws-cdk-lib";
import { Code } from "aws-cdk-lib/aws-lambda";

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
  const stage = (output: string): boolean => {
    mkdirSync(output, { recursive: true });
    const bootstrap = join(output, "bootstrap");
    if (built) copyFileSync(binary, bootstrap);
    else writeFileSync(bootstrap, PLACEHOLDER);
    chmodSync(bootstrap, 0o755);
    copyFileSync(contractFile, join(output, "contract.json"));
    chmodSync(join(output, "contract.json"), 0o644);
    return true;
  };
  const code = Code.fromAsset(dirname(contractFile), {
    assetHashType: AssetHashType.OUTPUT,
    // Staged on this machine always; the image is only there because the type asks for one.
    bundling: { image: DockerImage.fromRegistry("scratch"), local: { tryBundle: stage } },
  });
  return built ? { code } : { code, missing: binary };
}
