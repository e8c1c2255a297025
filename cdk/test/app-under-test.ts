/**
 * The app with settings that tests vary, and a distribution on its own that tests break.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { fileURLToPath } from "node:url";
import { App, Stack } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import type { Distribution } from "aws-cdk-lib/aws-cloudfront";
import { addStacks, newApp } from "../lib/app.ts";
import { type Contract, readContract } from "../lib/contract/contract.ts";
import {
  TenantCacheDistribution,
  type TenantCacheDistributionProps,
} from "../lib/distribution/tenant-cache-distribution.ts";
import { CacheTagger } from "../lib/edge/cache-tagger.ts";
import { ViewerAuthorizer } from "../lib/edge/viewer-authorizer.ts";
import { checkInstallation } from "../lib/settings/read.ts";

export const SETTINGS_FILE = fileURLToPath(new URL("../settings.test.json", import.meta.url));
/** A contract of the tests' own: the project's is an example that may be edited. */
export const CONTRACT_FILE = fileURLToPath(new URL("fixture/contract.json", import.meta.url));
export const USER_POOL_ID = "eu-central-1_EXAMPLE01";

/** Staging compiles and copies; most tests look at templates only. */
export const WITHOUT_STAGING = { "aws:cdk:bundling-stacks": [] };

/** A folder that is gone when the test file is through. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "warmfront-cdk-"));
  after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A folder with something in the place of each binary. */
export function builtBinaries(): string {
  const folder = temporaryFolder();
  for (const name of ["invalidate", "poll", "prewarm"]) {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, "bootstrap"), `binary of ${name}`, { mode: 0o644 });
  }
  return folder;
}

const BINARIES = builtBinaries();

/** The app, with a folder of its own to be synthesized into. */
export function testApp(context: object = {}): App {
  return newApp({ outdir: temporaryFolder(), context: { cacheKey: "accept", ...context } });
}

/** Settings of a pipeline for an existing distribution and user pool. */
export function pipelineAlone(changes: object = {}): { contract: string; pipeline: object } {
  return {
    contract: CONTRACT_FILE,
    pipeline: {
      distributionId: "E2EXAMPLE1234",
      baseUrl: "https://d111111abcdef8.cloudfront.net",
      userPoolId: USER_POOL_ID,
      clientId: "1example23456789",
      secretArn: "arn:aws:secretsmanager:eu-central-1:123456789012:secret:prewarm-AbCdEf",
      binaries: BINARIES,
      ...changes,
    },
  };
}

/** Settings of the whole app. */
export function everything(changes: object = {}, pipeline: object = {}): object {
  return {
    contract: CONTRACT_FILE,
    region: "eu-central-1",
    account: "123456789012",
    pipeline: { userPoolId: USER_POOL_ID, binaries: BINARIES, ...pipeline },
    distribution: {
      apiDomain: "api.example.com",
      originShieldRegion: "eu-central-1",
      // Each run accepts its own key.
      cacheKeyLock: join(temporaryFolder(), "cache-key.lock.json"),
      ...changes,
    },
  };
}

/** Templates of the stacks that `settings` make. */
export function templates(
  settings: object,
  context: object = {},
): { pipeline: Template; distribution: Template } {
  const app = testApp({ ...WITHOUT_STAGING, ...context });
  const { pipeline, distribution } = addStacks(app, checkInstallation(SETTINGS_FILE, settings));
  return {
    pipeline: Template.fromStack(pipeline),
    distribution: Template.fromStack(distribution ?? pipeline),
  };
}

/** The tests' contract, to be changed on this copy. */
export function contract(): Mutable<Contract> {
  return structuredClone(readContract(CONTRACT_FILE)) as Mutable<Contract>;
}

type Mutable<T> = { -readonly [K in keyof T]: Mutable<T[K]> };

/** A distribution with its edge functions in a stack in us-east-1, and what tests need to break it. */
export function tenantCache(
  given: Contract = contract(),
  props: (stack: Stack) => Partial<TenantCacheDistributionProps> = () => ({}),
): { app: App; stack: Stack; tenantCache: TenantCacheDistribution; distribution: Distribution } {
  const app = new App({ outdir: temporaryFolder(), context: WITHOUT_STAGING });
  const stack = new Stack(app, "Site", { env: { region: "us-east-1" } });
  const made = new TenantCacheDistribution(stack, "TenantCache", {
    contract: given,
    api: { domainName: "api.example.com" },
    tagger: new CacheTagger(stack, "CacheTagger", { contract: given }),
    authorizer: new ViewerAuthorizer(stack, "ViewerAuthorizer", {
      contract: given,
      userPoolId: USER_POOL_ID,
    }),
    ...props(stack),
  });
  return { app, stack, tenantCache: made, distribution: made.distribution };
}

// biome-ignore lint/suspicious/noExplicitAny: what CloudFormation is told has no type
export type Rendered = any;

/** The configuration of a template's distribution. */
export function configOf(template: Template): Rendered {
  const [distribution] = Object.values(template.findResources("AWS::CloudFront::Distribution"));
  return distribution?.Properties.DistributionConfig;
}
