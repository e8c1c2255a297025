/** The Warmfront app: reads the settings and makes the stacks. */
import { App } from "aws-cdk-lib";
import { readContract } from "../lib/contract.ts";
import { PipelineStack } from "../lib/pipeline-stack.ts";
import { defaultSettingsFile, readSettings } from "../lib/settings.ts";

const app = new App();
const settings = readSettings(app.node.tryGetContext("settings") ?? defaultSettingsFile());
readContract(settings.contract);
const { account, region } = settings;

new PipelineStack(app, `${settings.stackPrefix}Pipeline`, {
  settings,
  allowPlaceholders: app.node.tryGetContext("placeholders") === "allow",
  ...(region ? { env: account ? { account, region } : { region } } : {}),
});
