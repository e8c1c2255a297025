import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { Bucket } from "aws-cdk-lib/aws-s3";
import { addStacks } from "../lib/app.ts";
import { bundleEdgeFunction } from "../lib/edge/edge-bundle.ts";
import { checkInstallation } from "../lib/settings/read.ts";
import {
  contract,
  everything,
  pipelineAlone,
  SETTINGS_FILE,
  temporaryFolder,
  testApp,
  USER_POOL_ID,
  WITHOUT_STAGING,
} from "./app-under-test.ts";

const EVERY_OPTION = everything(
  {
    apiProtocol: "http",
    staticSite: true,
    lastKnownGood: true,
    accessLogs: false,
    publicPaths: ["/api/login"],
    clientIds: undefined,
  },
  { distributionTenants: true, executionLogLevel: "ERROR", serviceUser: { createGroup: true } },
);

for (const [name, settings] of [
  ["the pipeline alone", pipelineAlone()],
  ["a secret to fill", pipelineAlone({ secretArn: undefined })],
  ["the whole app", everything()],
  ["every option", EVERY_OPTION],
] as const) {
  test(`breaks no rule of AWS Solutions: ${name}`, () => {
    const app = testApp(WITHOUT_STAGING);
    addStacks(app, checkInstallation(SETTINGS_FILE, settings));
    app.synth();
  });
}

test("a broken rule of AWS Solutions stops the synthesis", () => {
  const app = testApp(WITHOUT_STAGING);
  const { pipeline } = addStacks(app, checkInstallation(SETTINGS_FILE, pipelineAlone()));
  new Bucket(pipeline, "Careless");
  assert.throws(() => app.synth(), /Validation failed/);
});

test("named clients without the prewarmer's are warned of, since its id is not known", () => {
  const app = testApp(WITHOUT_STAGING);
  const { distribution } = addStacks(
    app,
    checkInstallation(SETTINGS_FILE, everything({ clientIds: ["web"] })),
  );
  assert.match(
    JSON.stringify(distribution?.node.metadata),
    /has to list the output ClientId of WarmfrontPipeline/,
  );
});

test("every Lambda asset of the app is staged, and each holds its own function", async () => {
  const app = testApp();
  addStacks(app, checkInstallation(SETTINGS_FILE, everything()));
  const { directory } = app.synth();
  const assets = readdirSync(directory).filter((each) => each.startsWith("asset."));
  const scripts = assets
    .flatMap((each) => [join(directory, each, "index.mjs"), join(directory, each, "index.cjs")])
    .filter(existsSync);
  assert.equal(assets.length, 8);
  assert.equal(scripts.length, 5);
  assert.equal(new Set(scripts.map((each) => readFileSync(each, "utf8"))).size, 5);
  for (const script of scripts) {
    assert.equal(
      typeof (await import(pathToFileURL(script).href).catch(() => undefined))?.handler,
      "function",
      script,
    );
  }
});

test("edge functions carry the contract and the pool, below the limit of viewer events", async () => {
  const output = temporaryFolder();
  const userPool = { userPoolId: USER_POOL_ID, clientIds: null, tokenUse: "id", jwks: { keys: [] } } as const;
  bundleEdgeFunction("viewer-authorizer", { contract: contract(), userPool }, output);
  const file = join(output, "index.mjs");
  assert.ok(statSync(file).size < 1_000_000);
  const text = readFileSync(file, "utf8");
  assert.ok(text.includes(USER_POOL_ID) && text.includes("x-organization-id"));
  const { handler } = await import(pathToFileURL(file).href);
  const request = { uri: "/api/overview", method: "GET", querystring: "", headers: {} };
  const answer = await handler({ Records: [{ cf: { config: { eventType: "viewer-request" }, request } }] });
  assert.equal(answer.status, "401");
});
