import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { arch } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { InvalidFile } from "../lib/json-file.ts";
import { checkInstallation, readInstallation } from "../lib/settings/read.ts";
import { INTERFACE_FILE, interfaceOf, SCHEMA, TABLE_FILE, tableOf } from "../scripts/settings.ts";
import { everything, pipelineAlone, SETTINGS_FILE, temporaryFolder } from "./app-under-test.ts";

function problemsOf(settings: unknown): readonly string[] {
  try {
    checkInstallation(SETTINGS_FILE, settings);
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
      'pipeline.baseUrl: "https://example.com/path" does not match ^https?://[A-Za-z0-9.:\\[\\]{}-]+$ (scheme and host, without a path or a slash at the end)',
      'pipeline.architecture: "riscv" is not one of arm64, x86_64, host',
      "pipeline.memory.poll: 64 must be >= 128",
      'pipeline.poll.budget: "1 minute" does not match ^[1-9][0-9]*(s|m|h|d)$ (a duration such as 30s, 15m, 4h or 7d)',
    ],
  );
});

for (const [setting, refused, taken] of [
  ["pipeline.parameterPrefix", ["/aws/warmfront", "/AWS", "/ssm/x", "warmfront", "/"], ["/shop/aws"]],
  ["pipeline.serviceUser.username", ["warm front"], ["robot@example.com"]],
  ["pipeline.secretKeyArn", ["arn:aws:kms:eu-central-1:123456789012:alias/mine", "1234"], []],
  [
    "distribution.apiDomain",
    [
      "203.0.113.7",
      "[2001:db8::1]",
      "localhost",
      "https://api.example.com",
      "api.example.com/v1",
      "api.example.com:443",
    ],
    ["api.example.com", "abc.execute-api.eu-central-1.amazonaws.com"],
  ],
  ["distribution.apiPath", ["/", "prod", "/prod/", "/../x", "/a/./b", "/a?b", "/a#b"], ["/prod", "/v1/eu"]],
  ["distribution.domainNames.0", ["https://app.example.com", "app.example.com/"], []],
  ["distribution.publicPaths.0", ["login", "/login?next=/", "/a b", "/ü"], ["/login*"]],
  ["distribution.clientIds.0", ["", "a client"], ["1example23456789"]],
] as const) {
  test(`a malformed ${setting} is refused`, () => {
    for (const value of refused) {
      const problems = problemsOf(withSetting(setting, value));
      const place = setting.replace(/^(.*)\.0$/, "$1.0");
      assert.ok(
        problems.some((each) => each.startsWith(`${place}: `)),
        `${value}: ${problems}`,
      );
    }
    for (const value of taken) assert.deepEqual(problemsOf(withSetting(setting, value)), [], value);
  });
}

function withSetting(path: string, value: string): object {
  const settings = structuredClone(everything()) as Record<string, never>;
  const names = path.split(".");
  const last = names.pop() as string;
  let place: Record<string, unknown> = settings;
  names.forEach((name, index) => {
    place[name] ??= (names[index + 1] ?? last) === "0" ? [] : {};
    place = place[name] as Record<string, unknown>;
  });
  place[last] = value;
  return settings;
}

test("a file that cannot be read or parsed is named", () => {
  const file = join(temporaryFolder(), "settings.json");
  assert.throws(() => readInstallation(file), /settings\.json has 1 problem\(s\):\n {2}- cannot be read/);
  writeFileSync(file, "{");
  assert.throws(() => readInstallation(file), /settings\.json has 1 problem\(s\):\n {2}- is not JSON/);
});

test("problems of the contract and of the settings come together", () => {
  const problems = problemsOf({ ...pipelineAlone({ baseUrl: undefined }), contract: "missing.json" });
  assert.equal(problems.length, 2);
  assert.match(problems[0] ?? "", /missing\.json: /);
  assert.match(problems[1] ?? "", /"baseUrl" is missing/);
});

test("paths in a file are relative to it, default paths to the package", () => {
  const folder = temporaryFolder();
  const file = join(folder, "prod.json");
  writeFileSync(file, JSON.stringify(everything({ cacheKeyLock: undefined }, { binaries: "built" })));
  const { settings } = readInstallation(file);
  assert.equal(settings.pipeline.binaries, join(folder, "built"));
  assert.match(settings.pipeline.definition, /\/statemachine\/refresh\.asl\.json$/);
  assert.equal(settings.distribution?.cacheKeyLock, join(folder, "prod.cache-key.lock.json"));
});

test("installations of different prefixes share no name", () => {
  const names = ["Warmfront", "Shop"].map((stackPrefix) => {
    const { pipeline } = checkInstallation(SETTINGS_FILE, { ...everything(), stackPrefix }).settings;
    return [pipeline.parameterPrefix, pipeline.serviceUser.username];
  });
  assert.deepEqual(names, [
    ["/warmfront", "warmfront-prewarm"],
    ["/shop", "shop-prewarm"],
  ]);
});

test("the host's architecture is this machine's", () => {
  const { settings } = checkInstallation(SETTINGS_FILE, pipelineAlone({ architecture: "host" }));
  assert.equal(settings.pipeline.architecture, arch() === "arm64" ? "arm64" : "x86_64");
});

test("a JWKS may be given itself or by the name of its file, and has keys", () => {
  const file = join(temporaryFolder(), "settings.json");
  const jwks = { keys: [{ kid: "a" }] };
  writeFileSync(join(file, "../jwks.json"), JSON.stringify(jwks));
  writeFileSync(join(file, "../empty.json"), '{"keys":[]}');
  for (const given of [jwks, "jwks.json"]) {
    assert.deepEqual(checkInstallation(file, everything({ jwks: given })).settings.distribution?.jwks, jwks);
  }
  assert.throws(() => checkInstallation(file, everything({ jwks: "empty.json" })), /jwks: has no "keys"/);
  assert.throws(
    () => checkInstallation(file, everything({ jwks: "none.json" })),
    /jwks: none.json cannot be read/,
  );
});

test("the example settings are good", () => {
  assert.ok(readInstallation(join(SETTINGS_FILE, "../settings.example.json")).settings.distribution);
});

test("the interface and the page are made from the schema", () => {
  assert.equal(readFileSync(INTERFACE_FILE, "utf8"), interfaceOf(SCHEMA), "run: npm run settings");
  assert.equal(readFileSync(TABLE_FILE, "utf8"), tableOf(SCHEMA), "run: npm run settings");
});
