/**
 * The app: which stacks an installation consists of.
 */
import { Annotations, App, type AppProps, Validations } from "aws-cdk-lib";
import flags from "aws-cdk-lib/recommended-feature-flags.json" with { type: "json" };
import { AwsSolutionsChecks } from "cdk-nag";
import { DistributionStack } from "./distribution/distribution-stack.ts";
import { InvalidFile } from "./json-file.ts";
import { PipelineStack } from "./pipeline/pipeline-stack.ts";
import { collisions } from "./settings/collisions.ts";
import type { Installation } from "./settings/read.ts";
import type { Settings } from "./settings/settings.ts";

/** The stacks of the app. */
export interface WarmfrontStacks {
  /** The refresh. */
  readonly pipeline: PipelineStack;
  /** The distribution, where the settings have one. */
  readonly distribution: DistributionStack | undefined;
}

/** An app with the feature flags that a new app has, held against the AWS Solutions rules. */
export function newApp(props: AppProps = {}): App {
  const app = new App({ ...props, context: { ...flags, ...props.context } });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  return app;
}

/** What each app holds already. */
const INSTALLED = new WeakMap<App, Settings[]>();

/**
 * Makes the stacks of an installation in `app`.
 *
 * @throws InvalidFile where it collides with another one of the app
 */
export function addStacks(app: App, { file, settings, contract }: Installation): WarmfrontStacks {
  const others = INSTALLED.get(app) ?? [];
  const problems = collisions(settings, others);
  if (problems.length > 0) throw new InvalidFile(file, problems);
  INSTALLED.set(app, [...others, settings]);
  const { account, region, stackPrefix } = settings;
  const distribution = settings.distribution
    ? new DistributionStack(app, `${stackPrefix}Distribution`, {
        settings: settings.distribution,
        contract,
        userPoolId: settings.pipeline.userPoolId,
        parameterPrefix: settings.pipeline.parameterPrefix,
        acceptCommand: `make accept-cache-key SETTINGS=${file}`,
        env: { account, region: "us-east-1" },
        crossRegionReferences: true,
      })
    : undefined;
  if (distribution && settings.distribution?.clientIds && !settings.pipeline.clientId) {
    Annotations.of(distribution).addWarningV2(
      "warmfront:client-ids",
      `distribution.clientIds has to list the output ClientId of ${stackPrefix}Pipeline, which is not known here: without it the prewarmer's own tokens are refused`,
    );
  }
  const pipeline = new PipelineStack(app, `${stackPrefix}Pipeline`, {
    settings,
    contract,
    distribution: distribution?.tenantCache.distribution,
    allowPlaceholders: app.node.tryGetContext("placeholders") === "allow",
    env: { account, region },
    crossRegionReferences: true,
  });
  return { pipeline, distribution };
}
