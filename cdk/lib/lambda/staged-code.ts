/**
 * Lambda code whose files this app puts together itself while it is synthesized.
 */
import { AssetHashType, DockerImage } from "aws-cdk-lib";
import { Code } from "aws-cdk-lib/aws-lambda";

/**
 * Code that `stage` writes into the folder it is given. Its hash is that of the files.
 *
 * The library stages once for equal options and does not look into `stage`, so `inputs` has to name everything that
 * the result depends on.
 */
export function stagedCode(source: string, inputs: readonly string[], stage: (output: string) => void): Code {
  return Code.fromAsset(source, {
    assetHashType: AssetHashType.OUTPUT,
    bundling: {
      // Never used, since staging happens on this machine; the type asks for it.
      image: DockerImage.fromRegistry("scratch"),
      command: [...inputs],
      local: {
        tryBundle(output) {
          stage(output);
          return true;
        },
      },
    },
  });
}
