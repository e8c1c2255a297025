/** Every rule between settings, or between settings and the contract, has its mistake here. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { addStacks } from "../lib/app.ts";
import { InvalidFile } from "../lib/json-file.ts";
import { CONTRACT_RULES } from "../lib/settings/contract-rules.ts";
import { DISTRIBUTION_RULES } from "../lib/settings/distribution-rules.ts";
import { PIPELINE_RULES } from "../lib/settings/pipeline-rules.ts";
import { checkInstallation } from "../lib/settings/read.ts";
import {
  everything,
  pipelineAlone,
  SETTINGS_FILE,
  testApp,
  USER_POOL_ID,
  WITHOUT_STAGING,
} from "./app-under-test.ts";
import { MISTAKES, SECRET } from "./settings-mistakes.ts";

function problemsOf(settings: unknown): readonly string[] {
  try {
    checkInstallation(SETTINGS_FILE, settings);
  } catch (error) {
    assert.ok(error instanceof InvalidFile, String(error));
    return error.problems;
  }
  return [];
}

for (const [rule, settings, ...said] of MISTAKES) {
  test(`${rule}: ${said[0]?.split(/[:;,]/)[0]}`, () => assert.deepEqual(problemsOf(settings), said));
}

test("every rule has its mistake, and every mistake is a rule's", () => {
  const rules = [PIPELINE_RULES, DISTRIBUTION_RULES, CONTRACT_RULES].flatMap((each) => Object.keys(each));
  assert.deepEqual([...new Set(MISTAKES.map(([rule]) => rule))].sort(), rules.sort());
});

test("every contradiction is named at once", () => {
  const problems = problemsOf({
    region: "eu-west-1",
    pipeline: {
      userPoolId: USER_POOL_ID,
      secretArn: SECRET,
      prewarm: { timeout: "2m" },
      poll: { window: "26s" },
    },
  });
  assert.equal(problems.length, 7, problems.join("\n"));
});

for (const [what, settings] of [
  ["loopback by plain HTTP", pipelineAlone({ baseUrl: "http://127.0.0.1:8080" })],
  [
    "a host for each tenant",
    pipelineAlone({ baseUrl: "https://{tenant}.example.com", distributionTenants: true }),
  ],
  [
    "a name of the site, by wildcard",
    everything(
      { domainNames: ["*.example.com"], certificateArn: "arn:aws:acm:us-east-1:123456789012:certificate/a" },
      { baseUrl: "https://app.example.com" },
    ),
  ],
  ["the site's root without a token", everything({ publicPaths: ["/"] })],
  ["an API on a port of its own", everything({ apiPort: 8443 })],
  ["front ends on other origins", everything({ corsOrigins: ["https://a.example.com"] })],
  [
    "AWS's own name with another prefix",
    { ...everything({}, { parameterPrefix: "/shop" }), stackPrefix: "AwsShop" },
  ],
  ["a signed path of the contract", everything({ signedPaths: { "/api/*": "key-group" } })],
  [
    "another distribution's errors",
    everything(
      { errorCachingTtl: "30s" },
      {
        distributionId: "E2EXAMPLE1234",
        baseUrl: "https://app.example.com",
        prewarm: { errorCachingTtl: "10s" },
      },
    ),
  ],
] as const) {
  test(`takes ${what}`, () => assert.deepEqual(problemsOf(settings), []));
}

function together(...settings: object[]): readonly string[] {
  const app = testApp(WITHOUT_STAGING);
  try {
    for (const each of settings) addStacks(app, checkInstallation(SETTINGS_FILE, each));
  } catch (error) {
    assert.ok(error instanceof InvalidFile, String(error));
    return error.problems;
  }
  return [];
}

test("two installations in one app that would make the same things are refused", () => {
  const shop = {
    ...everything({}, { parameterPrefix: "/warmfront", serviceUser: { username: "warmfront-prewarm" } }),
    stackPrefix: "Shop",
  };
  assert.deepEqual(together(everything(), shop), [
    "pipeline.parameterPrefix: the installation Warmfront has /warmfront too, and CloudFormation refuses a parameter that exists; leave it out, or give each its own",
    "pipeline.serviceUser.username: the installation Warmfront makes warmfront-prewarm in the same pool too; leave it out, or give each its own",
    "pipeline.serviceUser.createGroup: the installation Warmfront makes the group in the same pool too; set it to false in one of them",
  ]);
  assert.match(
    together(everything(), everything()).join(),
    /stackPrefix: another installation has Warmfront too/,
  );
});

test("two installations of different prefixes live in one app", () => {
  const shop = { ...everything({}, { serviceUser: { createGroup: false } }), stackPrefix: "Shop" };
  assert.deepEqual(together(everything(), shop), []);
});
