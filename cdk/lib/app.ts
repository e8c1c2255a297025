/**
 * The app: which stacks the settings ask for.
 */
import { App } from "aws-cdk-lib";
import flags from "aws-cdk-lib/recommended-feature-flags.json" with { type: "json" };
import { readContract } from "./contract.ts";
import { PipelineStack } from "./pipeline-stack.ts";
import type { Settings } from "./settings.ts";

/** The stacks of the app. */
export interface WarmfrontStacks {
  /** The refresh. */
  readonly pipeline: PipelineStack;
}

/** An app with the feature flags that a new app has: the library's old defaults are off. */
export function newApp(context: Record<string, unknown> = {}): App {
  return new App({ context: { ...flags, ...context } });
}

/** Makes the stacks of `settings` in `app`. */
export function addStacks(app: App, settings: Settings): WarmfrontStacks {
  readContract(settings.contract);
  const { account, region } = settings;
  const pipeline = new PipelineStack(app, `${settings.stackPrefix}Pipeline`, {
    settings,
    allowPlaceholders: app.node.tryGetContext("placeholders") === "allow",
    env: { account, region },
  });
  return { pipeline };
}
