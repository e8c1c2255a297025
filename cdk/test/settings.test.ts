import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { arch } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { InvalidFile } from "../lib/contract/schema.ts";
import { checkSettings, readSettings } from "../lib/settings/settings.ts";
import { everything, pipelineAlone, SETTINGS_FILE, temporaryFolder } from "./app-under-test.ts";

function problemsOf(settings: unknown): readonly string[] {
  try {
    checkSettings(SETTINGS_FILE, settings);
  } catch (error) {
    assert.ok(error instanceof InvalidFile, String(error));
    return error.problems;
  }
  return [];
}

test("an existing distribution and user pool need five settings", () => {
  assert.deepEqual(problemsOf(pipelineAlone()), []);
});

test("every malformed setting is named at once, with what would be right", () => {
  assert.deepEqual(
    problemsOf({
      region: "Frankfurt",
      colour: "red",
      pipeline: {
        distributionId: "e2-lower",
        baseUrl: "https://example.com/path",
        architecture: "riscv",
        memory: { poll: 64 },
        poll: { budget: "1 minute" },
      },
    }),
    [
      'the file: unknown field "colour"; known: $schema, stackPrefix, account, region, contract, pipeline, distribution',
      'region: "Frankfurt" does not match ^[a-z]{2}(-[a-z]+)+-[0-9]$ (a region such as eu-central-1)',
      'pipeline: "userPoolId" is missing',
      'pipeline.distributionId: "e2-lower" does not match ^[A-Z0-9]{1,32}$ (a distribution id such as E2EXAMPLE1234)',
      'pipeline.baseUrl: "https://example.com/path" does not match ^https?://[A-Za-z0-9.:\\[\\]-]+$ (scheme and host, without a path or a slash at the end)',
      'pipeline.architecture: "riscv" is not one of arm64, x86_64, host',
      "pipeline.memory.poll: 64 must be >= 128",
      'pipeline.poll.budget: "1 minute" does not match ^[1-9][0-9]*(s|m|h|d)$ (a duration such as 30s, 15m, 4h or 7d)',
    ],
  );
});

test("every contradiction is named at once", () => {
  assert.deepEqual(
    problemsOf({
      region: "eu-west-1",
      pipeline: {
        userPoolId: "eu-central-1_EXAMPLE01",
        secretArn: "arn:aws:secretsmanager:eu-central-1:123456789012:secret:prewarm-AbCdEf",
        prewarm: { timeout: "16m" },
        poll: { window: "26s" },
        functionEnvironment: { BASE_URL: "x", RUST_BACKTRACE: "1" },
      },
    }),
    [
      'pipeline: "distributionId" is missing: give the distribution to purge, or the setting "distribution"',
      'pipeline: "baseUrl" is missing: give the address that the prewarmer sends requests to',
      'pipeline: "clientId" is missing: give the app client that the user in secretArn logs in with, or neither of them to have both made',
      "pipeline.prewarm.timeout: 16m is above 900s, Lambda's maximum",
      "pipeline.poll.window: 26s is above 25s, and the poll function is stopped after 30s",
      'pipeline.userPoolId: the pool is in eu-central-1 and the pipeline in eu-west-1; put "region" where the pool is',
      "pipeline.functionEnvironment: BASE_URL is set by the pipeline itself; use its own setting",
    ],
  );
  assert.deepEqual(
    problemsOf(
      everything(
        { domainNames: ["app.example.com"], clientIds: ["web"], errorCachingTtl: "30s" },
        { clientId: "prewarm", prewarm: { errorCachingTtl: "10s" } },
      ),
    ),
    [
      'distribution: "certificateArn" is missing: domainNames need a certificate',
      "distribution.clientIds: prewarm is missing: the prewarmer's own tokens would be refused",
      "pipeline.prewarm.errorCachingTtl: 10s is below distribution.errorCachingTtl 30s: a repeated request would read the cached error; leave it out to have them equal",
    ],
  );
  assert.deepEqual(problemsOf({ ...everything(), region: undefined }), [
    '"region" is missing: the distribution is in us-east-1, and the pipeline has to know its own region to refer to it',
  ]);
});

test("a file that cannot be read or parsed is named", () => {
  const file = join(temporaryFolder(), "settings.json");
  assert.throws(() => readSettings(file), /settings\.json has 1 problem\(s\):\n {2}- cannot be read/);
  writeFileSync(file, "{");
  assert.throws(() => readSettings(file), /settings\.json has 1 problem\(s\):\n {2}- is not JSON/);
});

test("paths in a file are relative to it, default paths to the package", () => {
  const folder = temporaryFolder();
  const file = join(folder, "settings.json");
  writeFileSync(file, JSON.stringify({ ...pipelineAlone({ binaries: "built" }), contract: "c.json" }));
  const settings = readSettings(file);
  assert.equal(settings.contract, join(folder, "c.json"));
  assert.equal(settings.pipeline.binaries, join(folder, "built"));
  assert.match(settings.pipeline.definition, /\/statemachine\/refresh\.asl\.json$/);
});

test("the host's architecture is this machine's", () => {
  const settings = checkSettings(SETTINGS_FILE, pipelineAlone({ architecture: "host" }));
  assert.equal(settings.pipeline.architecture, arch() === "arm64" ? "arm64" : "x86_64");
});

test("a JWKS may be given itself or by the name of its file", () => {
  const file = join(temporaryFolder(), "settings.json");
  const jwks = { keys: [{ kid: "a" }] };
  writeFileSync(join(file, "../jwks.json"), JSON.stringify(jwks));
  writeFileSync(join(file, "../empty.json"), "{}");
  for (const given of [jwks, "jwks.json"]) {
    assert.deepEqual(checkSettings(file, everything({ jwks: given })).distribution?.jwks, jwks);
  }
  assert.throws(() => checkSettings(file, everything({ jwks: "empty.json" })), /empty\.json .*\n.*no "keys"/);
});

test("the example settings are good", () => {
  assert.ok(readSettings(join(SETTINGS_FILE, "../settings.example.json")).distribution);
});

test("the README's table has every setting, and no other", () => {
  const readme = readFileSync(join(SETTINGS_FILE, "../README.md"), "utf8").split(
    "\n## Settings\n",
  )[1] as string;
  const schema = JSON.parse(readFileSync(join(SETTINGS_FILE, "../settings.schema.json"), "utf8"));
  const documented = [...readme.matchAll(/^\| `([a-zA-Z.{},]+)` \|/gm)].flatMap(([, name]) =>
    expanded(name as string),
  );
  assert.deepEqual(documented.sort(), namesIn(schema).sort());
});

function expanded(name: string): string[] {
  const [, before, list] = /^(.*)\{(.*)\}$/.exec(name) ?? [];
  return list ? list.split(",").map((each) => before + each) : [name];
}

// biome-ignore lint/suspicious/noExplicitAny: a JSON schema
function namesIn(schema: any, before = ""): string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, each]) => {
    if (name === "$schema") return [];
    const below = namesIn(each, `${before}${name}.`);
    return below.length > 0 ? below : [before + name];
  });
}
