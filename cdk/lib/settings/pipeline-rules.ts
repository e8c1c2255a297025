/**
 * Rules of the pipeline's settings.
 */
import { seconds } from "../duration.ts";
import type { PipelineRule } from "./rule.ts";
import type { PipelineSettings, Settings } from "./settings.ts";

/** Names that the pipeline itself gives to its functions. */
export const OWN_VARIABLES = [
  "DISTRIBUTION_ID",
  "POLL_BUDGET",
  "POLL_WINDOW",
  "BASE_URL",
  "SECRET_ID",
  "USER_POOL_ID",
  "CLIENT_ID",
  "PREWARM_CONCURRENCY",
  "ERROR_CACHING_TTL",
  "STALE_REPAIRS",
  "SIGNED_PATHS",
];

// https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
const LAMBDAS_VARIABLES =
  /^(_.*|AWS_LAMBDA_(?!LOG_LEVEL$).*|AWS_(REGION|DEFAULT_REGION|EXECUTION_ENV|ACCESS_KEY(_ID)?|SECRET_ACCESS_KEY|SESSION_TOKEN)|LAMBDA_(TASK_ROOT|RUNTIME_DIR))$/;
/** Lambda allows 4 KiB for all; the pipeline's own need less than one. */
const MAX_VARIABLES = 3072;
/** Lambda's limit for one invocation. */
const MAX_TIMEOUT = 900;
/** The poll function is stopped after 30 s and has to answer before. */
const MAX_WINDOW = 25;
const HOUR = 3600;

/** By name. */
export const PIPELINE_RULES: Readonly<Record<string, PipelineRule>> = {
  distributionIsNamed: ({ distributionId }, { distribution }) =>
    !distribution &&
    !distributionId &&
    'pipeline: "distributionId" is missing: give the distribution to purge, or the setting "distribution"',

  baseUrlIsNamed: ({ distributionId, baseUrl }, { distribution }) =>
    !baseUrl &&
    (distributionId || !distribution) &&
    'pipeline: "baseUrl" is missing: give the address of the distribution, to which the prewarmer sends requests',

  baseUrlIsAddress: ({ baseUrl }) =>
    baseUrl !== undefined &&
    !isAddress(baseUrl) &&
    `pipeline.baseUrl: ${baseUrl} is no address that can be asked; write scheme and host name, such as https://app.example.com`,

  baseUrlIsEncrypted: ({ baseUrl }) =>
    baseUrl?.startsWith("http:") &&
    !/^http:\/\/(127\.[0-9.]+|\[::1\]|localhost|[^/]*\.localhost)(:[0-9]+)?$/.test(baseUrl) &&
    `pipeline.baseUrl: ${baseUrl} would send the service user's token in the clear; write https://`,

  baseUrlPlaceholder: ({ baseUrl = "", distributionTenants }) => {
    const placeholders = baseUrl.match(/\{[^}]*\}?|\}/g) ?? [];
    if (placeholders.some((each) => each !== "{tenant}"))
      return `pipeline.baseUrl: ${baseUrl} has a placeholder other than {tenant}, the only one that is filled in`;
    if (placeholders.length > 0 && !distributionTenants)
      return `pipeline.baseUrl: ${baseUrl} has {tenant}, and only a multi-tenant distribution has a host for each tenant; set distributionTenants, or write the host out`;
    return undefined;
  },

  parametersAreNotAwss: ({ parameterPrefix }, { stackPrefix }) =>
    /^\/(aws|ssm)/i.test(parameterPrefix) &&
    `stackPrefix: ${stackPrefix} puts the parameters under ${parameterPrefix}, and names that begin with aws or ssm are AWS's own; give pipeline.parameterPrefix, or another stackPrefix`,

  regionIsNamed: ({ distributionId }, { distribution, region }) =>
    distribution &&
    !distributionId &&
    !region &&
    '"region" is missing: the distribution is in us-east-1, and the pipeline has to know its own region to refer to it',

  poolIsInRegion: ({ userPoolId }, { region }) =>
    region &&
    regionOfPool(userPoolId) !== region &&
    `pipeline.userPoolId: the pool is in ${regionOfPool(userPoolId)} and the pipeline in ${region}; put "region" where the pool is`,

  edgeIsInAccount: (_, { account, distribution }) =>
    (["certificateArn", "webAclArn"] as const).flatMap((name) => {
      const arn = distribution?.[name];
      const owner = arn?.split(":")[4];
      if (!account || !owner || owner === account) return [];
      return `distribution.${name}: is in the account ${owner} and the distribution in ${account}, where CloudFront refuses it; make one there`;
    }),

  secretHasClient: ({ clientId, secretArn }) =>
    secretArn &&
    !clientId &&
    'pipeline: "clientId" is missing: give the app client that the user in secretArn logs in with, or neither of them to have both made',

  secretIsInRegion: (pipeline, settings) => otherRegion("secretArn", pipeline, settings),

  keyIsInRegion: (pipeline, settings) => otherRegion("secretKeyArn", pipeline, settings),

  prewarmFitsLambda: ({ prewarm }) =>
    seconds(prewarm.timeout) > MAX_TIMEOUT &&
    `pipeline.prewarm.timeout: ${prewarm.timeout} is above ${MAX_TIMEOUT}s, Lambda's maximum`,

  windowFitsFunction: ({ poll }) =>
    seconds(poll.window) > MAX_WINDOW &&
    `pipeline.poll.window: ${poll.window} is above ${MAX_WINDOW}s, and the poll function is stopped after 30s`,

  budgetHoldsWindow: ({ poll }) =>
    seconds(poll.budget) < seconds(poll.window) &&
    `pipeline.poll.budget: ${poll.budget} is below poll.window ${poll.window}, so a single look would outlast it; raise the budget or shorten the window`,

  rotationIsPossible: ({ serviceUser: { rotateAfter } }) => {
    const period = seconds(rotateAfter);
    const possible = period >= 4 * HOUR && period <= 1000 * 24 * HOUR && period % HOUR === 0;
    return (
      !possible &&
      `pipeline.serviceUser.rotateAfter: ${rotateAfter} is no period that Secrets Manager takes: whole hours, from 4h to 1000d`
    );
  },

  executionDataHasLog: ({ executionLogLevel, logExecutionData }) =>
    logExecutionData &&
    executionLogLevel === "OFF" &&
    "pipeline.logExecutionData: is true and executionLogLevel is OFF, so nothing is logged; raise the level, or leave it out",

  variablesAreFree: ({ functionEnvironment }) =>
    Object.keys(functionEnvironment)
      .filter((name) => OWN_VARIABLES.includes(name))
      .map(
        (name) => `pipeline.functionEnvironment: ${name} is set by the pipeline itself; use its own setting`,
      ),

  variablesAreNotLambdas: ({ functionEnvironment }) =>
    Object.keys(functionEnvironment)
      .filter((name) => LAMBDAS_VARIABLES.test(name))
      .map((name) => `pipeline.functionEnvironment: ${name} is Lambda's own, which it refuses; leave it out`),

  variablesFit: ({ functionEnvironment }) => {
    const size = Object.entries(functionEnvironment).flat().join("").length;
    return (
      size > MAX_VARIABLES &&
      `pipeline.functionEnvironment: ${size} characters are above ${MAX_VARIABLES}, what Lambda's 4 KiB leave beside the pipeline's own; give fewer or shorter variables`
    );
  },
};

/** Whether a host stands there, with or without a port; placeholders are looked at elsewhere. */
function isAddress(baseUrl: string): boolean {
  const filled = baseUrl.replace(/[{][^}]*[}]?|[}]/g, "a");
  if (!URL.canParse(filled)) return false;
  return new URL(filled).hostname.split(".").every((label) => /^([^-].*[^-]|[^-])$/.test(label));
}

function otherRegion(
  name: "secretArn" | "secretKeyArn",
  pipeline: PipelineSettings,
  settings: Settings,
): string | false {
  const region = pipeline[name]?.split(":")[3];
  const own = settings.region ?? regionOfPool(pipeline.userPoolId);
  return (
    region !== undefined &&
    region !== own &&
    `pipeline.${name}: is in ${region} and the pipeline in ${own}, which cannot read it; replicate the secret to ${own} and name that one`
  );
}

// The region of a pool is the first part of its id.
function regionOfPool(id: string): string {
  return id.split("_")[0] as string;
}
