/** What the functions are packed from. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { addStacks } from "../lib/app.ts";
import { checkInstallation } from "../lib/settings/read.ts";
import {
  CONTRACT_FILE,
  pipelineAlone,
  SETTINGS_FILE,
  templates,
  temporaryFolder,
  testApp,
  WITHOUT_STAGING,
} from "./app-under-test.ts";

test("the zip of each function holds its own binary and the contract", () => {
  const app = testApp();
  addStacks(app, checkInstallation(SETTINGS_FILE, pipelineAlone()));
  const { directory } = app.synth();
  const assets = readdirSync(directory).filter((each) => each.startsWith("asset."));
  const binaries = assets.map((each) => readFileSync(join(directory, each, "bootstrap"), "utf8"));
  assert.deepEqual(binaries.sort(), ["binary of invalidate", "binary of poll", "binary of prewarm"]);
  const contract = readFileSync(CONTRACT_FILE, "utf8");
  for (const each of assets) {
    assert.equal(readFileSync(join(directory, each, "contract.json"), "utf8"), contract);
    assert.equal(statSync(join(directory, each, "bootstrap")).mode & 0o777, 0o755);
  }
});

test("refuses to synthesize without binaries unless placeholders are allowed", () => {
  const binaries = temporaryFolder();
  const app = testApp(WITHOUT_STAGING);
  const { pipeline } = addStacks(app, checkInstallation(SETTINGS_FILE, pipelineAlone({ binaries })));
  const paths = ["invalidate", "poll", "prewarm"].map((name) => join(binaries, name, "bootstrap"));
  assert.deepEqual(
    pipeline.pipeline.node.metadata.map(({ type, data }) => [type, data]),
    [["aws:cdk:error", `no binary at ${paths.join(", ")}: run "make build" first`]],
  );
  assert.throws(() => app.synth(), /Validation failed/);
});

test("a template with placeholders refuses its deployment", () => {
  const binaries = temporaryFolder();
  const { pipeline } = templates(pipelineAlone({ binaries }), { placeholders: "allow" });
  const { Rules } = pipeline.toJSON();
  const paths = ["invalidate", "poll", "prewarm"].map((name) => join(binaries, name, "bootstrap"));
  assert.deepEqual(Object.values(Rules)[0], {
    Assertions: [
      {
        Assert: { "Fn::Equals": ["placeholder", "built"] },
        AssertDescription: `Synthesized without binaries: no binary at ${paths.join(", ")}: run "make build" first, then deploy again`,
      },
    ],
  });
});
